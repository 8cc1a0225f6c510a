"""QueueCTL."""
