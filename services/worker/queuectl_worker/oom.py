"""Who is killed when memory runs out: a command, never its worker or spawner."""

import ctypes
from contextlib import suppress
from pathlib import Path

PR_SET_DUMPABLE = 4
SCORE = 500
"""`oom_score_adj` of commands; that of worker and spawner stays 0. A command can lower it again, see SECURITY.md."""

KILL_ME_FIRST = f"{{ echo {SCORE} >/proc/$$/oom_score_adj; }} 2>/dev/null; "
"""In front of a shell's script: the kernel kills that shell, and what it starts, before the worker.

Written by the shell, not by the spawner, as the command may have started others before the spawner comes to it.
"""


def kill_me_first() -> None:
    """The same between fork and exec, when a process that has changed its user may not yet write to its own /proc."""
    ctypes.CDLL(None).prctl(PR_SET_DUMPABLE, 1, 0, 0, 0)
    with suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text(str(SCORE))
