"""Removing the files of commands that are over; a command is finished when that is done."""

import os
from contextlib import suppress

from queuectl_worker.command import Command
from queuectl_worker.directories import Directories
from queuectl_worker.removal import NOTHING_REMOVED, Remover, removed


class Cleanup:
    """Of one worker; `children`: see Reaper. The processes that remove files are among them."""

    def __init__(self, directories: Directories, remover: Remover, children: dict[int, Command]) -> None:
        self._directories = directories
        self._remover = remover
        self._children = children
        self._pipes: dict[int, int] = {}

    def done(self, command: Command) -> bool:
        """Whether its files are gone; starts to remove them if there are any."""
        if command.removed is not None:
            return True
        if any(self._children[pid] is command for pid in self._pipes):
            return False
        left = self._directories.left(command.directory, command.uid)
        if left:
            with suppress(OSError):  # if no process can be started now, the files stay
                pid, reading = self._remover.start(left, command.uid)
                self._children[pid], self._pipes[pid] = command, reading
                return False
        command.removed = NOTHING_REMOVED
        return True

    def reap(self, pid: int, command: Command) -> bool:
        """Reap the process if it is one that removed the files of this command."""
        if pid not in self._pipes:
            return False
        os.waitpid(pid, 0)
        command.removed = removed(self._pipes.pop(pid))
        return True
