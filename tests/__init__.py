"""The tests: one folder a room, and `stack` for the whole system."""
