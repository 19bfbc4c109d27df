"""Builds the embedded ear: a small Vosk model, learnt from speech that this package has synthesised itself.

`pipeline` chains the stages; every other module does one thing. docs/how-to/train-the-ear.md tells how to
run it.
"""
