"""A wire between the browser and the system that can be cut."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from threading import Event, Lock, Thread


class Wire:
    """Passes connections on to a port of this machine; while cut, it closes each; while held, it keeps what comes."""

    def __init__(self, port: int) -> None:
        self._target = ("127.0.0.1", port)
        self._lock = Lock()
        self._ends: set[socket.socket] = set()
        self._is_cut = False
        self._flows = Event()
        self._flows.set()
        self._door = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._door.getsockname()[1]}"
        Thread(target=self._accept, daemon=True).start()

    def cut(self) -> None:
        """Close all that is open, and all that comes."""
        with self._lock:
            self._is_cut = True
            ends, self._ends = self._ends, set()
        for end in ends:
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def mend(self) -> None:
        """Pass on again what comes."""
        self._is_cut = False

    def hold(self) -> None:
        """Pass nothing on from now on, without a word to either end."""
        self._flows.clear()

    def close(self) -> None:
        """End it."""
        self.cut()
        self._flows.set()
        self._door.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                near, _ = self._door.accept()
                far = socket.create_connection(self._target)
                with self._lock:
                    self._ends |= {near, far}
                if self._is_cut:
                    self.cut()
                for one, other in ((near, far), (far, near)):
                    Thread(target=self._pass_on, args=(one, other), daemon=True).start()

    def _pass_on(self, source: socket.socket, to: socket.socket) -> None:
        with suppress(OSError):
            while content := source.recv(65_536):
                self._flows.wait()
                to.sendall(content)
            to.shutdown(socket.SHUT_RDWR)


@contextmanager
def wire(port: int) -> Iterator[Wire]:
    """A wire that is closed at the end."""
    opened = Wire(port)
    try:
        yield opened
    finally:
        opened.close()
