"""The tests: one folder per package, and `stack` for the whole system."""
