"""config, worker, up, down, and behaviour common to all commands."""

import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Queuectl
from tests.opened import opened
from tests.running import BIN, clean_environment, eventually, free_port, is_ready, migrate
from tests.system import System
from tests.worker.bench import is_alive


def test_settings_are_listed_read_and_set(queuectl: Queuectl) -> None:
    assert {line.split("\t")[0] for line in queuectl("config", "list").out.splitlines()} >= {
        "max-retries",
        "backoff-base",
    }
    assert queuectl("config", "set", "backoff-max", "1800").out == "1800\n"
    assert queuectl("config", "get", "backoff-max").out == "1800\n"
    assert json.loads(queuectl("config", "get", "backoff-max", "--json").out)["default"] == 3600
    assert queuectl("config", "unset", "backoff-max").out == "3600\n"
    assert queuectl("config", "get", "backoff-max").out == "3600\n"


def test_a_list_of_commands_is_set_as_words_or_json_and_read_back(queuectl: Queuectl, system: System) -> None:
    def now() -> Any:
        return system.get("/api/config/default-commands")["value"]

    assert queuectl("config", "get", "default-commands").out == "null\n"
    try:
        assert queuectl("config", "set", "default-commands", "make *", "ls").out == '["make *", "ls"]\n'
        assert now() == ["make *", "ls"]
        assert queuectl("enqueue", "--queue", "unheard-of", "--", "rm", "-r", "/").status == 1
        assert queuectl("config", "set", "default-commands", '["make *", "a \'b\'"]').status == 0
        printed = queuectl("config", "get", "default-commands").out.strip()
        assert queuectl("config", "set", "default-commands", printed).out == printed + "\n"
        assert now() == ["make *", "a 'b'"]
        assert queuectl("config", "set", "default-commands", "make *").status == 0
        assert now() == ["make *"]
        assert 'default-commands\t["make *"]\tcommands\tnull\t' in queuectl("config", "list").out
    finally:
        assert queuectl("config", "set", "default-commands", "null").out == "null\n"
    assert now() is None


@pytest.mark.parametrize(
    ("words", "status", "said"),
    [
        (["set", "max-retries", "-1"], 1, "value -1: max-retries must be a whole number from 0 to 1000"),
        (["set", "max-retries", "many"], 2, "must be a number"),
        (["set", "max-retries", "inf"], 2, "must be a finite number"),
        (["set", "max-retries", "1", "2"], 2, "max-retries '1 2': must be a number"),
        (["set", "default-commands", "make *", "ls *.mov"], 1, "value.1 \"ls *.mov\": must be one line without '*'"),
        (["set", "max_retries", "1"], 1, "the settings are max-retries, backoff-base"),
        (["get", "max_retries"], 1, "the settings are max-retries, backoff-base"),
    ],
)
def test_a_bad_setting_is_refused(queuectl: Queuectl, words: list[str], status: int, said: str) -> None:
    done = queuectl("config", *words)
    assert done.status == status
    assert said in done.err


def test_workers_are_listed_and_drained(queuectl: Queuectl, system: System) -> None:
    worker_id, state, _, slots, *_ = queuectl("worker", "list").out.splitlines()[0].split("\t")
    assert (state in ("idle", "busy"), slots) == (True, "4")
    assert queuectl("worker", "drain", "nope").err == "queuectl: no live worker has the id 'nope'\n"
    assert json.loads(queuectl("worker", "list", "--json").out)[0]["id"] == worker_id


def test_workers_started_in_the_foreground_end_with_the_terminals_interrupt(system: System) -> None:
    environment = clean_environment(url=system.url, data_dir=system.data_dir, queues="nobody")
    process = subprocess.Popen(
        [BIN / "queuectl", "worker", "start", "--count", "2", "--concurrency", "1"], env=environment,
        stderr=subprocess.DEVNULL,
    )  # fmt: skip

    def mine() -> list[str]:
        return [w["id"] for w in system.get("/api/workers")["items"] if w["queues"] == ["nobody"]]

    eventually(lambda: len(mine()) == 2)
    process.send_signal(signal.SIGINT)
    assert process.wait(timeout=60) == 0
    assert mine() == []


@pytest.mark.parametrize("words", [["up"], ["worker", "start"]], ids=" ".join)
def test_signals_inherited_as_ignored_stay_ignored(tmp_path: Path, words: list[str]) -> None:
    """As under nohup or in the background of a script: a closed terminal and Ctrl-C must not stop it."""
    migrate(tmp_path)
    address = f"127.0.0.1:{free_port()}"
    ignoring = ["sh", "-c", """trap '' HUP INT; exec "$@" """, "sh", sys.executable, "-m", "queuectl_cli.main", *words]
    process = subprocess.Popen(
        ignoring, env=clean_environment(data_dir=tmp_path, bind=address, api_processes=1), stderr=subprocess.DEVNULL
    )
    try:
        with opened(tmp_path / "queue.db") as store:
            [worker] = eventually(store.workers.all)
        assert {signal.SIGHUP, signal.SIGINT} <= ignored(process.pid)
        assert {signal.SIGHUP, signal.SIGINT} <= ignored(worker.pid)
    finally:
        process.terminate()
        assert process.wait() == 0


def ignored(pid: int) -> set[int]:
    """The signals that the process ignores."""
    status = Path(f"/proc/{pid}/status").read_text()
    [mask] = re.findall(r"^SigIgn:\s+(\w+)$", status, re.MULTILINE)
    return {number for number in range(1, 65) if int(mask, 16) >> (number - 1) & 1}


def test_an_unreachable_api_is_exit_status_3(queuectl: Queuectl) -> None:
    url = f"http://127.0.0.1:{free_port()}"
    for words in (["status"], ["enqueue", "--", "true"], ["logs", "x"], ["wait", "x"]):
        done = queuectl("--url", url, *words)
        assert (done.status, done.out) == (3, "")
        assert f"cannot reach the API at {url} (Connection refused): start it with 'queuectl up'" in done.err
    assert queuectl("status", "--url", "nonsense").status == 2


def test_another_server_is_recognized(queuectl: Queuectl, tmp_path: Path) -> None:
    port = free_port()
    server = subprocess.Popen(
        ["python3", "-m", "http.server", str(port), "--bind", "127.0.0.1"], cwd=tmp_path, stderr=subprocess.DEVNULL
    )
    try:
        eventually(lambda: queuectl("--url", f"http://127.0.0.1:{port}", "status").status != 3)
        done = queuectl("--url", f"http://127.0.0.1:{port}", "status")
        assert "is not from the QueueCTL API: check --url" in done.err
    finally:
        server.terminate()
        server.wait()


def test_usage_errors_are_exit_status_2_with_a_hint(queuectl: Queuectl) -> None:
    done = queuectl("lits")
    assert done.status == 2
    assert "Did you mean 'list'?" in done.err
    assert queuectl("list", "--limit", "0").status == 2
    assert queuectl("list", "--nope").status == 2


def test_a_closed_pipe_is_no_error_message(system: System) -> None:
    script = f"{BIN}/queuectl config list | true"
    done = subprocess.run(["sh", "-c", script], env=clean_environment(url=system.url), capture_output=True, text=True)
    assert done.stderr == ""


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_is_offered_for_shells(queuectl: Queuectl, shell: str) -> None:
    variable = {"bash": "complete_bash", "zsh": "complete_zsh", "fish": "complete_fish"}[shell]
    words = {"COMP_WORDS": "queuectl wor", "COMP_CWORD": "1", "_TYPER_COMPLETE_ARGS": "queuectl wor",
             "_TYPER_COMPLETE_FISH_ACTION": "get-args"}  # fmt: skip
    assert "worker" in queuectl(env={"_QUEUECTL_COMPLETE": variable} | words).out


def test_the_whole_system_comes_up_and_goes_down(tmp_path: Path) -> None:
    address = f"127.0.0.1:{free_port()}"
    environment = clean_environment(data_dir=tmp_path, bind=address, api_processes=1, url=f"http://{address}")

    def queuectl(*words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run([BIN / "queuectl", *words], env=environment, capture_output=True, text=True)

    up = queuectl("up", "--detach", "--workers", "2")
    assert (up.returncode, up.stderr) == (0, "")
    assert f"http://{address}/api/docs" in up.stdout
    try:
        assert queuectl("status").stdout.startswith("Workers: 2\n")
        assert "already running" in queuectl("up").stderr
        assert queuectl("run", "--", "echo", "hello").stdout == "hello\n"
        stopped = queuectl("worker", "stop")
        assert stopped.stderr.count("has stopped") == 2
        assert queuectl("status").stdout.startswith("Workers: 0\n"), "stopped workers are not restarted"
    finally:
        assert queuectl("down").stderr == "the system has stopped\n"
    assert queuectl("down").stderr == "the system is not running\n"


def test_a_service_that_dies_is_started_again(tmp_path: Path) -> None:
    address = f"127.0.0.1:{free_port()}"
    environment = clean_environment(data_dir=tmp_path, bind=address, api_processes=1, url=f"http://{address}")
    system = System(f"http://{address}", tmp_path)
    subprocess.run([BIN / "queuectl", "up", "--detach"], env=environment, check=True, capture_output=True)
    try:
        [first] = system.get("/api/workers")["items"]
        os.kill(first["pid"], signal.SIGKILL)
        job = system.enqueue("true")
        system.in_state(job, "completed")
    finally:
        subprocess.run([BIN / "queuectl", "down"], env=environment, check=True, capture_output=True)


def test_no_process_is_left_if_the_supervisor_is_killed(tmp_path: Path) -> None:
    address = f"127.0.0.1:{free_port()}"
    environment = clean_environment(data_dir=tmp_path, bind=address, url=f"http://{address}")
    system = System(f"http://{address}", tmp_path)
    subprocess.run([BIN / "queuectl", "up", "--detach"], env=environment, check=True, capture_output=True)
    [worker] = system.get("/api/workers")["items"]
    os.kill(int((tmp_path / "up.pid").read_text()), signal.SIGKILL)
    eventually(lambda: not is_alive(worker["pid"]) and not is_ready(system.url))
    assert subprocess.run([BIN / "queuectl", "up", "--detach"], env=environment, check=False).returncode == 0
    subprocess.run([BIN / "queuectl", "down"], env=environment, check=True, capture_output=True)


def test_a_port_in_use_is_named(system: System, tmp_path: Path) -> None:
    address = system.url.removeprefix("http://")
    done = subprocess.run(
        [BIN / "queuectl", "up"], env=clean_environment(data_dir=tmp_path, bind=address), capture_output=True, text=True
    )
    assert done.returncode == 1
    assert f"cannot listen on {address} (Address already in use): set QUEUECTL_BIND" in done.stderr
