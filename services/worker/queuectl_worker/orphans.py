"""Processes whose parents have ended: the worker adopts them as a subreaper, and finds out whose they are."""

import signal
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from queuectl_worker import tree
from queuectl_worker.command import Command
from queuectl_worker.tree import Process
from queuectl_worker.users import Users, owner


class Family(NamedTuple):
    """A command with the processes of its root, and those of each of its orphans by pid; no process twice."""

    command: Command
    of_root: list[Process]
    orphans: dict[int, list[Process]]


class Orphans:
    """Of the `running` commands. `children`: processes that the worker itself has started, by pid."""

    def __init__(self, running: dict[str, Command], children: dict[int, Command], users: Users) -> None:
        self._running = running
        self._children = children
        self._users = users

    def all(self) -> set[int]:
        """Their pids."""
        return tree.children() - self._children.keys()

    def by_command(self, orphans: Iterable[int]) -> dict[str, list[int]]:
        """Pids by the key of their command; without strays, whose command is unknown."""
        found: dict[str, list[int]] = {}
        for pid in orphans:
            command = self._command(pid)
            if command is not None:
                found.setdefault(command.key, []).append(pid)
        return found

    def kill_strays(self, orphans: set[int]) -> dict[str, list[int]]:
        """Kill those whose command is unknown or over; returns the others by command."""
        left = self.by_command(orphans)
        strays = orphans.difference(*left.values())
        if strays:
            tree.send(signal.SIGKILL, strays)
        return left

    def families(self, commands: Iterable[Command]) -> Iterator[Family]:
        """Of each of these commands."""
        processes = tree.Processes()
        left = self.by_command(self.all())
        for command in commands:
            orphans = {pid: processes.tree(pid) for pid in left.get(command.key, ())}
            seen = {process.pid for tree in orphans.values() for process in tree}  # its parent may have ended just now
            of_root = processes.tree(command.root) if command.ended is None else []
            yield Family(command, [process for process in of_root if process.pid not in seen], orphans)

    def _command(self, orphan: int) -> Command | None:
        """Told by its user, if commands have users of their own; otherwise by its session or its environment."""
        commands = self._running.values()
        if self._users.group != -1:
            uid = owner(orphan)
            return next((command for command in commands if command.uid == uid), None)
        session = tree.session(orphan)
        environment = tree.environment(orphan)
        return (
            next((command for command in commands if command.root == session), None)
            or next((command for command in commands if command.marks <= environment), None)
            or next((command for command in commands if command.meter.knows(orphan)), None)
        )
