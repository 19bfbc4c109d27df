"""The sections of the node's configuration: what may be set, with its default and what it means.

docs/reference/settings.md is held equal to these models by a test.
"""
