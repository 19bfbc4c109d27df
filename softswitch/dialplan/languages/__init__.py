"""What the dialplan knows of each language, as data: a module per language, all of the shape in parts.py."""
