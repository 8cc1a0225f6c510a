"""A TCP proxy between client and system that can be interrupted."""

import math
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from threading import Event, Lock, Thread


class Wire:
    """Forwards connections to a local port. While cut, it closes all connections; while held, it forwards nothing.

    `most`: about how many bytes come from the port before it is held. `answered`: set when something came from there.
    """

    def __init__(self, port: int, most: float = math.inf) -> None:
        self._target = ("127.0.0.1", port)
        self._left = most
        self._lock = Lock()
        self._ends: set[socket.socket] = set()
        self._is_cut = False
        self._flows = Event()
        self._flows.set()
        self.answered = Event()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        Thread(target=self._accept, daemon=True).start()

    def cut(self) -> None:
        """Close all connections, and all new ones."""
        with self._lock:
            self._is_cut = True
            ends, self._ends = self._ends, set()
        for end in ends:
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def mend(self) -> None:
        """Accept connections again."""
        self._is_cut = False

    def hold(self) -> None:
        """Forward nothing more, without closing connections."""
        self._flows.clear()

    def close(self) -> None:
        """Close everything."""
        self.cut()
        self._flows.set()
        self._listener.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                near, _ = self._listener.accept()
                try:
                    far = socket.create_connection(self._target)
                except OSError:
                    near.close()
                    continue
                with self._lock:
                    self._ends |= {near, far}
                if self._is_cut:
                    self.cut()
                for source, to, passed in ((near, far, self._asked), (far, near, self._answered)):
                    Thread(target=self._pass_on, args=(source, to, passed), daemon=True).start()

    def _pass_on(self, source: socket.socket, to: socket.socket, passed: Callable[[int], None]) -> None:
        with suppress(OSError):
            while content := source.recv(65_536):
                self._flows.wait()
                to.sendall(content)
                passed(len(content))
            to.shutdown(socket.SHUT_RDWR)

    def _asked(self, _: int) -> None:
        pass

    def _answered(self, size: int) -> None:
        self.answered.set()
        self._left -= size
        if self._left <= 0:
            self.hold()


@contextmanager
def wire(port: int, most: float = math.inf) -> Iterator[Wire]:
    """A Wire that is closed afterwards."""
    opened = Wire(port, most)
    try:
        yield opened
    finally:
        opened.close()
