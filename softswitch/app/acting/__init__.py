"""Does what was promised: workers take actions from the outbox, kinds do them."""
