"""Recipes: actions of well-known systems, ready but for a few parameters. One YAML file to a system."""
