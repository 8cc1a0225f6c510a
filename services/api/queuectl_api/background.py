"""Background tasks of an API process: a failure neither ends them nor fills the log."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from queuectl_core.model.errors import QueueError

log = logging.getLogger("queuectl.api")


class FailureLog:
    """Of one task. `unavailable`: what to log for a failure that will pass, such as a full disk; `bug`: for others."""

    def __init__(self, unavailable: str, bug: str) -> None:
        self._unavailable = unavailable
        self._bug = bug
        self._logged = ""

    @contextmanager
    def round(self) -> Iterator[None]:
        """Around a round of the task: a failure ends the round, and is logged unless the last round had the same."""
        try:
            yield
            self._logged = ""
        except (QueueError, OSError) as fault:
            if str(fault) != self._logged:
                log.warning("%s: %s", self._unavailable, fault)
            self._logged = str(fault)
        except Exception:  # a bug must not end the task
            log.exception(self._bug)
