"""If memory runs out, the kernel kills a command rather than its worker or guard."""

import ctypes
from contextlib import suppress
from pathlib import Path

PR_SET_DUMPABLE = 4
SCORE = 500
"""`oom_score_adj` of commands; worker and guard keep 0. A command can lower it again, see SECURITY.md."""

RAISE_IN_SHELL = f"{{ echo {SCORE} >/proc/$$/oom_score_adj; }} 2>/dev/null; "
"""Prepended to a shell's script. The shell does it, since the worker might be too late for what the script starts."""


def raise_own() -> None:
    """Do the same between fork and exec, though a process that has just changed its user may not yet write to /proc."""
    ctypes.CDLL(None).prctl(PR_SET_DUMPABLE, 1, 0, 0, 0)
    with suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text(str(SCORE))
