"""The name of a worker: the host, and letters that no other worker of the host has."""

import re
import socket
import subprocess
from collections.abc import Callable

from tests.worker.bench import Bench


def test_it_has_enough_letters_for_thousands_of_workers(
    bench: Bench, start: Callable[..., subprocess.Popen[bytes]]
) -> None:
    start()
    [worker] = bench.store.workers.all()
    host, _, letters = worker.id.rpartition("-")
    assert host == socket.gethostname()
    assert re.fullmatch("[2-9a-hjkmnp-z]{6}", letters), "with four, one of 10,000 starts beside 100 others fails"
