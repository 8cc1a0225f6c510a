"""Job states by whether the job has ended."""

ENDED = ("completed", "dead", "cancelled")
NOT_ENDED = ("pending", "processing", "failed")
