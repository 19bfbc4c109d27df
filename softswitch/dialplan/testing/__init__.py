"""Tests of a dialplan: scenarios, what came of them, how much of the plan they covered."""
