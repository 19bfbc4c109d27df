"""Actions that are promised and done later: what they are, how they are set up, when they are tried again.

Pure: no SQL, no network. `store.outbox` keeps them, `app.acting` does them.
"""
