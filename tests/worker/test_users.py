"""Commands as Unix users of their own: each can affect only its own files and processes."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from queuectl_core.model.attempt import Outcome
from queuectl_core.model.state import State
from tests.lacking import lacking
from tests.running import BIN, ROOT, clean_environment, eventually
from tests.worker.bench import Bench, is_alive, kill_guard_and_worker, worker_pid

Start = Callable[..., subprocess.Popen[bytes]]

# Different from those of containers on this machine, and of tests in other processes.
FIRST = 100_000 + 10_000 * (os.getpid() % 200_000)
WORKER = 10_001
# The last one is for the test: the virtual environment may be in a directory that only its owner can enter.
CAPABILITIES = "-all,+setuid,+setgid,+kill,+dac_read_search"
AS_WORKER = [
    *("setpriv", f"--reuid={WORKER}", f"--regid={WORKER}", "--clear-groups"),
    *(f"--inh-caps={CAPABILITIES}", f"--ambient-caps={CAPABILITIES}"),
]

SETSID_WITHOUT_MARKS = "env -i setsid /bin/sh -c 'echo $$; exec sleep 600' & sleep 0.3"
READY = "echo ready; exec sleep 600"


@pytest.fixture
def isolated(bench: Bench, start: Start) -> Start:
    """Starts workers whose commands are users of their own."""
    if os.getuid() != 0:
        lacking("only root can hand on capabilities")
    bench.ended(cancelled(bench))  # all files exist now
    for path in [bench.directory, *bench.directory.rglob("*")]:
        shutil.chown(path, WORKER, WORKER)
    bench.directory.chmod(0o750)
    return lambda **settings: start(*AS_WORKER, command_uids=FIRST, **{"drain_grace": 0} | settings)


def cancelled(bench: Bench) -> str:
    job_id = bench.enqueue("true")
    bench.store.actions.cancel(job_id)
    return job_id


def printed(bench: Bench, command: str, **fields: object) -> str:
    return bench.output(bench.run(command, **fields)).decode()


def running(bench: Bench, command: str = READY, **fields: object) -> tuple[str, str]:
    """Start a job; returns its id and its first line of output."""
    job_id = bench.enqueue(command, **fields)
    job = bench.in_state(job_id, State.PROCESSING)
    eventually(lambda: b"\n" in bench.output(job))
    return job_id, bench.output(job).decode().splitlines()[0]


def test_a_command_is_a_user_without_capabilities_groups_or_the_workers_home(bench: Bench, isolated: Start) -> None:
    isolated(concurrency=2)
    lines = printed(
        bench,
        "id -u; id -g; id -G; umask; echo -$USER-$LOGNAME-; test -w $HOME; echo $?; grep Cap.*: /proc/self/status",
    )
    uid, gid, groups, umask, names, home, *capabilities = lines.splitlines()
    assert int(uid) in range(FIRST, FIRST + 2)
    assert (gid, groups, umask, names, home) == (str(FIRST), str(FIRST), "0002", "---", "0")
    inheritable, permitted, effective, _bounding, ambient = (line.split()[1] for line in capabilities)
    assert {inheritable, permitted, effective, ambient} == {"0" * 16}


IPC = "{ ipcmk -M 1M && ipcmk -Q && ipcmk -S 3; }"


def test_ipc_objects_of_a_command_are_removed_when_it_has_ended(bench: Bench, isolated: Start) -> None:
    isolated(concurrency=1)
    job = bench.run(f"{IPC} && id -u")
    *created, uid = bench.output(job).decode().splitlines()
    assert len(created) == 3
    eventually(lambda: uid not in ipc_creators())


def test_ipc_objects_of_a_running_command_are_kept(bench: Bench, isolated: Start) -> None:
    isolated(concurrency=2)
    other = running(bench, f"{IPC} >/dev/null; id -u; exec sleep 600")[1]
    uid = printed(bench, f"{IPC} >/dev/null; id -u").strip()
    eventually(lambda: uid not in ipc_creators())
    assert ipc_creators().count(other) == 3


def ipc_creators() -> list[str]:
    """The creator's uid of each System V IPC object on this machine."""
    tables = [path.read_text().splitlines() for path in Path("/proc/sysvipc").iterdir()]
    return [row.split()[head.split().index("cuid")] for head, *rows in tables for row in rows]


SCORE = "/proc/self/oom_score_adj"


@pytest.mark.parametrize("fields", [{}, {"env": {"NAME": "value"}}, {"limits": {"memory": 10**9}}])
def test_the_oom_killer_prefers_a_command_with_a_uid_to_its_worker(
    bench: Bench, isolated: Start, fields: dict[str, object]
) -> None:
    worker = isolated()
    assert printed(bench, f"cat {SCORE}; sh -c 'cat {SCORE}'", **fields).split() == ["500", "500"]
    own = (worker.pid, worker_pid(worker))
    assert [Path(f"/proc/{pid}/oom_score_adj").read_text() for pid in own] == ["0\n", "0\n"]


def test_running_commands_have_different_users(bench: Bench, isolated: Start) -> None:
    isolated(concurrency=4)
    uids = {running(bench, "id -u; exec sleep 600")[1] for _ in range(4)}
    assert uids == {str(FIRST + n) for n in range(4)}


def test_a_command_cannot_access_the_queues_files(bench: Bench, isolated: Start) -> None:
    isolated()
    secret = running(bench, "echo a secret; exec sleep 600")[0]
    log = f"{bench.directory}/logs/000000/{bench.store.jobs.get(secret).seq}-1.log"
    for reading in (f"cat {bench.directory}/queue.db", f"ls {bench.directory}", f"cat {log}", f"echo x >>{log}"):
        job = bench.run(reading)
        assert job.state is State.DEAD
        assert b"ermission denied" in bench.output(job)


@pytest.mark.parametrize("whose", ["guard", "worker", "command"])
def test_a_command_can_neither_inspect_nor_signal_another_process(bench: Bench, isolated: Start, whose: str) -> None:
    worker = isolated()
    other = int(running(bench, "echo $$; exec sleep 600", env={"SECRET": "seen"})[1])
    pid = {"guard": worker.pid, "worker": parent(other), "command": other}[whose]
    for trying in (
        f"cat /proc/{pid}/environ",
        f"head -c 1 /proc/{pid}/mem",
        f"ls /proc/{pid}/fd/",
        f"ls /proc/{pid}/root/",
        f"kill -KILL {pid}",
        f"kill -STOP {pid}",
    ):
        job = bench.run(trying)
        assert job.state is State.DEAD, trying
        assert b"ermi" in bench.output(job), bench.output(job)
    assert is_alive(pid)


def test_a_command_that_signals_all_processes_reaches_only_its_own(bench: Bench, isolated: Start) -> None:
    worker = isolated()
    other = int(running(bench, "echo $$; exec sleep 600")[1])
    assert bench.run("kill -KILL -1; echo alone").state is State.COMPLETED  # kill(2) excludes the caller
    assert is_alive(worker.pid) and is_alive(parent(other)) and is_alive(other)


def test_a_command_can_reopen_its_own_output(bench: Bench, isolated: Start) -> None:
    isolated()
    assert (
        printed(bench, "echo one >>/dev/stderr; echo two | tee -a /dev/stderr; echo three") == "one\ntwo\ntwo\nthree\n"
    )
    assert printed(bench, "echo gone; echo over >/dev/stdout") == "gone\nover\n"


def test_a_working_directory_that_the_command_cannot_enter_is_an_error(bench: Bench, isolated: Start) -> None:
    isolated()
    assert bench.run("pwd", cwd=str(bench.directory)).error == (
        f"could not be started: cannot enter the directory {bench.directory}"
    )
    assert printed(bench, "id -u").strip().isdigit()


def test_leftover_processes_are_stopped_whatever_their_environment(bench: Bench, isolated: Start) -> None:
    isolated()
    running(bench)
    left = int(printed(bench, SETSID_WITHOUT_MARKS))
    eventually(lambda: not is_alive(left))


def test_the_processes_of_a_running_command_survive_the_end_of_another(bench: Bench, isolated: Start) -> None:
    isolated()
    kept = int(running(bench, f"({SETSID_WITHOUT_MARKS} &); exec sleep 600")[1])
    left = int(printed(bench, SETSID_WITHOUT_MARKS))
    eventually(lambda: not is_alive(left))
    assert is_alive(kept)


@pytest.mark.parametrize(("how", "error"), [("timeout", "timed out after 3 s"), ("cancel", "cancelled")])
def test_timeout_and_cancel_stop_processes_that_have_left_the_session(
    bench: Bench, isolated: Start, how: str, error: str
) -> None:
    isolated()
    running(bench)
    timeout = {"timeout": 3} if how == "timeout" else {}
    job_id, pid = running(bench, f"({SETSID_WITHOUT_MARKS} &); trap '' TERM; sleep 600", **timeout)
    if how == "cancel":
        bench.store.actions.cancel(job_id)
    assert bench.ended(job_id).error == error
    eventually(lambda: not is_alive(int(pid)))


SPAWNING = f"""
import os, time
from queuectl_worker import users
from queuectl_worker.users import GATE, THROUGH_GATE, Users
users.COUNT = 2  # so that a used uid is used again soon
users = Users({FIRST})

def start(script):
    uid = users.take()
    with users.acting_as(uid) as gate:
        words = ["sh", "-c", THROUGH_GATE + script]
        pid = os.posix_spawn("/bin/sh", words, {{}}, file_actions=[(os.POSIX_SPAWN_DUP2, gate, GATE)])
        time.sleep(0.2)
    return uid, pid

"""


def as_root(script: str) -> None:
    if os.getuid() != 0:
        lacking("only root can be another user")
    subprocess.run([sys.executable, "-c", SPAWNING + script], cwd=ROOT, check=True)


def test_a_uid_is_reused_only_when_nothing_runs_under_it() -> None:
    as_root("""
first, pid = start("exec sleep 600")
users.give_back(first)
users.free({pid})
assert users.take() == first + 1
os.kill(pid, 9)
os.wait()
users.free(set())
assert users.take() == first
""")


def test_a_command_waits_until_its_worker_has_switched_back() -> None:
    as_root("""
_, pid = start("kill -KILL $PPID")
assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 1
""")


@pytest.mark.parametrize("env", [{}, {"LD_PRELOAD": "/nowhere"}])
def test_no_command_is_fast_enough_to_kill_the_worker_that_starts_it(
    bench: Bench, isolated: Start, env: dict[str, str]
) -> None:
    worker = worker_pid(isolated(concurrency=8))
    jobs = [bench.enqueue("kill -KILL $PPID", env=env) for _ in range(100)]
    assert {bench.ended(job).exit_code for job in jobs} == {1}
    assert is_alive(worker)


def test_the_next_worker_kills_what_a_killed_worker_and_guard_have_left(bench: Bench, isolated: Start) -> None:
    worker = isolated(heartbeat_timeout=1)
    job_id, pid = running(bench, f"{SETSID_WITHOUT_MARKS}; sleep 600", max_retries=1, backoff_base=0)
    kill_guard_and_worker(worker)
    assert is_alive(int(pid))
    isolated(heartbeat_timeout=1)
    eventually(lambda: not is_alive(int(pid)))
    eventually(lambda: len(bench.history(bench.store.jobs.get(job_id))) == 2)
    assert bench.history(bench.store.jobs.get(job_id))[0].outcome is Outcome.LOST


def test_reaping_a_worker_does_not_affect_the_commands_of_another(bench: Bench, isolated: Start) -> None:
    dying = isolated(concurrency=1, heartbeat_timeout=1)
    running(bench, "echo x; exec sleep 600", max_retries=1)
    isolated(concurrency=1, heartbeat_timeout=1)
    _, kept = running(bench, "echo $$; exec sleep 600")
    dying.kill()
    dying.wait()
    eventually(lambda: "was lost" in (bench.directory / "worker.log").read_text())
    assert is_alive(int(kept))


def test_a_worker_that_cannot_change_users_does_not_start(bench: Bench) -> None:
    without = [*AS_WORKER[:-1], "--ambient-caps=-all,+kill,+dac_read_search"] if os.getuid() == 0 else []
    assert refusal(bench.directory, without) == (
        f"queuectl-worker: QUEUECTL_COMMAND_UIDS={FIRST}: this process lacks CAP_SETGID, CAP_SETUID,"
        " which setpriv --ambient-caps grants; grant them, or unset it\n"
    )


def test_a_worker_whose_modules_commands_could_replace_does_not_start(bench: Bench, tmp_path: Path) -> None:
    if os.getuid() != 0:
        lacking("only root can hand on capabilities")
    modules = tmp_path / "modules"
    modules.mkdir()
    modules.chmod(0o777)
    through = [*AS_WORKER, "env", f"PYTHONPATH={modules}"]
    assert f"commands could write to {modules}, from which Python imports modules" in refusal(bench.directory, through)


def test_a_worker_whose_data_directory_is_open_to_commands_does_not_start(bench: Bench, isolated: Start) -> None:
    bench.directory.chmod(0o751)
    assert f"commands could enter {bench.directory}: chmod o= {bench.directory}" in refusal(bench.directory, AS_WORKER)


def refusal(data_dir: Path, through: list[str]) -> str:
    """The error of a worker that does not start."""
    environment = clean_environment(data_dir=data_dir, command_uids=FIRST)
    done = subprocess.run([*through, BIN / "queuectl-worker"], env=environment, capture_output=True, text=True)
    assert done.returncode == 1
    return done.stderr


def parent(pid: int) -> int:
    """The pid of its parent."""
    return int(Path(f"/proc/{pid}/status").read_text().partition("PPid:")[2].split()[0])


def test_a_sandboxed_command_has_a_user_of_its_own(bench: Bench, isolated: Start) -> None:
    if shutil.which("bwrap") is None:
        lacking("bubblewrap is not installed here")
    isolated()
    job = bench.run(f"id -u; touch $HOME/x && ls $HOME; ls {bench.directory} || echo hidden", sandbox=True)
    uid, *seen = bench.output(job).decode().splitlines()
    assert (int(uid) in range(FIRST, FIRST + 4), seen[0], job.error) == (True, "x", None)


def test_each_command_has_a_new_pipe(bench: Bench, isolated: Start) -> None:
    isolated(concurrency=1)
    pipes = [printed(bench, "stat -L -c %i /dev/stdout") for _ in range(3)]
    assert len({*pipes}) == 3, "an O_PATH descriptor of a pipe must be useless to later commands"
