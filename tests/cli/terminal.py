"""Run queuectl on a pseudo-terminal."""

import os
import pty
import select
import signal
import subprocess
import time
from pathlib import Path

from tests.running import BIN, PATIENCE_SECONDS, clean_environment
from tests.system import System


class Terminal:
    """A queuectl process on a terminal of its own."""

    def __init__(self, system: System, *words: str, env: dict[str, str] | None = None) -> None:
        self._ours, theirs = pty.openpty()
        self._process = subprocess.Popen(
            [BIN / "queuectl", *words],
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            env=clean_environment(url=system.url) | {"TERM": "xterm", "COLUMNS": "120"} | (env or {}),
            start_new_session=True,
        )
        os.close(theirs)
        self._seen = b""

    def shows(self, text: str) -> None:
        """Wait until the text has been printed."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while text not in self.seen():
            assert time.monotonic() < deadline, f"never saw {text!r}: {self.seen()!r}"
            self._read(0.1)

    def types(self, text: str) -> None:
        """Type something."""
        os.write(self._ours, text.encode())

    def interrupts(self) -> None:
        """Press Ctrl-C once the process blocks. Just before a blocking call, Python would not act on the signal."""
        looks = 0
        while looks < 3:
            self._read(0.05)
            looks = looks + 1 if self._waits() else 0
        self._process.send_signal(signal.SIGINT)

    def wait(self) -> int:
        """Its exit status."""
        while self._process.poll() is None:
            self._read(0.05)
        self._read(0)
        return self._process.returncode

    def seen(self) -> str:
        """The output so far."""
        return self._seen.decode(errors="replace")

    def _waits(self) -> bool:
        stat = Path(f"/proc/{self._process.pid}/stat").read_text()
        return stat.rpartition(")")[2].split()[0] == "S"

    def _read(self, patience: float) -> None:
        while select.select([self._ours], [], [], patience)[0]:
            try:
                self._seen += os.read(self._ours, 65_536)
            except OSError:  # the process has closed its side
                return
            patience = 0
