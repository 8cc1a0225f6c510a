"""Detect standard input that a command will not receive."""

import os
import stat
from array import array
from fcntl import ioctl
from termios import FIONREAD


def has_input() -> bool:
    """Whether standard input is a pipe that holds data now, or a file that has not been read yet.

    False for a terminal, /dev/null, and the empty or closed pipes that services and cron provide. Also false for a
    partly read file: a shell loop reads its lines one by one.
    """
    try:
        status = os.fstat(0)
        if stat.S_ISREG(status.st_mode):
            return status.st_size > 0 and os.lseek(0, 0, os.SEEK_CUR) == 0
        if stat.S_ISFIFO(status.st_mode) or stat.S_ISSOCK(status.st_mode):
            return _readable_bytes() > 0
    except OSError:
        return False
    return False


def _readable_bytes() -> int:
    number = array("i", [0])
    ioctl(0, FIONREAD, number)
    return number[0]
