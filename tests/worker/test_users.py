"""Commands as Unix users of their own: what one may do is its own business, and nothing else is."""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from queuectl_core.attempt import Outcome
from queuectl_core.state import State
from tests.lacking import lacking
from tests.running import BIN, ROOT, clean_environment, eventually
from tests.worker.bench import Bench, is_alive

Start = Callable[..., subprocess.Popen[bytes]]

# Apart from those of containers, which this machine sees as well.
FIRST = 100_000 + 10_000 * int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
WORKER = 10_001
# The last one is the test's: the virtual environment may stand where only its owner may look.
CAPABILITIES = "-all,+setuid,+setgid,+kill,+dac_read_search"
AS_WORKER = [
    *("setpriv", f"--reuid={WORKER}", f"--regid={WORKER}", "--clear-groups"),
    *(f"--inh-caps={CAPABILITIES}", f"--ambient-caps={CAPABILITIES}"),
]

SETSID_WITHOUT_MARKS = "env -i setsid /bin/sh -c 'echo $$; exec sleep 600' & sleep 0.3"
READY = "echo ready; exec sleep 600"


@pytest.fixture
def contained(bench: Bench, start: Start) -> Start:
    """Starts workers whose commands are users of their own."""
    if os.getuid() != 0:
        lacking("only root can hand on capabilities")
    bench.ended(cancelled(bench))  # all files are there now
    for path in [bench.directory, *bench.directory.rglob("*")]:
        shutil.chown(path, WORKER, WORKER)
    bench.directory.chmod(0o750)
    return lambda **settings: start(*AS_WORKER, command_uids=FIRST, **{"drain_grace": 0} | settings)


def cancelled(bench: Bench) -> str:
    job_id = bench.enqueue("true")
    bench.store.queue.cancel(job_id)
    return job_id


def printed(bench: Bench, command: str, **fields: object) -> str:
    return bench.output(bench.run(command, **fields)).decode()


def running(bench: Bench, command: str = READY, **fields: object) -> tuple[str, str]:
    """A job that runs, and the first line that it has printed."""
    job_id = bench.enqueue(command, **fields)
    job = bench.in_state(job_id, State.PROCESSING)
    eventually(lambda: b"\n" in bench.output(job))
    return job_id, bench.output(job).decode().splitlines()[0]


def test_a_command_is_a_user_without_capabilities_groups_or_the_workers_home(bench: Bench, contained: Start) -> None:
    contained(concurrency=2)
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


def test_the_kernel_objects_of_a_command_are_removed_when_it_has_ended(bench: Bench, contained: Start) -> None:
    contained(concurrency=1)
    job = bench.run(f"{IPC} && id -u")
    *created, uid = bench.output(job).decode().splitlines()
    assert len(created) == 3
    eventually(lambda: uid not in ipc_creators())


def test_the_kernel_objects_of_a_command_that_runs_are_kept(bench: Bench, contained: Start) -> None:
    contained(concurrency=2)
    other = running(bench, f"{IPC} >/dev/null; id -u; exec sleep 600")[1]
    uid = printed(bench, f"{IPC} >/dev/null; id -u").strip()
    eventually(lambda: uid not in ipc_creators())
    assert ipc_creators().count(other) == 3


def ipc_creators() -> list[str]:
    """The uid that has created it, for each object of System V IPC on this machine."""
    tables = [path.read_text().splitlines() for path in Path("/proc/sysvipc").iterdir()]
    return [row.split()[head.split().index("cuid")] for head, *rows in tables for row in rows]


SCORE = "/proc/self/oom_score_adj"


@pytest.mark.parametrize("fields", [{}, {"env": {"NAME": "value"}}, {"limits": {"memory": 10**9}}])
def test_when_memory_runs_out_a_command_is_killed_before_its_worker(
    bench: Bench, contained: Start, fields: dict[str, object]
) -> None:
    worker = contained()
    first, *later, spawner = printed(bench, f"cat {SCORE}; sh -c 'cat {SCORE}'; echo $PPID", **fields).split()
    assert [first, *later] == ["500", "500"]
    assert [Path(f"/proc/{pid}/oom_score_adj").read_text() for pid in (worker.pid, spawner)] == ["0\n", "0\n"]


def test_no_two_commands_that_run_are_the_same_user(bench: Bench, contained: Start) -> None:
    contained(concurrency=4)
    uids = {running(bench, "id -u; exec sleep 600")[1] for _ in range(4)}
    assert uids == {str(FIRST + n) for n in range(4)}


def test_what_is_the_queues_is_closed_to_a_command(bench: Bench, contained: Start) -> None:
    contained()
    secret = running(bench, "echo a secret; exec sleep 600")[0]
    log = f"{bench.directory}/logs/000000/{bench.store.jobs.get(secret).seq}-1.log"
    for reading in (f"cat {bench.directory}/queue.db", f"ls {bench.directory}", f"cat {log}", f"echo x >>{log}"):
        job = bench.run(reading)
        assert job.state is State.DEAD
        assert b"ermission denied" in bench.output(job)


@pytest.mark.parametrize("whose", ["worker", "spawner", "command"])
def test_a_command_can_neither_look_into_another_process_nor_signal_it(
    bench: Bench, contained: Start, whose: str
) -> None:
    worker = contained()
    other = int(running(bench, "echo $$; exec sleep 600", env={"SECRET": "seen"})[1])
    pid = {"worker": worker.pid, "spawner": parent(other), "command": other}[whose]
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


def test_a_command_that_signals_everybody_reaches_itself_only(bench: Bench, contained: Start) -> None:
    worker = contained()
    other = int(running(bench, "echo $$; exec sleep 600")[1])
    assert bench.run("kill -KILL -1; echo alone").state is State.COMPLETED  # kill(2) leaves the caller out
    assert is_alive(worker.pid) and is_alive(parent(other)) and is_alive(other)


def test_a_command_may_open_its_own_output_anew(bench: Bench, contained: Start) -> None:
    contained()
    assert (
        printed(bench, "echo one >>/dev/stderr; echo two | tee -a /dev/stderr; echo three") == "one\ntwo\ntwo\nthree\n"
    )
    assert printed(bench, "echo gone; echo over >/dev/stdout") == "gone\nover\n"


def test_a_directory_that_is_closed_to_a_command_is_none_to_begin_in(bench: Bench, contained: Start) -> None:
    contained()
    assert bench.run("pwd", cwd=str(bench.directory)).error == (
        f"could not be started: cannot enter the directory {bench.directory}"
    )
    assert printed(bench, "id -u").strip().isdigit()


def test_what_a_command_leaves_behind_ends_with_it_whatever_its_environment_says(
    bench: Bench, contained: Start
) -> None:
    contained()
    running(bench)
    left = int(printed(bench, SETSID_WITHOUT_MARKS))
    eventually(lambda: not is_alive(left))


def test_a_command_that_runs_keeps_what_it_has_started_when_another_ends(bench: Bench, contained: Start) -> None:
    contained()
    kept = int(running(bench, f"({SETSID_WITHOUT_MARKS} &); exec sleep 600")[1])
    left = int(printed(bench, SETSID_WITHOUT_MARKS))
    eventually(lambda: not is_alive(left))
    assert is_alive(kept)


@pytest.mark.parametrize(("how", "error"), [("timeout", "timed out after 1 s"), ("cancel", "cancelled")])
def test_a_timeout_and_a_cancel_stop_what_has_left_the_session(
    bench: Bench, contained: Start, how: str, error: str
) -> None:
    contained()
    running(bench)
    timeout = {"timeout": 1} if how == "timeout" else {}
    job_id, pid = running(bench, f"({SETSID_WITHOUT_MARKS} &); trap '' TERM; sleep 600", **timeout)
    if how == "cancel":
        bench.store.queue.cancel(job_id)
    assert bench.ended(job_id).error == error
    eventually(lambda: not is_alive(int(pid)))


SPAWNING = f"""
import os, time
from queuectl_worker import users
from queuectl_worker.users import GATE, THROUGH_GATE, Users
users.COUNT = 2  # one that was used is used again when no other is left
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


def test_a_uid_is_free_again_when_nothing_runs_under_it_any_more() -> None:
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


def test_a_command_does_nothing_while_its_spawner_still_is_the_same_user() -> None:
    as_root("""
_, pid = start("kill -KILL $PPID")
assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 1
""")


@pytest.mark.parametrize("env", [{}, {"LD_PRELOAD": "/nowhere"}])
def test_no_command_is_quick_enough_to_kill_the_spawner_that_has_just_started_it(
    bench: Bench, contained: Start, env: dict[str, str]
) -> None:
    contained(concurrency=8)
    spawner = parent(int(running(bench, "echo $$; exec sleep 600")[1]))
    jobs = [bench.enqueue("kill -KILL $PPID", env=env) for _ in range(100)]
    assert {bench.ended(job).exit_code for job in jobs} == {1}
    assert is_alive(spawner)


def test_what_a_killed_worker_and_its_killed_spawner_left_is_ended_by_the_next_one(
    bench: Bench, contained: Start
) -> None:
    worker = contained(heartbeat_timeout=1)
    job_id, pid = running(bench, f"{SETSID_WITHOUT_MARKS}; sleep 600", max_retries=1, backoff_base=0)
    spawner = parent(parent(int(pid)))
    os.kill(worker.pid, signal.SIGKILL)
    os.kill(spawner, signal.SIGKILL)
    worker.wait()
    assert is_alive(int(pid))
    contained(heartbeat_timeout=1)
    eventually(lambda: not is_alive(int(pid)))
    eventually(lambda: len(bench.history(bench.store.jobs.get(job_id))) == 2)
    assert bench.history(bench.store.jobs.get(job_id))[0].outcome is Outcome.LOST


def test_another_worker_on_the_machine_keeps_its_commands_when_dead_ones_are_seen_to(
    bench: Bench, contained: Start
) -> None:
    dying = contained(concurrency=1, heartbeat_timeout=1)
    running(bench, "echo x; exec sleep 600", max_retries=1)
    contained(concurrency=1, heartbeat_timeout=1)
    _, kept = running(bench, "echo $$; exec sleep 600")
    dying.kill()
    dying.wait()
    eventually(lambda: "was lost" in (bench.directory / "worker.log").read_text())
    assert is_alive(int(kept))


def test_a_worker_that_cannot_change_users_does_not_start(bench: Bench) -> None:
    without = [*AS_WORKER[:-1], "--ambient-caps=-all,+kill,+dac_read_search"] if os.getuid() == 0 else []
    assert refusal(bench.directory, without) == (
        f"queuectl-worker: QUEUECTL_COMMAND_UIDS={FIRST}: this process lacks CAP_SETGID, CAP_SETUID,"
        " which setpriv --ambient-caps gives: or unset it\n"
    )


def test_a_worker_whose_modules_commands_could_replace_does_not_start(bench: Bench, tmp_path: Path) -> None:
    if os.getuid() != 0:
        lacking("only root can hand on capabilities")
    modules = tmp_path / "modules"
    modules.mkdir()
    modules.chmod(0o777)
    through = [*AS_WORKER, "env", f"PYTHONPATH={modules}"]
    assert f"commands could write to {modules}, from which Python imports modules" in refusal(bench.directory, through)


def test_a_worker_whose_data_are_open_to_commands_does_not_start(bench: Bench, contained: Start) -> None:
    bench.directory.chmod(0o751)
    assert f"commands could enter {bench.directory}: chmod o= {bench.directory}" in refusal(bench.directory, AS_WORKER)


def refusal(data_dir: Path, through: list[str]) -> str:
    """What a worker says that does not start."""
    environment = clean_environment(data_dir=data_dir, command_uids=FIRST)
    done = subprocess.run([*through, BIN / "queuectl-worker"], env=environment, capture_output=True, text=True)
    assert done.returncode == 1
    return done.stderr


def parent(pid: int) -> int:
    """The process that has started another one."""
    return int(Path(f"/proc/{pid}/status").read_text().partition("PPid:")[2].split()[0])


def test_a_sandbox_is_of_the_commands_own_user_as_well(bench: Bench, contained: Start) -> None:
    if shutil.which("bwrap") is None:
        lacking("bubblewrap is not installed here")
    contained()
    job = bench.run(f"id -u; touch $HOME/x && ls $HOME; ls {bench.directory} || echo hidden", sandbox=True)
    uid, *seen = bench.output(job).decode().splitlines()
    assert (int(uid) in range(FIRST, FIRST + 4), seen[0], job.error) == (True, "x", None)
