"""Commands of the storms. Each records its own start and end, and holds its job's lock while anything of it lives."""

from enum import StrEnum
from typing import Any

_BEGIN = """\
record() {
  read -r uptime _ </proc/uptime
  echo "$1 $QUEUECTL_JOB_ID $QUEUECTL_ATTEMPT $uptime" >>"$RUN_LOG/run_log" && sync "$RUN_LOG/run_log"
}
exec 9>>"$RUN_LOG/locks/$QUEUECTL_JOB_ID"
flock --nonblock 9 || record overlap
record start
"""


class Kind(StrEnum):
    """A sort of command, as the shell lines between its start and its end."""

    QUICK = ":"
    SLOW = "sleep 0.$((2 + QUEUECTL_ATTEMPT % 8))"
    LONG = "sleep 2"
    # Double-forked, in a session of its own, and it goes on writing until it is killed.
    STRAY = "(setsid sh -c 'while :; do echo still here; sleep 0.1; done' &); sleep 0.4"
    DELAYED = "sleep 0.1"
    STUBBORN = "trap '' TERM; sleep 1"
    FAILING = "record end; exit 3"
    PRINTING = "seq 4000 || exit 4"
    # Above the shell is the worker, unless it is dead already.
    KILLER = """\
tr '\\0' '\\n' <"/proc/$PPID/cmdline" | grep -q '/queuectl-worker$' && kill -KILL "$PPID"
sleep 30"""


MIX = {
    Kind.QUICK: 35,
    Kind.SLOW: 25,
    Kind.LONG: 2,
    Kind.STRAY: 10,
    Kind.DELAYED: 5,
    Kind.STUBBORN: 5,
    Kind.FAILING: 12,
    Kind.PRINTING: 5,
    Kind.KILLER: 1,
}
"""How many of a hundred commands are of each kind."""

RETRIES = {Kind.FAILING: 1, Kind.KILLER: 1}
BACKOFF_SECONDS = {Kind.FAILING: 1}
DELAY_SECONDS = {Kind.DELAYED: 1}


def job(job_id: str, kind: Kind, run_log: str) -> dict[str, Any]:
    """What is enqueued; `run_log` is that directory as the command sees it."""
    return {
        "id": job_id,
        "command": f"{_BEGIN}{kind}\nrecord end\n",
        "env": {"RUN_LOG": run_log},
        "max_retries": RETRIES.get(kind, 30),
        "backoff_base": BACKOFF_SECONDS.get(kind, 0),
        "delay": DELAY_SECONDS.get(kind, 0),
        "tags": [kind.name.lower()],
    }
