"""What is fast, measured; figures, never tests."""
