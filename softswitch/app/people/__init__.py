"""Callers who want a person, and agents' phones: rung, told whom they get, bridged, and taken back."""
