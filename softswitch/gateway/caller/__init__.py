"""A SIP caller that speaks scripts and measures the answers: for people, for tests and for the benchmark."""
