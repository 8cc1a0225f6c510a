"""Attacks over HTTP, on real API processes: each fails, and is told why."""
