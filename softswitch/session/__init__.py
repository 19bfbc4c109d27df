"""One conversation: turn-taking, barge-in, and what the caller really heard. Sees Protocols only."""
