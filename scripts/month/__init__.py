"""Makes the synthetic month of calls that `softswitch replay` brings, from a seed."""
