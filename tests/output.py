"""Output of attempts in a log store, written and read as workers and readers do."""

from pathlib import Path

from queuectl_core.logs.open import open_log_store
from queuectl_core.logs.store import LogStore

UNBOUNDED = 1 << 40


def opened_logs(data_dir: Path) -> LogStore:
    """The log store of the system with that data directory."""
    return open_log_store(f"file://{data_dir}/logs")


def write_output(
    logs: LogStore, seq: int, attempt: int, content: bytes, *, max_bytes: int = UNBOUNDED, written: int = 0
) -> None:
    """Write to the log of an attempt, after the first `written` bytes."""
    writer = logs.writer(seq, attempt, max_bytes, written)
    assert writer.write(memoryview(content)) == len(content)
    writer.close()


def read_output(logs: LogStore, seq: int, attempt: int, offset: int = 0) -> bytes:
    """What a reader gets from `offset` on."""
    content = b""
    while (piece := logs.read(seq, attempt, offset)).content:
        content, offset = content + piece.content, piece.end
    return content
