"""Answers beyond the dialplan's own words: remembered ones, an LLM, and the guards around both."""
