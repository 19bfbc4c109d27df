"""A plan's flows as a drawing: the ways from step to step, and how they are laid out."""
