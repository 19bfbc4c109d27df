"""A module per type of slot; slots.py makes them from a declaration."""
