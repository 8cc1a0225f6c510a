"""Options of a run: `make test` runs the short form, `make faults` the long one."""

import os

LONG = os.environ.get("QUEUECTL_FAULTS") == "long"


def times(short: int, long: int) -> int:
    """How often, in the form that is run."""
    return long if LONG else short
