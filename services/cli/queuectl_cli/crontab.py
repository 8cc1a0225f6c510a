"""Crontabs, in the format of crontab(5): what each entry means, and what of it cannot be taken."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from shlex import quote

RULE_FIELDS = 5
SHELLS = ("/bin/sh", "/usr/bin/sh")
"""What runs the commands of jobs anyway."""

NO_BOOT = (
    "@reboot is not taken: a queue has no boot. Enqueue the command when the machine starts, for example from a"
    " systemd unit"
)
NO_MAIL = "MAILTO is not taken: no mail is sent. Output is kept: queuectl logs"


@dataclass(frozen=True)
class Entry:
    """A line that enqueues a command. `rule`: five fields, or an alias.

    `typed`: the command without its input. `command`: what /bin/sh runs. `timezone`: None if the crontab sets none.
    `jitter`: seconds. `user`: who would run it, in a system crontab. `home`: the directory it starts in, if set.
    """

    line: int
    rule: str
    typed: str
    command: str
    env: dict[str, str] = field(default_factory=dict)
    timezone: str | None = None
    jitter: float = 0
    home: str | None = None
    user: str | None = None


@dataclass(frozen=True)
class NotTaken:
    """A line that has no equivalent, with the reason."""

    line: int
    reason: str


class Crontab:
    """Reads one crontab. Variables apply to the entries after them. `system`: there is a user before each command."""

    def __init__(self, *, system: bool) -> None:
        self._system = system
        self._env: dict[str, str] = {}
        self._shell = SHELLS[0]
        self._timezone: str | None = None
        self._jitter = 0.0

    def read(self, content: bytes) -> Iterator[Entry | NotTaken]:
        """The entries, and the lines that cannot be taken, in their order."""
        for number, line in enumerate(content.split(b"\n"), 1):
            try:
                text = line.decode().removesuffix("\r").lstrip()
            except UnicodeDecodeError:
                yield NotTaken(number, "it is not UTF-8")
                continue
            found = self._read_line(number, text) if text and not text.startswith("#") else None
            if found:
                yield found

    def _read_line(self, number: int, text: str) -> Entry | NotTaken | None:
        variable = re.fullmatch(r"""("[^"]*"|'[^']*'|[^\s="'@*]+)\s*=\s*(.*)""", text)
        if variable:
            reason = self._set(_unquoted(variable[1]), _unquoted(variable[2].rstrip()))
            return NotTaken(number, reason) if reason else None
        return self._entry(number, text)

    def _set(self, name: str, value: str) -> str | None:
        """Set a variable; returns the reason if it cannot be taken."""
        match name:
            case "MAILTO":
                return NO_MAIL if value else None
            case "SHELL":
                self._shell = value
            case "CRON_TZ":
                self._timezone = value
            case "RANDOM_DELAY":
                if not re.fullmatch("[0-9]{1,6}", value):
                    return "RANDOM_DELAY must be a whole number of minutes"
                self._jitter = int(value) * 60.0
            case _:
                self._env[name] = value
        return None

    def _entry(self, number: int, text: str) -> Entry | NotTaken:
        fields = 1 if text.startswith("@") else RULE_FIELDS
        before = fields + self._system
        words = text.split(None, before)
        if words[0].lower() == "@reboot":
            return NotTaken(number, NO_BOOT)
        if len(words) <= before:
            times = "an alias" if fields == 1 else "five fields of times"
            return NotTaken(number, f"it must have {times}{', a user' if self._system else ''} and a command")
        command, given = _split(words[before])
        return Entry(
            number,
            " ".join(words[:fields]),
            command,
            _with_input(_in_shell(command, self._shell), given),
            dict(self._env),
            self._timezone,
            self._jitter,
            self._env.get("HOME"),
            words[fields] if self._system else None,
        )


def _unquoted(text: str) -> str:
    quoted = re.fullmatch(r""""([^"]*)"|'([^']*)'""", text)
    return text if quoted is None else quoted[1] or quoted[2] or ""


def _split(text: str) -> tuple[str, str | None]:
    """The command, and its standard input: in a crontab, a % that is not escaped separates them."""
    end = re.match(r"(?:\\.|[^%\\]|\\$)*", text)
    assert end is not None  # it matches nothing, too
    command = re.sub(r"\\(.)", lambda escape: "%" if escape[1] == "%" else escape[0], end[0])
    rest = text[end.end() :]
    return command, re.sub(r"\\%|%", lambda mark: "%" if len(mark[0]) == 2 else "\n", rest[1:]) if rest else None


def _in_shell(command: str, shell: str) -> str:
    return command if shell in SHELLS else f"exec {quote(shell)} -c {quote(command)}"


def _with_input(command: str, given: str | None) -> str:
    """The command with this text as its standard input, as a here-document."""
    if given is None:
        return command
    lines, delimiter = given.removesuffix("\n"), "EOF"
    while delimiter in lines.split("\n"):
        delimiter += "_"
    return f"exec <<'{delimiter}'\n{lines}\n{delimiter}\n{command}"
