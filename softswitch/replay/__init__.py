"""Proof by replay: traces of conversations, and a language model whose answers and moods are scripted."""
