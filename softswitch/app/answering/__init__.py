"""Answers within calls: the models that are configured, what plans know, what is remembered."""
