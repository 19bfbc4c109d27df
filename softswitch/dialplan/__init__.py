"""The dialplan: what authors write in YAML, read, checked and interpreted.

Pure, but for loader.py, which reads files.
"""
