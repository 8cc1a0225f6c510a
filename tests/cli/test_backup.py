"""`queuectl backup` and `queuectl restore`, with files and with pipes."""

import json
import os
import signal
import subprocess
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.cli.terminal import Terminal
from tests.running import BIN, clean_environment, eventually, free_port, is_ready, migrate, program
from tests.system import System
from tests.wire import wire


@contextmanager
def running(data_dir: Path) -> Iterator[tuple[System, subprocess.Popen[bytes]]]:
    """A system that no other test uses, and its API's process."""
    migrate(data_dir)
    address = f"127.0.0.1:{free_port()}"
    system = System(f"http://{address}", data_dir)
    settings = {"data_dir": data_dir, "bind": address, "api_processes": 1}
    with (
        program("queuectl-api", data_dir / "api.log", **settings) as api,
        program("queuectl-worker", data_dir / "worker.log", **settings),
    ):
        eventually(lambda: is_ready(system.url) and system.get("/api/status")["workers"])
        yield system, api


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    """A system for these tests only: a restore replaces all jobs."""
    with running(tmp_path_factory.mktemp("backup")) as (system, _):
        yield system


def jobs(own: System) -> int:
    return sum(own.get("/api/status")["jobs"].values())


def counted(number: int, what: str) -> str:
    return f"{number} {what}{'s' * (number != 1)}"


def test_a_backup_is_restored(own: System, tmp_path: Path) -> None:
    file = tmp_path / "queue.tar"
    assert own.queuectl("run", "--", "echo", "hello").out == "hello\n"
    job_id, count = own.queuectl("list").out.split("\t")[0], jobs(own)
    done = own.queuectl("backup", str(file))
    assert (done.status, done.out, done.err) == (0, "", f"{file}: {file.stat().st_size} bytes\n")
    assert file.stat().st_mode & 0o077 == 0, "only its owner may read what may hold secrets"
    own.queuectl("delete", "--yes", job_id)
    own.queuectl("config", "set", "max-retries", "7")
    own.enqueue("true")
    restored = own.queuectl("restore", "--yes", str(file))
    assert restored.status == 0
    assert restored.out.startswith(f"restored: {counted(count, 'job')}")
    assert own.queuectl("logs", job_id).out == "hello\n"
    assert own.queuectl("config", "get", "max-retries").out == "3\n"
    assert own.queuectl("list").out.split("\t")[0] == job_id
    assert list(tmp_path.glob("*.part")) == []


def test_a_backup_goes_through_pipes(own: System) -> None:
    job_id = own.enqueue("true")
    own.in_state(job_id, "completed")
    script = "queuectl backup - | gzip | gunzip | queuectl restore --yes --json -"
    done = subprocess.run(["bash", "-o", "pipefail", "-c", script], env=clean_environment(url=own.url),
                          capture_output=True, text=True)  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(done.stdout)["jobs"] == jobs(own)
    assert own.job(job_id)["state"] == "completed"


def test_a_restore_counts_log_files_if_there_are_any(own: System, tmp_path: Path) -> None:
    file = str(tmp_path / "queue.tar")
    own.queuectl("run", "--", "seq", "100000")
    assert own.queuectl("backup", file).status == 0
    with tarfile.open(file) as tar:
        logs = sum(name.startswith("logs/") for name in tar.getnames())
    restored = own.queuectl("restore", "--yes", file)
    assert restored.out == f"restored: {counted(jobs(own), 'job')}, {counted(logs, 'log file')}\n"
    assert json.loads(own.queuectl("restore", "--yes", "--json", file).out)["logs"] == logs > 0


def test_output_can_be_left_out(own: System, tmp_path: Path) -> None:
    own.queuectl("run", "--", "echo", "hello")
    own.queuectl("backup", "--no-logs", str(tmp_path / "small.tar"))
    with tarfile.open(tmp_path / "small.tar") as tar:
        assert tar.getnames() == ["queue.db", "manifest.json"]
    restored = own.queuectl("restore", "--yes", str(tmp_path / "small.tar"))
    assert restored.out == f"restored: {counted(jobs(own), 'job')}\n", "and no '0 log files'"


def test_a_file_that_exists_is_kept_unless_forced(own: System, tmp_path: Path) -> None:
    file = tmp_path / "queue.tar"
    file.write_text("precious")
    refused = own.queuectl("backup", str(file))
    assert (refused.status, refused.err) == (
        1, f"queuectl: {file} exists: choose another name, or overwrite it with --force\n",
    )  # fmt: skip
    assert file.read_text() == "precious"
    assert own.queuectl("backup", "--force", str(file)).status == 0
    assert tarfile.is_tarfile(file)
    assert "is not a regular file" in own.queuectl("backup", "--force", str(tmp_path)).err
    assert "No such file or directory" in own.queuectl("backup", str(tmp_path / "no" / "where")).err


def test_a_backup_that_breaks_off_is_an_error_and_leaves_nothing(tmp_path: Path) -> None:
    file, part, data_dir = tmp_path / "queue.tar", tmp_path / "queue.tar.part", tmp_path / "data"
    with running(data_dir) as (system, api), wire(int(system.url.rpartition(":")[2]), most=4 << 20) as between:
        assert system.queuectl("run", "--", "seq", "1000").status == 0
        [log] = (data_dir / "logs").rglob("*.log")
        log.write_bytes(bytes(64 << 20))  # more than the buffers of a connection hold
        words = [str(BIN / "queuectl"), "backup", str(file)]
        backup = subprocess.Popen(words, env=clean_environment(url=between.url), stderr=subprocess.PIPE, text=True)
        eventually(lambda: part.exists() and part.stat().st_size)
        os.killpg(api.pid, signal.SIGKILL)
        between.cut()
        _, said = backup.communicate()
    assert (backup.returncode, said) == (3, "queuectl: the backup is incomplete: the connection was lost\n")
    assert (file.exists(), part.exists()) == (False, False)


def test_a_wrong_file_is_refused_and_changes_nothing(own: System, tmp_path: Path) -> None:
    job_id = own.enqueue("true")
    (tmp_path / "jobs.json").write_text('{"command": "true"}')
    done = own.queuectl("restore", "--yes", str(tmp_path / "jobs.json"))
    assert (done.status, done.out) == (1, "")
    assert done.err.startswith("queuectl: this backup cannot be restored: it is not a tar file")
    assert own.queuectl("backup", str(tmp_path / "whole.tar")).status == 0
    half = (tmp_path / "whole.tar").read_bytes()[:-2048]
    done = own.queuectl("restore", "--yes", "-", given=half)
    assert done.status == 1
    assert "it is truncated" in done.err
    assert own.queuectl("restore", "--yes", str(tmp_path / "nowhere")).status == 2
    assert own.job(job_id)["id"] == job_id


def test_a_restore_asks_once(own: System, tmp_path: Path) -> None:
    file = str(tmp_path / "queue.tar")
    own.queuectl("backup", file)
    job_id = own.enqueue("true")
    question = f"Replace all current jobs ({jobs(own)}), their logs, and the settings? This cannot be undone."
    done = own.queuectl("restore", file)
    assert (done.status, question in done.err) == (2, True)
    terminal = Terminal(own, "restore", file)
    terminal.shows(f"{question} [y/N]")
    terminal.types("n\n")
    assert terminal.wait() == 1
    assert own.job(job_id)
    terminal = Terminal(own, "restore", file)
    terminal.shows("[y/N]")
    terminal.types("y\n")
    assert terminal.wait() == 0
    assert "restored: " in terminal.seen()
    assert own.queuectl("show", job_id).status == 1


def test_a_backup_is_not_printed_on_a_terminal(own: System) -> None:
    terminal = Terminal(own, "backup", "-")
    terminal.shows("a backup is not written to a terminal")
    assert terminal.wait() == 2
