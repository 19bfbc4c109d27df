"""Kinds of integration, each in a module of its own; the registry finds them by the name in the settings."""
