"""Group commit: writes that wait at the same time share one transaction, and so one fsync."""

import logging
import queue
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from pathlib import Path
from typing import Any, TypeVar

from queuectl_core.errors import DatabaseUnusable, QueueError
from queuectl_core.sqlite.store import Store

log = logging.getLogger("queuectl.writer")

Result = TypeVar("Result")
Outcome = tuple[Any, Exception | None]
_Write = tuple[Callable[[Store], Any], Future[Any]]
MOST_IN_ONE_COMMIT = 500


class Writer:
    """A thread with a durable store. A write's future is done once it is on the disk, or was refused.

    One that is refused leaves the others in its commit alone.
    """

    def __init__(self, path: Path) -> None:
        self._store = Store(path, durable=True)
        self._waiting: queue.SimpleQueue[_Write | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="writer", daemon=True)
        self._thread.start()

    def submit(self, write: Callable[[Store], Result]) -> Future[Result]:
        """Have `write` done in the next commit; its QueueErrors, and faults of the commit, come by the future."""
        future: Future[Result] = Future()
        self._waiting.put((write, future))
        return future

    def close(self) -> None:
        """Finish what waits, then end."""
        self._waiting.put(None)
        self._thread.join()
        self._store.close()

    def _run(self) -> None:
        while (first := self._waiting.get()) is not None:
            writes = [first]
            while len(writes) < MOST_IN_ONE_COMMIT and not self._waiting.empty():
                another = self._waiting.get()
                if another is None:
                    self._waiting.put(None)
                    break
                writes.append(another)
            try:
                self._commit(writes)
            except Exception as fault:  # a fault of ours must not end the thread that all writes go through
                log.exception("a commit of %d writes failed", len(writes))
                for _, future in writes:
                    if not future.done():
                        future.set_exception(fault)

    def _commit(self, waiting: list[_Write]) -> None:
        # From here on they cannot be cancelled; without this the result of one that was would end the thread.
        writes = [(write, future) for write, future in waiting if future.set_running_or_notify_cancel()]
        try:
            results = commit(self._store, [write for write, _ in writes])
        except DatabaseUnusable as fault:  # the commit itself failed: nothing of it happened
            log.error("a commit of %d writes failed: %s", len(writes), fault)  # noqa: TRY400  # the reason says it all
            for _, future in writes:
                future.set_exception(fault)
            return
        for (_, future), (result, refusal) in zip(writes, results, strict=True):
            if refusal is None:
                future.set_result(result)
            else:
                future.set_exception(refusal)


def commit(store: Store, writes: Sequence[Callable[[Store], Any]]) -> list[Outcome]:
    """Do all of these in one transaction: what each returns, or why it was refused. Raises DatabaseUnusable.

    One that is refused leaves the others alone: where that happens, all are done again, each as a part of its own.
    """
    try:
        with store.transaction():
            return [(write(store), None) for write in writes]
    except DatabaseUnusable:
        raise
    except Exception:  # noqa: BLE001  # of one of them: which one, is seen when each is done by itself
        with store.transaction():
            return [_try(store, write) for write in writes]


def _try(store: Store, write: Callable[[Store], Any]) -> Outcome:
    try:
        with store.transaction():
            return write(store), None
    except DatabaseUnusable:
        raise  # SQLite may have undone the neighbours as well: the whole commit has failed
    except QueueError as refusal:
        return None, refusal
    except Exception as fault:  # a fault of ours must not end the thread that all writes go through
        log.exception("a write failed")
        return None, fault
