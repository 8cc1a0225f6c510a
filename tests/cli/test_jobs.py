"""list, show, logs, status, wait, edit, cancel, retry, delete, dlq."""

import json
import re
import subprocess
import uuid
from pathlib import Path

from queuectl_core.store.jobs import READ_FOR_A_PAGE
from tests.cli.conftest import Queuectl
from tests.cli.terminal import Terminal
from tests.million import fill
from tests.running import BIN, clean_environment, eventually, migrate, running_api
from tests.system import System

STATES = ["pending", "processing", "completed", "failed", "dead", "cancelled"]


def dead(system: System, **fields: object) -> str:
    job_id = system.enqueue("echo broken; exit 4", max_retries=0, **fields)
    system.in_state(job_id, "dead")
    return job_id


def test_in_a_pipe_a_list_is_tab_separated_and_has_no_head(system: System, queuectl: Queuectl) -> None:
    queue = uuid.uuid4().hex
    ids = [system.enqueue("true # \x1b[31mred", queue=queue, delay=600) for _ in range(3)]
    lines = [line.split("\t") for line in queuectl("list", "--queue", queue).out.splitlines()]
    assert [line[0] for line in lines] == ids[::-1]
    assert lines[0][1:4] == ["pending", queue, "0"]
    assert lines[0][5] == "true # \\x1b[31mred", "an escape must not act on the terminal"
    limited = queuectl("list", "--queue", queue, "--limit", "2")
    assert limited.out.count("\n") == 2
    assert "there are more" in limited.err
    listed = json.loads(queuectl("list", "--queue", queue, "--all", "--state", "pending,dead", "--json").out)
    assert [job["id"] for job in listed] == ids[::-1]


def test_a_list_is_filtered_by_worker_error_and_time_and_sorted(system: System, queuectl: Queuectl) -> None:
    tag = uuid.uuid4().hex
    first, second = (dead(system, tags=[tag]) for _ in range(2))
    worker = system.job(first)["worker"]

    def listed(*words: str, command: tuple[str, ...] = ("list",)) -> list[str]:
        return [line.split("\t")[0] for line in queuectl(*command, "--tag", tag, *words).out.splitlines()]

    assert listed("--worker", worker, "--error", "status 4", "--since", "2h") == [second, first]
    assert listed("--sort", "-finished_at", "--until", "2100-01-01T00:00:00Z") == [second, first]
    assert listed("--sort", "created_at", command=("dlq", "list")) == [first, second]
    assert listed("--until", "1d") == listed("--error", "status 5") == listed("--worker", "none") == []
    assert "must be a time like 2026" in queuectl("list", "--since", "yesterday").err


def test_lists_know_when_a_job_was_enqueued_from_when_it_ended(system: System, queuectl: Queuectl) -> None:
    tag = uuid.uuid4().hex
    slow = system.enqueue("sleep 1; exit 4", max_retries=0, tags=[tag])
    soon = dead(system, tags=[tag])
    system.in_state(slow, "dead")
    between = system.job(soon)["finished_at"]

    def listed(*words: str) -> list[str]:
        return [line.split("\t")[0] for line in queuectl(*words, "--tag", tag).out.splitlines()]

    assert listed("dlq", "list") == [slow, soon]
    assert listed("list") == listed("list", "--until", between) == [soon, slow]
    assert listed("list", "--finished-since", between) == [slow, soon]
    assert listed("list", "--finished-since", between, "--sort", "created_at") == [slow, soon]
    assert listed("list", "--finished-until", between) == listed("list", "--since", between) == []
    assert listed("dlq", "list", "--since", between) == [slow, soon]
    assert listed("dlq", "list", "--until", between) == listed("dlq", "list", "--enqueued-since", between) == []
    assert listed("dlq", "list", "--enqueued-until", between) == [slow, soon]
    assert "--finished-since 'x': must be a time like" in queuectl("list", "--finished-since", "x").err


def test_the_dlq_shows_how_long_ago_its_jobs_died(system: System, queuectl: Queuectl) -> None:
    queue = uuid.uuid4().hex
    dead(system, queue=queue)
    terminal = Terminal(system, "dlq", "list", "--queue", queue)
    assert terminal.wait() == 0
    assert "DIED" in terminal.seen()
    assert "AGE" not in terminal.seen()


def test_a_list_is_whole_though_a_page_of_the_api_comes_empty(tmp_path: Path) -> None:
    migrate(tmp_path)
    fill(tmp_path / "queue.db", READ_FOR_A_PAGE + 10)
    with running_api(tmp_path, api_processes=1) as url:
        large = System(url, tmp_path)
        assert large.get("/api/jobs?q=job00000007")["items"] == []
        found = large.queuectl("list", "--search", "job00000007", "--limit", "1")
    assert found.out.split("\t")[0] == "job00000007"
    assert found.err == ""


def test_on_a_terminal_a_list_is_a_table(system: System) -> None:
    queue = uuid.uuid4().hex
    system.enqueue("true", queue=queue, delay=600)
    terminal = Terminal(system, "list", "--queue", queue)
    assert terminal.wait() == 0
    assert "COMMAND" in terminal.seen()
    assert "ERROR" not in terminal.seen(), "there is none"


def test_a_list_shows_why_jobs_failed_if_there_is_room(system: System, queuectl: Queuectl) -> None:
    queue = uuid.uuid4().hex[:4]
    job_id = dead(system, queue=queue)
    for words in (["list"], ["dlq", "list"]):
        line = queuectl(*words, "--queue", queue).out.removesuffix("\n").split("\t")
        assert line[5:] == ["echo broken; exit 4", "exit status 4: broken", ""], "the last one is the description"
    seen = {}
    for columns in (160, 120, 80):
        terminal = Terminal(system, "dlq", "list", "--queue", queue, env={"COLUMNS": str(columns)})
        assert terminal.wait() == 0
        seen[columns] = terminal.seen()
        assert job_id in seen[columns]
    assert "exit status 4: broken" in seen[160]
    assert "echo broken; exit 4" in seen[120]
    assert "exit statu" in seen[120]
    assert "ERROR" not in seen[80]


def test_show_prints_everything_about_a_job(system: System, queuectl: Queuectl) -> None:
    job_id = dead(system, tags=["nightly"], env={"A": "b"}, limits={"memory": 512 << 20, "cpu": 90})
    out = queuectl("show", job_id).out
    for shown in (job_id, "dead", "exit status 4", "nightly", "A=b", "failed", "7 B", "memory=512M, cpu=90"):
        assert shown in out
    _, _, _, _, wait, run, cpu, _memory, *_ = out.splitlines()[-1].split("\t")
    assert all(re.fullmatch(r"\d+\.\d{3} s", seconds) for seconds in (wait, run, cpu))
    assert json.loads(queuectl("show", job_id, "--json").out) == system.job(job_id)


def test_show_prints_the_last_output_of_a_failed_job(system: System, queuectl: Queuectl) -> None:
    job_id = system.enqueue(r"seq 7; printf '\033[31mred\ttail\n\n'; exit 4", max_retries=0)
    system.in_state(job_id, "dead")
    lines = queuectl("show", job_id).out.splitlines()
    at = lines.index("error         exit status 4")
    assert lines[at + 1 : at + 6] == [
        "last output   4",
        *(f"{'':<14}{line}" for line in "567"),
        f"{'':<14}\\x1b[31mred     tail",
    ]
    good = system.enqueue("echo fine")
    system.in_state(good, "completed")
    out = queuectl("show", good).out
    assert "last output" not in out
    assert "output tail" not in out
    assert json.loads(queuectl("show", good, "--json").out)["output_tail"] == "fine"


def test_show_prints_notes_on_attempts(system: System, queuectl: Queuectl) -> None:
    queuectl("config", "set", "leftover-grace", "0.2")
    try:
        job_id = system.enqueue("sleep 600 & echo started")
        system.in_state(job_id, "completed")
    finally:
        queuectl("config", "set", "leftover-grace", "2")
    assert "note          attempt 1: 1 process left behind was killed\n" in queuectl("show", job_id).out


def test_show_prints_the_resource_usage_of_a_running_job(system: System, queuectl: Queuectl) -> None:
    job_id = system.enqueue("exec sleep 600")
    line = r"usage +\d\.\d\d cores, \d\.\d{3} s of CPU, \d+\.\d MB, 1 process\n"
    eventually(lambda: re.search(line, queuectl("show", job_id).out))
    system.queuectl("cancel", job_id)


def test_logs_come_byte_by_byte(system: System) -> None:
    job_id = system.enqueue("printf '\\033[31m\\377\\000end'; echo; echo last")
    system.in_state(job_id, "completed")

    def raw(*words: str) -> bytes:
        return subprocess.run(
            [BIN / "queuectl", "logs", *words, job_id], env=clean_environment(url=system.url), capture_output=True
        ).stdout

    assert raw() == raw("--follow") == raw("--attempt", "1") == b"\x1b[31m\xff\x00end\nlast\n"
    assert raw("--tail", "1") == b"last\n"


def test_status_prints_one_line_per_state(system: System, queuectl: Queuectl) -> None:
    lines = queuectl("status").out.splitlines()
    assert lines[0] == "Workers: 1"
    assert [line.split()[0] for line in lines[1:]] == STATES
    assert all(line == f"{line.split()[0]:<12}{line.split()[1]}" for line in lines[1:])
    assert json.loads(queuectl("status", "--json").out)["workers"] == 1


def test_watching_the_status_shows_changes(system: System) -> None:
    terminal = Terminal(system, "status", "--watch")
    terminal.shows("cancelled")
    before = terminal.seen().count("Workers:")
    system.enqueue("true", delay=600)
    while terminal.seen().count("Workers:") <= before:
        terminal.shows("Workers:")
        terminal._read(0.1)
    terminal.interrupts()
    assert terminal.wait() == 130


def test_wait_returns_when_all_have_ended_and_reports_failures(system: System, queuectl: Queuectl) -> None:
    good, bad = system.enqueue("sleep 0.3"), system.enqueue("sleep 0.1; exit 4", max_retries=0)
    done = queuectl("wait", good, bad, good)
    assert done.status == 1
    assert done.err == f"queuectl: job {bad} is dead: exit status 4\n"
    assert queuectl("wait", good).status == 0
    assert queuectl("wait", "nope").err == "queuectl: no job has the id 'nope'\n"


def test_wait_gives_up_after_its_timeout(system: System, queuectl: Queuectl) -> None:
    name = uuid.uuid4().hex
    good, later, too = f"{name}10", f"{name}1", f"{name}2"
    for job_id in (good, later, too):
        system.enqueue("true", id=job_id, delay=0 if job_id == good else 600)
    system.in_state(good, "completed")
    done = queuectl("wait", "--timeout", "3s", good, later, too)
    said, _, left = done.err.strip().partition(" waiting for job ")
    assert (done.status, done.out, said) == (1, "", "queuectl: timed out after 3 s")
    assert {later, too} <= set(left.split(", "))
    assert queuectl("wait", "--timeout", "2m", good).status == 0
    refused = queuectl("wait", "--timeout", "0", good)
    assert (refused.status, refused.err) == (2, "queuectl: --timeout '0': must be more than 0\n")


def test_a_job_that_waits_is_edited(system: System, queuectl: Queuectl) -> None:
    job_id = system.enqueue("true", delay=600, tags=["old"], timeout=5)
    done = queuectl("edit", job_id, "--priority", "5", "--tag", "new", "--limit", "processes=3", "--", "echo", "a b")
    assert (done.status, done.err) == (0, f"{job_id} is changed\n")
    job = system.job(job_id)
    assert (job["command"], job["priority"], job["tags"], job["timeout"]) == ("echo 'a b'", 5, ["new"], 5)
    assert job["limits"]["processes"] == 3
    assert queuectl("edit", job_id).status == 2
    assert "'A B' is not a variable name" in queuectl("edit", job_id, "--env", "A B=1").err
    queuectl("cancel", job_id)
    assert "only a waiting job" in queuectl("edit", job_id, "--priority", "1").err


def test_one_refusal_does_not_hold_up_the_others(system: System, queuectl: Queuectl) -> None:
    first, second = (system.enqueue("true", delay=600) for _ in range(2))
    done = queuectl("cancel", first, "nope", second)
    assert done.status == 1
    assert done.err.splitlines() == [
        f"{first} is cancelled",
        "queuectl: no job has the id 'nope'",
        f"{second} is cancelled",
    ]
    assert queuectl("retry", first).status == 0
    system.in_state(first, "completed")
    done = queuectl("delete", "--yes", first, second)
    assert (done.status, system.queuectl("show", first).status) == (0, 1)


def test_deleting_asks_first(system: System, queuectl: Queuectl) -> None:
    job_id = system.enqueue("true", delay=600)
    refusal = queuectl("delete", job_id)
    assert (refusal.status, "confirm with --yes" in refusal.err) == (2, True)
    terminal = Terminal(system, "delete", job_id)
    terminal.shows("Delete 1 job with logs?")
    terminal.types("n\n")
    assert terminal.wait() == 1
    assert system.job(job_id)["state"] == "pending"


def test_a_running_job_needs_force(system: System, queuectl: Queuectl) -> None:
    job_id = system.enqueue("sleep 600")
    system.in_state(job_id, "processing")
    assert "cancel it first, or use force" in queuectl("delete", "--yes", job_id).err
    assert queuectl("delete", "--yes", "--force", job_id).status == 0


def test_the_dead_letter_queue(system: System, queuectl: Queuectl) -> None:
    tag = uuid.uuid4().hex
    job_id = dead(system, tags=[tag])
    assert queuectl("dlq", "list", "--tag", tag).out.split("\t")[0] == job_id
    assert queuectl("dlq", "retry").status == 2
    assert queuectl("dlq", "retry", "--all", job_id).status == 2
    assert queuectl("dlq", "retry", job_id).err == f"{job_id} is pending again\n"
    system.in_state(job_id, "dead")
    assert queuectl("dlq", "purge").status == 2


def test_output_that_cannot_be_written_here_is_not_blamed_on_the_api(system: System) -> None:
    job_id = system.enqueue("echo hello")
    system.in_state(job_id, "completed")
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            [BIN / "queuectl", "logs", job_id],
            env=clean_environment(url=system.url),
            stdout=full,
            stderr=subprocess.PIPE,
        )
    assert (done.returncode, done.stderr) == (1, b"queuectl: cannot write the output: No space left on device\n")
