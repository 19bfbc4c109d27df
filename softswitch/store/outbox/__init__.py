"""The outbox in SQL: actions are added, claimed by workers, finished, taken over, looked at and changed."""
