"""Exit codes. The database stores -N after signal N; users see 128 + N, as in a shell."""

import signal


def as_shell(exit_code: int | None) -> int | None:
    """The exit code as a shell reports it: 128 + N after signal N."""
    return exit_code if exit_code is None or exit_code >= 0 else 128 - exit_code


def signal_of(exit_code: int | None) -> str | None:
    """The name of the signal that ended the command, such as SIGTERM; None if it exited."""
    return None if exit_code is None or exit_code >= 0 else signal_name(-exit_code)


def signal_name(number: int) -> str:
    """The name of a signal, or `signal N` if it has none."""
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"
