"""Self-hosted voice agents on real phone lines."""
