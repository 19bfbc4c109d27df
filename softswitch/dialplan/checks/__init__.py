"""What must hold of a dialplan beyond the shape of its files: a module per family, names in rules.py."""
