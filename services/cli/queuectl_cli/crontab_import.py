"""The import of a crontab: a schedule for each entry, and a line for each that cannot be taken."""

import shlex
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from queuectl_cli.argv import is_json_or_file
from queuectl_cli.client import Client, NotFound, segment
from queuectl_cli.command_name import name_of
from queuectl_cli.credentials import is_local_up
from queuectl_cli.crontab import Crontab, Entry, NotTaken
from queuectl_cli.failure import REFUSED, USAGE, Failure
from queuectl_cli.job_options import JobOptions
from queuectl_cli.local_timezone import local_timezone
from queuectl_cli.locks import format_lock
from queuectl_cli.options import OutputFormat
from queuectl_cli.output import input_bytes, note, print_json, say, say_lines
from queuectl_cli.resource_limits import format_limits

SYSTEM_CRONTAB, SYSTEM_DIRECTORY = Path("/etc/crontab"), Path("/etc/cron.d")


class CrontabImport:
    """One import. `timezone`: of entries without CRON_TZ; None: that of this machine. Raises Failure."""

    def __init__(self, api: Client, file: Path, *, system: bool, timezone: str | None, job: JobOptions) -> None:
        if not system and (file == SYSTEM_CRONTAB or file.parent == SYSTEM_DIRECTORY):
            raise Failure(f"{file} has a user before each command: add --system", USAGE)
        self._api = api
        self._file = "stdin" if str(file) == "-" else str(file)
        self._content = _content(file)
        self._system = system
        self._timezone = timezone
        self._options = job.to_json(api)
        # where cron starts the commands; another machine may not have it, and other users have their own
        self._home = str(Path.home()) if is_local_up(api.credentials.url) and not system else None
        self._not_taken = 0

    def run(self, output: OutputFormat) -> None:
        """Create the schedules that do not exist, and print the names, or the schedules, of all."""
        imported, created = list[dict[str, Any]](), 0
        for line, new in self._schedules():
            try:
                schedule, is_new = self._import(new)
            except Failure as failure:
                if failure.status != REFUSED:
                    raise
                self._report(line, str(failure))
                continue
            imported.append(schedule)
            created += is_new
            if output is not OutputFormat.JSON:
                say(schedule["name"])
        if output is OutputFormat.JSON:
            print_json(imported)
        existing = len(imported) - created
        note(f"{_count(created, 'schedule')} created" + (f", {existing} existed already" if existing else ""))

    def print_commands(self) -> None:
        """Print the equivalent commands."""
        for _, new in self._schedules():
            say_lines(shlex.join(_words(new)))

    def exit(self) -> None:
        """Exit with status 1 if any line was not taken."""
        if self._not_taken:
            note(f"{_count(self._not_taken, 'line')} not taken")
            raise SystemExit(REFUSED)

    def _schedules(self) -> Iterator[tuple[int, dict[str, Any]]]:
        """Each entry's line and schedule. Lines that cannot be taken are reported."""
        used, users = Counter[str](), set[str]()
        for found in Crontab(system=self._system).read(self._content):
            if isinstance(found, NotTaken):
                self._report(found.line, found.reason)
                continue
            if found.user and found.user not in users:
                users.add(found.user)
                note(f"{self._file}: line {found.line}: it will run as the user of the worker, not as {found.user}")
            yield found.line, self._schedule(found, used)

    def _schedule(self, entry: Entry, used: Counter[str]) -> dict[str, Any]:
        name = name_of(entry.typed)
        used[name] += 1
        job: dict[str, Any] = {"command": entry.command}
        if env := entry.env | self._options.get("env", {}):
            job["env"] = env
        if home := entry.home or self._home:
            job["cwd"] = home
        schedule: dict[str, Any] = {
            "name": name if used[name] == 1 else f"{name}-{used[name]}",
            "cron": entry.rule,
            "timezone": entry.timezone or self._timezone or local_timezone(),
            "job": job | {field: value for field, value in self._options.items() if field != "env"},
        }
        return schedule | ({"jitter": entry.jitter} if entry.jitter else {})

    def _import(self, new: dict[str, Any]) -> tuple[dict[str, Any], bool]:
        """The schedule, and whether it was created. Raises Failure if another one has its name."""
        try:
            existing = self._api.get(f"/api/schedules/{segment(new['name'])}")
        except NotFound:
            return self._api.post("/api/schedules", new), True
        if not _contains(existing, new):
            raise Failure(
                f"schedule '{new['name']}' exists already and is different: delete it, or change it with"
                f" 'queuectl schedule edit {new['name']}'"
            )
        return existing, False

    def _report(self, line: int, reason: str) -> None:
        note(f"queuectl: {self._file}: line {line}: {reason}")
        self._not_taken += 1


def _content(file: Path) -> bytes:
    if str(file) == "-":
        return input_bytes().read()
    try:
        return file.read_bytes()
    except OSError as fault:
        raise Failure(f"{file}: {fault.strerror}", USAGE) from fault


def _contains(existing: Any, new: Any) -> bool:
    """Whether what exists has all these fields."""
    if isinstance(new, dict):
        return isinstance(existing, dict) and all(_contains(existing.get(name), new[name]) for name in new)
    return bool(existing == new)


def _words(new: dict[str, Any]) -> list[str]:
    """The command that creates this schedule."""
    job = dict(new["job"])
    command = job.pop("command")
    words = ["queuectl", "schedule", "add", new["name"], "--cron", new["cron"], "--timezone", new["timezone"]]
    if "jitter" in new:
        words += ["--jitter", f"{new['jitter']:.0f}"]
    for name, value in job.items():
        words += _option(name, value)
    is_line = not command.startswith("-") and not is_json_or_file(command)
    return [*words, command] if is_line else [*words, "--", "sh", "-c", command]


def _option(name: str, value: Any) -> list[str]:
    """The field of a job as an option, repeated where it is."""
    match name:
        case "env":
            return [word for key, text in value.items() for word in ("--env", f"{key}={text}")]
        case "tags":
            return [word for tag in value for word in ("--tag", tag)]
        case "limits":
            return [word for limit in format_limits(value) for word in ("--limit", limit)]
        case "lock":
            return ["--lock", format_lock(value)]
        case "sandbox":
            return ["--sandbox" if value else "--no-sandbox"]
    return [f"--{name.replace('_', '-')}", f"{value:.15g}" if isinstance(value, float) else str(value)]


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
