"""Commands in the worker's container: attacks, each really tried, that must fail, and everyday work."""

import json
import os
import re
import shlex
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from tests.import_paths import is_ours, writable
from tests.lacking import lacking
from tests.running import eventually
from tests.stack.conftest import CONTAINERS
from tests.stack.stacks import WORKERS, Containers, docker
from tests.system import System

pytestmark = pytest.mark.parametrize("stack", [CONTAINERS], indirect=True)

SLOTS = 4
FIRST_UID = 20_000

# Process 1 is the guard, $PPID the worker, $OTHER another running job.
DENIED = "denied|not permitted"
ATTACKS = {
    "read the database": ("cat /data/queue.db", DENIED),
    "write to the database": ("echo >>/data/queue.db", DENIED),
    "read the token file": ("cat /data/token", DENIED),
    "list what the queue has": ("ls -R /data", DENIED),
    "read the output of others": ("cat /data/logs/000000/1-1.log", DENIED),
    "read the guard's environment": ("cat /proc/1/environ", DENIED),
    "read the guard's memory": ("head -c 1 /proc/1/mem", DENIED),
    "open the guard's files": ("ls /proc/1/fd/", DENIED),
    "read the worker's environment": ("cat /proc/$PPID/environ", DENIED),
    "read the worker's memory": ("head -c 1 /proc/$PPID/mem", DENIED),
    "open the worker's files": ("ls /proc/$PPID/fd/", DENIED),
    "read another job's environment": ("cat /proc/$OTHER/environ", DENIED),
    "read another job's memory": ("head -c 1 /proc/$OTHER/mem", DENIED),
    "write into another job's output": ("echo >/proc/$OTHER/fd/1", DENIED),
    "kill the guard": ("kill -KILL 1", DENIED),
    "kill the worker": ("kill -KILL $PPID", DENIED),
    "stop the worker": ("kill -STOP $PPID", DENIED),
    "kill another job": ("kill -KILL $OTHER", DENIED),
    "become root by su": ("su -c id", "su: "),
    "become root by a system call": ("python3 -c 'import os; os.setuid(0)'", DENIED),
    "become the queue's user": ("python3 -c 'import os; os.setuid(10001)'", DENIED),
    "become root of a namespace": ("unshare --user --map-root-user id", DENIED),
    "mount": ("mount -t tmpfs none /tmp", f"{DENIED}|must be superuser"),
    "change a program": ("echo >/app/bin/queuectl-worker", f"{DENIED}|Read-only"),
    "write outside of /tmp": ("touch /var/tmp/anything", "Read-only"),
    "find the API": ("getent hosts api || { echo unknown; false; }", "unknown"),
    "find the page": ("getent hosts frontend || { echo unknown; false; }", "unknown"),
}
CONNECT = """
import socket, sys
for address in sys.argv[1:]:
    host, port = address.rsplit(":", 1)
    try:
        socket.create_connection((host, int(port)), 2)
    except OSError as fault:
        print(address, "closed:", fault)
    else:
        print(address, "open")
"""
LISTEN = """
import socket
listening = socket.create_server(("0.0.0.0", 0))
print(f"{socket.gethostbyname(socket.gethostname())}:{listening.getsockname()[1]}", flush=True)
while True:
    listening.accept()
"""
# Each planted module records the uid that imports it.
PLANT = """
import os, pathlib, sys
for name in {*sys.stdlib_module_names, "queuectl_core", "queuectl_worker"}:
    os.makedirs(f"/tmp/{name}")
    pathlib.Path("/tmp", name, "__init__.py").write_text(
        "import os; os.open(f'/tmp/imported-by-{os.getuid()}', os.O_CREAT)"
    )
"""
MAKE_QUEUE = "import ctypes, os; assert ctypes.CDLL(None).mq_open(b'/left', os.O_CREAT | os.O_RDWR, 0o600, None) >= 0"
TAKE_ALL_MEMORY = "held = [bytearray(1 << 20) for _ in range(1 << 20)]"
FORK_BOMB = """
import os
while True:
    try:
        if os.fork() == 0:
            os.setsid()
    except OSError as fault:
        os.write(1, f"{fault}\\n".encode())
"""


@contextmanager
def beside(system: System, command: str) -> Iterator[dict[str, str]]:
    """Run a command in every worker, with slots left for others; yields its output → worker."""
    jobs = [system.enqueue(command) for _ in range(SLOTS * (WORKERS - 1) + 1)]
    try:
        yield {first_line(system, job): system.job(job)["worker"] for job in jobs}
    finally:
        for job in jobs:
            system.queuectl("cancel", job)
        for job in jobs:
            system.in_state(job, "cancelled")


def first_line(system: System, job_id: str) -> str:
    """Wait for a job's first line of output; returns it."""
    return eventually(lambda: line if (line := system.log(job_id)).endswith("\n") else "").splitlines()[0]


def run(system: System, command: str, **fields: Any) -> tuple[dict[str, Any], str]:
    """Run a job without retries until it ends; returns it and its output."""
    job_id = system.enqueue(command, max_retries=0, **fields)
    eventually(lambda: system.job(job_id)["state"] in ("completed", "dead"))
    return system.job(job_id), system.log(job_id)


def workers(system: System) -> set[str]:
    """The ids of live workers; a restarted worker has a new one."""
    return {worker["id"] for worker in system.get("/api/workers")["items"]}


@pytest.fixture
def others(system: System) -> Iterator[dict[str, str]]:
    """The process id of a command, by worker."""
    with beside(system, "echo $QUEUECTL_WORKER $$; exec sleep 600") as said:
        yield dict(line.split() for line in said)


def test_no_attack_of_a_command_works_and_each_says_so(system: System, others: dict[str, str]) -> None:
    alive = workers(system)
    assert others.keys() == alive
    find_other = (
        "case $QUEUECTL_WORKER in " + " ".join(f"{name}) OTHER={pid};;" for name, pid in others.items()) + " esac\n"
    )
    jobs = {name: run(system, find_other + command) for name, (command, _) in ATTACKS.items()}
    worked = {
        name: (job["state"], printed)
        for name, (job, printed) in jobs.items()
        if job["state"] != "dead" or not re.search(ATTACKS[name][1], printed, re.IGNORECASE)
    }
    assert worked == {}
    assert workers(system) == alive


def test_no_service_imports_a_module_that_a_command_has_planted(stack: Containers, system: System) -> None:
    job, printed = run(system, shlex.join(["python3", "-I", "-c", PLANT]))
    assert job["state"] == "completed", printed
    [container] = [found for found in stack.containers("worker") if job["worker"].startswith(found[:12])]
    try:
        check = json.loads(docker("inspect", "-f", "{{json .Config.Healthcheck.Test}}", container))
        docker("exec", container, *check[1:])
        gives_up = f"/data/queue.workers/{job['worker']}"
        docker("exec", "--user", "queuectl", container, "rm", gives_up)
        eventually(lambda: job["worker"] not in (now := workers(system)) and len(now) == WORKERS)
        assert docker("exec", container, "sh", "-c", "ls -d /tmp/imported-by-* || true") == ""
    finally:
        docker("restart", container)  # which empties its /tmp
        eventually(lambda: len(workers(system)) == WORKERS)


@pytest.mark.parametrize("service", ["api", "worker"])
def test_no_service_has_a_directory_on_its_import_path_that_a_command_can_write_to(
    stack: Containers, service: str
) -> None:
    if os.getuid() != 0:
        lacking("only root can look into the processes of a container")
    for container in stack.containers(service):
        found = [pid for pid in map(int, docker("top", container, "-eo", "pid").split()[1:]) if is_ours(pid)]
        assert len(found) >= 2
        assert {pid: writable(pid, FIRST_UID) for pid in found} == {pid: [] for pid in found}


def test_a_command_reaches_neither_the_other_services_nor_another_worker(stack: Containers, system: System) -> None:
    services = [f"{address}:{port}" for service, port in (("api", 8000), ("frontend", 8080))
                for address in stack.addresses(service)]  # fmt: skip
    with beside(system, python(LISTEN)) as listening:
        job, printed = run(system, python(CONNECT, *listening, *services))
    opened = {line.split()[0] for line in printed.splitlines() if line.endswith(" open")}
    assert opened == {address for address, worker in listening.items() if worker == job["worker"]} != set()


def python(script: str, *words: str) -> str:
    return shlex.join(["python3", "-c", script, *words])


def test_a_fork_bomb_that_leaves_its_session_takes_no_worker_with_it(stack: Containers, system: System) -> None:
    alive = workers(system)
    job, printed = run(system, python(FORK_BOMB), timeout=2)
    assert job["error"] == "timed out after 2 s"
    assert "Resource temporarily unavailable" in printed
    eventually(lambda: not commands(stack))
    assert all(run(system, "echo fine")[1] == "fine\n" for _ in range(SLOTS * WORKERS))
    assert workers(system) == alive


def kernel_objects(container: str) -> list[str]:
    """Shared memory, message queues and semaphores in a container, one line each."""
    return docker("exec", container, "sh", "-c", "tail -q -n +2 /proc/sysvipc/*; ls /dev/mqueue").splitlines()


def test_memory_that_no_process_holds_is_little_and_goes_with_its_job(stack: Containers, system: System) -> None:
    job, printed = run(system, "ipcmk -M 65M")
    assert job["state"] == "dead" and "No space left" in printed
    for _ in range(WORKERS):
        job, printed = run(system, f"ipcmk -M 8M && ipcmk -Q && ipcmk -S 3 && {python(MAKE_QUEUE)}")
        assert job["state"] == "completed", printed
    eventually(lambda: not any(kernel_objects(worker) for worker in stack.containers("worker")))


@pytest.mark.parametrize("score", ["500", "0"])
def test_a_command_that_takes_all_memory_takes_no_worker_with_it(system: System, score: str) -> None:
    alive = workers(system)
    job, printed = run(system, f"echo {score} >/proc/self/oom_score_adj; exec {python(TAKE_ALL_MEMORY)}")
    assert (job["state"], job["error"]) == ("dead", "killed by SIGKILL"), printed
    assert workers(system) == alive


def commands(stack: Containers) -> list[str]:
    """The processes of commands in all workers, or error messages if no process can be started to list them."""
    finding = ["find", "/proc", "-maxdepth", "1", "-name", "[0-9]*", "-uid", f"+{FIRST_UID - 1}"]
    found = []
    for worker in stack.containers("worker"):
        looked = subprocess.run(["docker", "exec", worker, *finding], capture_output=True, text=True, check=False)
        found += looked.stdout.split()
        if looked.returncode not in (0, 1):  # 1: one has just ended
            found.append(looked.stderr)
    return found


def test_what_commands_do_every_day_they_can_do_here(system: System) -> None:
    script = """
    set -e
    [ "$HOME" = "$TMPDIR" ] && [ "$PWD" = "$HOME" ] && [ -O . ] && stat -c %a .
    [ "$(whoami)" = "command-$(id -u)" ] && python3 -c 'import getpass; print(getpass.getuser()[:7])'
    printf '#!/bin/sh\necho a script of my own\n' >/tmp/$QUEUECTL_JOB_ID && chmod +x /tmp/$QUEUECTL_JOB_ID
    /tmp/$QUEUECTL_JOB_ID && rm /tmp/$QUEUECTL_JOB_ID
    seq 3 | sort -r | tee -a /dev/stderr | wc -l
    echo at the end >>/dev/stderr
    """
    job, printed = run(system, script)
    assert job["state"] == "completed", printed
    assert printed == "700\ncommand\na script of my own\n3\n2\n1\n3\nat the end\n"


def test_what_a_command_leaves_in_tmp_goes_with_it(stack: Containers, system: System) -> None:
    leave = """
    head -c 2000000 /dev/zero >here; mkdir /tmp/$QUEUECTL_JOB_ID; touch /tmp/$QUEUECTL_JOB_ID/there /dev/shm/memory
    chmod 0 /tmp/$QUEUECTL_JOB_ID
    """
    job, printed = run(system, leave)
    assert (job["state"], printed) == ("completed", "")
    assert job["history"][0]["note"] == "3 files, 2 MB: use --cwd on a mount to keep them"
    for worker in stack.containers("worker"):
        assert docker("exec", worker, "sh", "-c", f"ls -d /tmp/{job['id']} /dev/shm/memory || true") == ""


def test_a_module_that_one_job_plants_is_not_imported_by_the_next(system: System) -> None:
    plant = "printf 'print(\"planted\")' | tee json.py $TMPDIR/json.py /tmp/json.py >/dev/null"
    for _ in range(SLOTS * WORKERS):
        assert run(system, plant)[0]["state"] == "completed"
    assert run(system, "python3 -c 'import json; print(json.__name__)'")[1] == "json\n"


@pytest.mark.parametrize("how", ["ends", "is cancelled", "times out"])
def test_what_a_command_has_started_ends_when_it(stack: Containers, system: System, how: str) -> None:
    left = "env -i setsid sleep 600 & (setsid sleep 600 &); echo started"
    rest, timeout = "true" if how == "ends" else "sleep 600", 1 if how == "times out" else 60
    job_id = system.enqueue(f"{left}; {rest}", max_retries=0, timeout=timeout)
    assert first_line(system, job_id) == "started"
    if how == "is cancelled":
        system.queuectl("cancel", job_id)
    system.in_state(job_id, {"ends": "completed", "is cancelled": "cancelled", "times out": "dead"}[how])
    eventually(lambda: not commands(stack))


def test_each_container_is_given_no_more_than_it_needs(stack: Containers) -> None:
    needed = {"api": [], "frontend": ["NET_BIND_SERVICE"], "worker": ["KILL", "SETGID", "SETUID"]}
    for service, capabilities in needed.items():
        for container in stack.containers(service):
            [found] = json.loads(docker("inspect", container))
            host = found["HostConfig"]
            assert (host["ReadonlyRootfs"], host["CapDrop"], host["Privileged"]) == (True, ["ALL"], False)
            assert sorted(host["CapAdd"] or []) == capabilities
            assert host["SecurityOpt"] == ["no-new-privileges:true"]
            assert host["PidsLimit"] > 0 and host["Memory"] > 0
            assert {mount["Destination"] for mount in found["Mounts"]} == (
                set() if service == "frontend" else {"/data"}
            )
            published = [port for ports in (host["PortBindings"] or {}).values() for port in ports]
            assert [port["HostIp"] for port in published] == ([] if service == "worker" else ["127.0.0.1"])
            assert "0" not in docker("top", container, "-eo", "uid,pid").split()[2::2]
