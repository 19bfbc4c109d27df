"""Faults on purpose, on a running node that allows them, and what callers experience meanwhile."""
