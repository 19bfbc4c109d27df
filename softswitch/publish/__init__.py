"""What the node tells others: figures for operators (metrics, http) and events for programs (mqtt)."""
