"""Names for what tests create in a queue that they share."""

import random


def unique(kind: str = "test") -> str:
    """A name that no other test uses: of letters only, so that no number that a test looks for is a part of it."""
    return f"{kind}-{''.join(random.SystemRandom().choices('bcdfghjkmnpqrstvwxz', k=14))}"
