"""Commands that follow a job continue after a restart of the API or a failure of the network."""

import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from queuectl_cli.client import Client, Unavailable
from queuectl_cli.credentials import Credentials
from queuectl_cli.failure import NOT_ALLOWED, Failure
from queuectl_cli.streams import Reconnect, changes
from tests.cli.servers import busy_at_first
from tests.running import BIN, clean_environment, eventually, free_port, is_ready, migrate, program
from tests.system import System
from tests.wire import wire

SPEAK = "for n in $(seq 12); do echo $n; sleep 0.25; done; exit 7"


class Fragile:
    """A system whose API is killed and started again at the same address."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.port = free_port()
        self.bind = f"127.0.0.1:{self.port}"
        self.url = f"http://{self.bind}"
        migrate(directory)

    @contextmanager
    def api(self) -> Iterator[subprocess.Popen[bytes]]:
        """Runs until it is killed, or the block ends."""
        settings = {"data_dir": self.directory, "bind": self.bind, "api_processes": 1}
        with program("queuectl-api", self.directory / "api.log", **settings) as process:
            eventually(lambda: is_ready(self.url))
            yield process

    def queuectl(self, *words: str, url: str = "") -> subprocess.Popen[str]:
        """Start a command without waiting for it."""
        environment = clean_environment(url=url or self.url)
        pipe = subprocess.PIPE
        return subprocess.Popen([BIN / "queuectl", *words], env=environment, stdout=pipe, stderr=pipe, text=True)


@pytest.fixture
def fragile(tmp_path: Path) -> Iterator[Fragile]:
    """A system with a worker, but without an API."""
    system = Fragile(tmp_path)
    with program("queuectl-worker", tmp_path / "worker.log", data_dir=tmp_path):
        yield system


def read_line(running: subprocess.Popen[str]) -> str:
    assert running.stdout
    return running.stdout.readline()


def the_rest(running: subprocess.Popen[str]) -> tuple[str, str]:
    """The rest of the output. `communicate` would miss what was buffered by readline."""
    assert running.stdout
    assert running.stderr
    out, err = running.stdout.read(), running.stderr.read()
    running.wait(timeout=60)
    return out, err


@pytest.mark.parametrize("words", ["logs JOB", "show JOB", "backup --no-logs -"])
def test_a_busy_api_is_asked_again(system: System, words: str) -> None:
    job = system.enqueue("echo done")
    system.in_state(job, "completed")
    with busy_at_first(system.url) as url:
        asked = [str(BIN / "queuectl"), *words.replace("JOB", job).split()]
        done = subprocess.run(asked, env=clean_environment(url=url), capture_output=True)
    assert (done.returncode, bool(done.stdout)) == (0, True), done.stderr


def test_run_resumes_the_output_and_exits_as_the_command_did(fragile: Fragile) -> None:
    with fragile.api() as api:
        running = fragile.queuectl("run", "--", "sh", "-c", SPEAK)
        assert read_line(running) == "1\n"
        api.kill()
    with fragile.api():
        out, err = the_rest(running)
    assert (running.returncode, out) == (7, "".join(f"{n}\n" for n in range(2, 13)))
    assert [line.split(":")[1] for line in err.splitlines()[:2]] == [
        " connection lost, retrying for 10m",
        " reconnected",
    ]


def test_wait_notices_jobs_that_ended_in_the_meantime(fragile: Fragile) -> None:
    go = fragile.directory / "go"
    with wire(fragile.port) as between:
        with fragile.api() as api:
            job = System(fragile.url).enqueue(f"until [ -e {go} ]; do sleep 0.05; done; exit 3", max_retries=0)
            waiting = fragile.queuectl("wait", job, url=between.url)
            assert between.answered.wait(60)
            api.kill()
        go.touch()
        with fragile.api():
            _, err = the_rest(waiting)
    assert waiting.returncode == 1
    assert err.endswith(f"queuectl: job {job} is dead: exit status 3\n")


def test_retries_end_after_reconnect_for(fragile: Fragile) -> None:
    with fragile.api() as api:
        following = fragile.queuectl("run", "--reconnect-for", "1s", "--", "sh", "-c", SPEAK)
        assert read_line(following) == "1\n"
        api.kill()
    _, err = the_rest(following)
    assert following.returncode == 3
    assert err.splitlines()[-1].startswith(f"queuectl: cannot reach the API at {fragile.url}")


class Gateway(BaseHTTPRequestHandler):
    """A proxy whose upstream is down: it answers with HTML."""

    def do_GET(self) -> None:
        """Always the same."""
        self.send_response(502)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(b"<h1>Bad Gateway</h1>")

    def log_message(self, *_: object) -> None:
        """Nothing."""


@pytest.mark.parametrize("words", [("wait", "a"), ("logs", "--follow", "a"), ("status", "--watch")], ids=str)
def test_a_gateway_that_never_had_an_api_is_not_waited_for(words: tuple[str, ...]) -> None:
    with HTTPServer(("127.0.0.1", 0), Gateway) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{server.server_address[1]}"
        done = subprocess.run(
            [BIN / "queuectl", *words],
            env=clean_environment(url=url), capture_output=True, text=True, timeout=60,
        )  # fmt: skip
        server.shutdown()
    assert done.returncode == 3
    assert done.stderr.startswith(f"queuectl: the response from {url} (502 Bad Gateway, text/html)")


class Slow(BaseHTTPRequestHandler):
    """Answers a backup slowly, and refuses everything else like a proxy that requires a password."""

    def do_GET(self) -> None:
        """By path."""
        backup = self.path == "/api/backup"
        time.sleep(0.6)
        self.send_response(200 if backup else 401)
        self.send_header("Content-Type", "application/x-tar" if backup else "text/html")
        self.end_headers()
        self.wfile.write(b"content")

    def log_message(self, *_: object) -> None:
        """Nothing."""


@pytest.fixture
def slow() -> Iterator[Client]:
    """A client of the slow server."""
    with HTTPServer(("127.0.0.1", 0), Slow) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield Client(Credentials(f"http://127.0.0.1:{server.server_address[1]}"))
        server.shutdown()


def test_only_live_streams_time_out_by_silence(monkeypatch: pytest.MonkeyPatch, slow: Client) -> None:
    monkeypatch.setattr("queuectl_cli.streams.SILENCE_SECONDS", 0.2)
    with slow.stream("/api/backup", "application/x-tar") as response:
        assert response.read() == b"content", "a large one is long in the making"
    with pytest.raises(Unavailable, match="does not answer"):
        next(changes(slow, Reconnect()))


def test_a_refusal_that_is_no_json_is_one_all_the_same(slow: Client) -> None:
    with pytest.raises(Failure, match="401 Unauthorized") as refusal:
        slow.get("/api/status")
    assert refusal.value.status == NOT_ALLOWED
