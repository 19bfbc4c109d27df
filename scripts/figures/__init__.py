"""The benchmark behind scripts/bench: each figure of each group, its target, and how it is measured."""
