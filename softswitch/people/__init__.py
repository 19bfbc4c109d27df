"""Callers who want a person, and the people who answer: who is rung for whom, pure and without a clock."""
