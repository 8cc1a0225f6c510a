"""`queuectl doctor`: check the system that this command line uses."""

import time
from collections.abc import Iterator
from datetime import datetime
from typing import Any, NamedTuple

from queuectl_cli import __version__
from queuectl_cli.client import Client, NotFound
from queuectl_cli.context import client
from queuectl_cli.failure import NOT_ALLOWED, REFUSED, Failure
from queuectl_cli.options import OutputFormatNoIds, OutputOptionNoIds
from queuectl_cli.output import print_json, say

MAX_CLOCK_SKEW_SECONDS = 2.0
MIN_FREE_BYTES = 256 << 20


class Check(NamedTuple):
    """The result of one check. `wrong`: the problem and how to fix it; None if there is none."""

    name: str
    found: str
    wrong: str | None = None
    status: int = REFUSED


def doctor(output: OutputOptionNoIds = OutputFormatNoIds.TABLE) -> None:
    """Check the API, sign-in, versions, clocks, disk, workers, queues.

    Exit status: 0 if all is well, 3 if the API cannot be reached, 4 if you are not signed in, otherwise 1.
    """
    checks = []
    for check in _checks(client()):
        checks.append(check)
        if output is OutputFormatNoIds.TABLE:
            say(f"{'wrong' if check.wrong else 'ok':<7}{check.name:<12}{check.found}")
    wrong = next((check for check in checks if check.wrong), None)
    if output is OutputFormatNoIds.JSON:
        print_json([{"name": check.name, "found": check.found, "wrong": check.wrong} for check in checks])
    if wrong:
        raise Failure(f"{wrong.name}: {wrong.wrong}", wrong.status)
    if output is OutputFormatNoIds.TABLE:
        say("no problems found")


def _checks(api: Client) -> Iterator[Check]:
    """Each check depends on those before it; if the API cannot be used, there are no more."""
    credentials = api.credentials
    try:
        api.get("/healthz")
        yield Check("API", credentials.url)
        me = api.get("/api/session")
        token = f"token '{me['name']}', {me['role']}" if me["authenticated"] else "authentication is off"
        yield Check("signed in", f"{token} ({credentials.source})" if credentials.source else token)
    except Failure as fault:
        name = "signed in" if fault.status == NOT_ALLOWED else "API"
        yield Check(name, credentials.url, str(fault), fault.status)
        return
    yield from _system(api)
    workers = api.get("/api/workers")["items"]
    yield _workers(workers)
    yield _queues(api.get("/api/queues")["items"])
    yield Check("jobs", ", ".join(f"{count} {state}" for state, count in api.get("/api/status")["jobs"].items()))


def _system(api: Client) -> Iterator[Check]:
    before = time.time()
    try:
        system = api.get("/api/system")
    except NotFound:
        yield Check("versions", f"queuectl {__version__}", f"the API is older than this queuectl {__version__}")
        return
    after = time.time()
    yield _versions(system["version"])
    yield _clock(datetime.fromisoformat(system["now"]).timestamp(), before, after)
    yield Check("database", system["database"])
    yield _disk(system)


def _versions(api_version: str) -> Check:
    found = f"queuectl {__version__}, API {api_version}"
    different = f"queuectl is version {__version__} and the API {api_version}: upgrade the older one"
    return Check("versions", found, None if api_version == __version__ else different)


def _clock(now: float, before: float, after: float) -> Check:
    """`now`: when the API has answered, by its clock; `before`, `after`: around that, by this machine's clock."""
    skew = now - (before + after) / 2
    found = f"the API's clock is {abs(skew):.1f} s {'ahead' if skew > 0 else 'behind'}"
    if before - MAX_CLOCK_SKEW_SECONDS <= now <= after + MAX_CLOCK_SKEW_SECONDS:
        return Check("clock", found)
    return Check("clock", found, f"{found}: correct one of the clocks, as times would be misread")


def _disk(system: dict[str, Any]) -> Check:
    free = system["disk_free_bytes"]
    found = f"{_size(free)} of {_size(system['disk_bytes'])} free for the API's data"
    return Check("disk", found, f"{found}: free up some space" if free < MIN_FREE_BYTES else None)


def _size(size: int) -> str:
    return f"{size / 1e9:.1f} GB" if size >= 1e9 else f"{size / 1e6:.0f} MB"


def _workers(workers: list[dict[str, Any]]) -> Check:
    slots, busy = sum(worker["slots"] for worker in workers), sum(worker["busy"] for worker in workers)
    found = f"{len(workers)} alive, {busy} of {slots} slots busy" if workers else "none alive"
    held = next((worker for worker in workers if worker["holding_still"]), None)
    wrong = None
    if not workers:
        wrong = "none alive: start some, e.g. with 'queuectl worker start'"
    elif all(worker["draining"] for worker in workers):
        wrong = "all are draining: start new ones"
    elif held:
        wrong = f"{held['id']} is on hold: {held['holding_still']}"
    return Check("workers", found, wrong)


def _queues(queues: list[dict[str, Any]]) -> Check:
    paused = [queue["name"] for queue in queues if queue["paused"]]
    found = f"{len(queues)}, paused: {', '.join(paused) or 'none'}"
    unserved = [queue["name"] for queue in queues if queue["ready"] and not queue["slots"]]
    return Check(
        "queues",
        found,
        f"no worker serves {', '.join(unserved)}, but jobs are waiting: start one" if unserved else None,
    )
