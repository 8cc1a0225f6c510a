"""A wall clock that can be set for some programs alone; their clocks since the machine's start go on as they do."""

from contextlib import suppress
from pathlib import Path

from tests.lacking import lacking

API = "uvicorn"
"""How the API is run under such a clock: gunicorn's parent sleeps in a way that libfaketime does not know."""


class SetClock:
    """`environment`: what programs are given that see it; the port is where `API` listens."""

    def __init__(self, directory: Path) -> None:
        found = list(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"))
        if not found:
            lacking("there is no libfaketime (Debian: apt install libfaketime)")
        _forget_the_dead()
        directory.mkdir(exist_ok=True)
        self._file = directory / "clock"
        self._ahead = 0
        self.jump(0)
        self.environment = {
            "LD_PRELOAD": str(found[0]),
            "FAKETIME_TIMESTAMP_FILE": str(self._file),
            "FAKETIME_NO_CACHE": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
            "NO_FAKE_STAT": "1",
            "UVICORN_APP": "queuectl_api.app:from_environment",
            "UVICORN_FACTORY": "1",
        }

    def jump(self, seconds: int) -> None:
        """Set it forward, or back, under everybody at once."""
        self._ahead += seconds
        new = self._file.with_suffix(".new")
        new.write_text(f"{self._ahead:+d}")
        new.rename(self._file)


def _forget_the_dead() -> None:
    """Remove what killed programs have left: one that is given the same process id would wait for it for ever."""
    for left in Path("/dev/shm").glob("*faketime_*"):
        pid = left.name.rpartition("_")[2]
        if pid.isdigit() and not Path("/proc", pid).exists():
            with suppress(OSError):
                left.unlink()
