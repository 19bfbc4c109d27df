"""Agents and waiting callers in SQL: claims that hold between nodes."""
