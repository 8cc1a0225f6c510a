"""Group commit: writes that are pending at the same time share one transaction and one fsync."""

import logging
import queue
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from contextlib import suppress
from typing import Any, TypeVar

from queuectl_core.model.errors import Conflict, DatabaseUnusable, QueueError
from queuectl_core.store.open import open_store
from queuectl_core.store.store import Store

log = logging.getLogger("queuectl.writer")

Result = TypeVar("Result")
Outcome = tuple[Any, Exception | None]
_Write = tuple[Callable[[Store], Any], Future[Any]]
MAX_WRITES_PER_COMMIT = 500
MAX_CONFLICTS = 3


class Writer:
    """A thread with a durable store. A write's future is done when the write is on disk, or was refused.

    A refused write does not affect the others in the same commit.
    """

    def __init__(self, url: str) -> None:
        self._store = open_store(url, durable=True)
        self._waiting: queue.SimpleQueue[_Write | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="writer", daemon=True)
        self._thread.start()

    def submit(self, write: Callable[[Store], Result]) -> Future[Result]:
        """Run `write` in the next commit; the future raises its QueueErrors, and errors of the commit."""
        future: Future[Result] = Future()
        self._waiting.put((write, future))
        return future

    def close(self) -> None:
        """Finish pending writes, then stop."""
        self._waiting.put(None)
        self._thread.join()
        self._store.close()

    def _run(self) -> None:
        while (first := self._waiting.get()) is not None:
            writes = [first]
            while len(writes) < MAX_WRITES_PER_COMMIT and not self._waiting.empty():
                another = self._waiting.get()
                if another is None:
                    self._waiting.put(None)
                    break
                writes.append(another)
            try:
                self._commit(writes)
            except Exception as fault:  # a bug must not end the thread that performs all writes
                log.exception("a commit of %d writes failed", len(writes))
                for _, future in writes:
                    if not future.done():
                        future.set_exception(fault)

    def _commit(self, waiting: list[_Write]) -> None:
        # From here on writes cannot be cancelled: setting the result of a cancelled future would end the thread.
        writes = [(write, future) for write, future in waiting if future.set_running_or_notify_cancel()]
        try:
            results = commit(self._store, [write for write, _ in writes])
        except DatabaseUnusable as fault:  # the commit itself failed: nothing was changed, or OutcomeUnknown
            log.error("a commit of %d writes failed: %s", len(writes), fault)  # noqa: TRY400  # the reason is sufficient
            for _, future in writes:
                future.set_exception(fault)
            return
        for (_, future), (result, refusal) in zip(writes, results, strict=True):
            if refusal is None:
                future.set_result(result)
            else:
                future.set_exception(refusal)


def commit(store: Store, writes: Sequence[Callable[[Store], Any]]) -> list[Outcome]:
    """Run all writes in one transaction; returns the result or error of each. Raises DatabaseUnusable.

    If one is refused, all are run again, each in its own savepoint, so that the others succeed. After a Conflict, all
    are run again as well.
    """
    for _ in range(MAX_CONFLICTS):
        with suppress(Conflict):
            return _commit_once(store, writes)
    return _commit_once(store, writes)


def _commit_once(store: Store, writes: Sequence[Callable[[Store], Any]]) -> list[Outcome]:
    try:
        with store.transaction():
            return [(write(store), None) for write in writes]
    except DatabaseUnusable:
        raise
    except Exception:  # noqa: BLE001  # one of them failed: run each on its own to see which one
        with store.transaction():
            return [_try(store, write) for write in writes]


def _try(store: Store, write: Callable[[Store], Any]) -> Outcome:
    try:
        with store.transaction():
            return write(store), None
    except DatabaseUnusable:
        raise  # SQLite may have rolled back the other writes as well: the whole commit has failed
    except QueueError as refusal:
        return None, refusal
    except Exception as fault:  # noqa: BLE001  # unexpected: raised to the caller
        return None, fault
