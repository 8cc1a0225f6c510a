"""Who is killed when memory runs out: a command, never its worker or spawner."""

import ctypes
import os
from contextlib import suppress
from pathlib import Path

PR_SET_DUMPABLE = 4
SCORE = 500
"""`oom_score_adj` of commands; that of worker and spawner stays 0. A command can lower it again, see SECURITY.md."""


def kill_first(pid: int) -> None:
    """Have the kernel kill this process, and what it starts from now on, before the worker.

    To be called as the user that `pid` runs as. Nothing happens if it has ended.
    """
    with suppress(OSError):
        Path(f"/proc/{pid}/oom_score_adj").write_text(str(SCORE))


def kill_me_first() -> None:
    """The same between fork and exec, when a process that has changed its user may not yet write to its own /proc."""
    ctypes.CDLL(None).prctl(PR_SET_DUMPABLE, 1, 0, 0, 0)
    kill_first(os.getpid())
