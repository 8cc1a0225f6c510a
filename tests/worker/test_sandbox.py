"""A sandboxed command can read the system, but not change or reach it. Without a sandbox it does not run."""

import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from queuectl_core.model.state import State
from tests.lacking import lacking
from tests.running import eventually
from tests.worker.bench import Bench, is_alive

Start = Callable[..., subprocess.Popen[bytes]]


@pytest.fixture
def directory() -> Iterator[Path]:
    """A directory outside those that are empty in every sandbox, if this user can create one."""
    with tempfile.TemporaryDirectory(prefix="queuectl-", dir="/srv" if os.access("/srv", os.W_OK) else None) as made:
        yield Path(made)


@pytest.fixture
def sandboxing(start: Start) -> subprocess.Popen[bytes]:
    """A worker on a machine where bubblewrap works."""
    probe = ["bwrap", "--unshare-all", "--unshare-user", "--ro-bind", "/", "/", "--proc", "/proc", "true"]
    if shutil.which("bwrap") is None or subprocess.run(probe, capture_output=True, check=False).returncode:
        lacking("bubblewrap is not installed here, or may not make namespaces")
    return start()


def test_a_sandboxed_command_runs_like_any_other(bench: Bench, sandboxing: subprocess.Popen[bytes]) -> None:
    job = bench.run(
        'pwd; echo "$GREETING $QUEUECTL_JOB_ID"; echo error >&2; cat; exit 3',
        sandbox=True,
        env={"GREETING": "hello  'world'\n."},
        cwd="/usr",
    )
    assert bench.output(job).decode() == f"/usr\nhello  'world'\n. {job.id}\nerror\n"
    assert (job.state, job.exit_code, job.error) == (State.DEAD, 3, "exit status 3")
    assert bench.output(bench.run("echo error >>/dev/stderr", sandbox=True)) == b"error\n"


def test_the_config_can_sandbox_all_commands(bench: Bench, sandboxing: subprocess.Popen[bytes]) -> None:
    assert bench.run("echo x >/var/lib/x; rm /var/lib/x").error is None, "without a sandbox it can"
    bench.store.config.set("sandbox", 1)
    assert bench.run("echo x >/var/lib/x", sandbox=False).state is State.DEAD


def test_a_sandbox_has_its_own_tmp_and_home(bench: Bench, sandboxing: subprocess.Popen[bytes]) -> None:
    name = f"queuectl-{bench.directory.name}"
    both = 'for d in /tmp /var/tmp "$HOME" /dev/shm; do'
    job = bench.run(f'{both} ls "$d/{name}"; echo mine >"$d/{name}"; cat "$d/{name}"; done', sandbox=True)
    assert (job.state, bench.output(job).count(b"mine\n")) == (State.COMPLETED, 4)
    for directory in ("/tmp", "/var/tmp", os.environ["HOME"], "/dev/shm"):
        assert not Path(directory, name).exists()


# What it must not do


def attack(bench: Bench, command: str, **fields: object) -> str:
    """The output of a command that must not succeed."""
    job = bench.run(f"{command} && echo got through", sandbox=True, **fields)
    printed = bench.output(job).decode(errors="replace")
    assert "got through" not in printed
    assert job.state is State.DEAD
    return printed


def test_database_logs_and_token_are_hidden(bench: Bench, sandboxing: subprocess.Popen[bytes]) -> None:
    (bench.directory / "token").write_text("queuectl_secret")
    bench.run("seq 200")  # too long for a row, so that there is a log
    for path in ("queue.db", "token", "logs", "queue.workers"):
        assert bench.run(f"ls {bench.directory / path}").state is State.COMPLETED, "without a sandbox it can"
        assert "No such file" in attack(bench, f"ls {bench.directory / path}")


@pytest.mark.parametrize(("variable", "login"), [("HOME", ".config/queuectl"), ("XDG_CONFIG_HOME", "queuectl")])
def test_a_login_of_the_command_line_is_hidden(
    bench: Bench, start: Start, monkeypatch: pytest.MonkeyPatch, variable: str, login: str
) -> None:
    with tempfile.TemporaryDirectory(dir=bench.directory.parent) as home:
        (Path(home) / login).mkdir(parents=True)
        (Path(home) / login / "login.json").write_text("queuectl_secret")
        monkeypatch.setenv(variable, home)
        start()
        assert bench.run(f"cat {home}/{login}/login.json").state is State.COMPLETED
        assert "No such file" in attack(bench, f"cat {home}/{login}/login.json")


def test_sockets_of_the_host_cannot_be_reached(bench: Bench, sandboxing: subprocess.Popen[bytes]) -> None:
    for path in ("/run/docker.sock", "/var/run/docker.sock", "/run/dbus", "/run/systemd", "/run/user"):
        assert "No such file" in attack(bench, f"ls {path}")
    name = f"queuectl-{os.getpid()}"
    connect = f"python3 -c 'import socket; socket.socket(socket.AF_UNIX).connect(\"\\0{name}\")'"
    with socket.socket(socket.AF_UNIX) as abstract:
        abstract.bind(f"\0{name}")
        abstract.listen()
        assert bench.run(connect).state is State.COMPLETED, "without a sandbox it can"
        assert "refused" in attack(bench, connect)


def test_there_is_no_network(bench: Bench, sandboxing: subprocess.Popen[bytes]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        connect = f"python3 -c 'import socket; socket.create_connection((\"127.0.0.1\", {server.getsockname()[1]}))'"
        assert bench.run(connect).state is State.COMPLETED, "without a sandbox it can"
        assert "refused" in attack(bench, connect)
    assert "unreachable" in attack(bench, "python3 -c 'import socket; socket.create_connection((\"192.0.2.1\", 80))'")


@pytest.mark.parametrize("path", ["/x", "/usr/bin/x", "/etc/x", "/var/lib/x", "/opt/x", "/sys/x", "/proc/x"])
def test_nothing_can_be_written(bench: Bench, sandboxing: subprocess.Popen[bytes], path: str) -> None:
    attack(bench, f"echo x >{path}")
    assert not Path(path).exists()


def test_the_kernel_cannot_be_changed(bench: Bench, sandboxing: subprocess.Popen[bytes]) -> None:
    setting = "/proc/sys/vm/swappiness"
    attack(bench, f"cat {setting} >{setting}")
    attack(bench, "echo h >/proc/sysrq-trigger")


@pytest.mark.parametrize("way", ["umount", "umount --lazy", "mount -o remount,rw", "mount -o remount,bind,rw"])
@pytest.mark.parametrize("unshared", ["", "unshare --map-root-user --mount "])
def test_mounts_that_hide_or_protect_cannot_be_changed(
    bench: Bench, sandboxing: subprocess.Popen[bytes], way: str, unshared: str
) -> None:
    for path in ("/", "/run", str(bench.directory)):
        attack(bench, f"{unshared}{way} {path}")


def test_other_processes_cannot_be_seen_or_signalled(bench: Bench, sandboxing: subprocess.Popen[bytes]) -> None:
    job = bench.run("ls /proc | grep -c '^[0-9]'; kill -9 -1", sandbox=True)
    assert int(bench.output(job).split()[0]) <= 5
    assert "No such process" in attack(bench, f"kill -9 {sandboxing.pid}")
    attack(bench, f"cat /proc/{sandboxing.pid}/environ")
    assert is_alive(sandboxing.pid)
    assert bench.run("true", sandbox=True).state is State.COMPLETED


@pytest.mark.parametrize("variable", ["LD_PRELOAD", "LD_AUDIT", "LD_LIBRARY_PATH"])
def test_the_jobs_environment_does_not_reach_bubblewrap(
    bench: Bench, sandboxing: subprocess.Popen[bytes], variable: str
) -> None:
    """Otherwise a library of the job would run outside the sandbox, and its secrets would be in the process list."""
    mark = f": {bench.directory}; echo ready; sleep 600"
    job_id = bench.enqueue(mark, env={variable: "/proc/secret"}, sandbox=True)
    job = bench.in_state(job_id, State.PROCESSING)
    eventually(lambda: b"ready" in bench.output(job))
    found = subprocess.run(["pgrep", "-f", f"bwrap.*{mark}"], capture_output=True, text=True, check=True)
    processes = [Path("/proc", pid) for pid in found.stdout.split()]
    assert len(processes) == 2
    for process in processes:
        assert b"/proc/secret" not in (process / "environ").read_bytes() + (process / "cmdline").read_bytes()
    bench.store.actions.cancel(job_id)
    bench.in_state(job_id, State.CANCELLED)


def test_the_error_names_a_hidden_working_directory(bench: Bench, sandboxing: subprocess.Popen[bytes]) -> None:
    directory = str(bench.directory / "work")
    (bench.directory / "work").mkdir()
    job = bench.run("touch x", cwd=directory, sandbox=True)
    assert job.error == (
        f"could not be started: the sandbox hides the directory {directory}: choose another one, or no sandbox"
    )


# It ends like any other command


def test_a_sandboxed_command_can_clean_up_when_it_is_cancelled(bench: Bench, start: Start, sandboxing: object) -> None:
    job_id = bench.enqueue("trap 'echo tidied; exit 0' TERM; echo ready; while :; do sleep 0.05; done", sandbox=True)
    job = bench.in_state(job_id, State.PROCESSING)
    eventually(lambda: bench.output(job) == b"ready\n")
    bench.store.actions.cancel(job_id)
    assert bench.in_state(job_id, State.CANCELLED).exit_code == 0
    assert bench.output(job).endswith(b"tidied\n")


SIGNED = "sleep 31536{number} & (setsid sleep 31536{number} &); {then}"


def alive(number: int) -> bool:
    return subprocess.run(["pgrep", "-f", f"^sleep 31536{number}$"], capture_output=True, check=False).returncode == 0


@pytest.mark.parametrize(
    ("then", "fields", "error"),
    [
        ("trap '' TERM; sleep 600; sleep 600", {"timeout": 0.5}, "timed out after 0.5 s"),
        ("exit 4", {}, "exit status 4"),
        ("kill -9 $$", {}, "exit status 137"),
        ("for n in 1 2 3; do sleep 600 & done; sleep 600", {"limits": {"processes": 5}}, "had more than 5 processes"),
    ],
)
def test_no_process_of_it_is_left(
    bench: Bench, sandboxing: subprocess.Popen[bytes], then: str, fields: dict[str, object], error: str
) -> None:
    number = os.getpid()
    job = bench.run(SIGNED.format(number=number, then=then), sandbox=True, **fields)
    assert job.error == error
    eventually(lambda: not alive(number))


def test_a_sandboxed_command_dies_with_its_worker(bench: Bench, sandboxing: subprocess.Popen[bytes]) -> None:
    number = os.getpid()
    bench.enqueue(SIGNED.format(number=number, then="sleep 600"), sandbox=True)
    eventually(lambda: alive(number))
    sandboxing.kill()
    sandboxing.wait()
    eventually(lambda: not alive(number))


def test_usage_in_a_sandbox_is_measured(bench: Bench, sandboxing: subprocess.Popen[bytes]) -> None:
    use = 'held = b"x" * (80 << 20); import time\nwhile time.process_time() < 0.3: pass'
    [attempt] = bench.history(bench.run(f"python3 -c '{use}'", sandbox=True))
    assert attempt.cpu_seconds is not None and attempt.memory_bytes is not None
    assert 0.3 <= attempt.cpu_seconds < 5
    assert 80 << 20 < attempt.memory_bytes < 200 << 20


@pytest.mark.parametrize(
    ("limits", "command", "error"),
    [
        ({"processes": 2}, "sleep 600 & sleep 600; wait", "had more than 2 processes"),
        ({"processes": 3}, "sleep 0.5 & sleep 0.5; wait", None),
        ({"file_size": 1 << 20}, "head -c 2000000 /dev/zero >/tmp/x", "wrote a file larger than 1 MiB"),
        ({"cpu": 1}, "while :; do :; done", "used more than 1 s of CPU time"),
        (
            {"memory": 64 << 20},
            "python3 -c 'held = b\"x\" * (90 << 20); import time; time.sleep(600)'",
            "used more memory than its limit of 64 MiB",
        ),
    ],
)
def test_limits_apply_in_a_sandbox(
    bench: Bench, sandboxing: object, limits: dict[str, float], command: str, error: str | None
) -> None:
    assert bench.run(command, sandbox=True, limits=limits).error == error


# If no sandbox is available


def test_without_bubblewrap_the_job_fails_with_the_reason(
    bench: Bench, start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    bin_of_the_worker = bench.directory / "bin"
    bin_of_the_worker.mkdir()
    monkeypatch.setenv("PATH", str(bin_of_the_worker))
    start()
    job = bench.run("echo ran", sandbox=True)
    assert job.error == (
        "could not be started: the sandbox is unavailable: bubblewrap (bwrap) is not installed on"
        f" {socket.gethostname()}: install it; in a container it usually cannot work, so let a worker on a host"
        " take this queue"
    )
    assert bench.output(job) == b""
    assert bench.run("echo ran").state is State.COMPLETED, "other jobs run"


def test_without_user_namespaces_the_job_fails_with_the_reason(
    bench: Bench, start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As in a container whose engine forbids namespaces."""
    bwrap = bench.directory / "bin" / "bwrap"
    bwrap.parent.mkdir()
    bwrap.write_text("#!/bin/sh\necho 'bwrap: No permissions to create new namespace' >&2\nexit 1\n")
    bwrap.chmod(0o755)
    monkeypatch.setenv("PATH", f"{bwrap.parent}:{os.environ['PATH']}")
    start()
    job = bench.run("echo ran", sandbox=True)
    assert job.error is not None
    assert "cannot create namespaces" in job.error
    assert "(bwrap: No permissions to create new namespace)" in job.error
    assert "allow unprivileged user namespaces" in job.error
    assert bench.output(job) == b""
