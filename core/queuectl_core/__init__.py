"""The queue itself: states, retry policy, store, logs and wake-up. It knows no HTTP and starts no processes."""

__version__ = "0.1.0"
