"""queuectl schedule: add, list, show, next, edit, pause, resume, run, history, backfill, delete."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Queuectl
from tests.cli.local_user import LocalUser
from tests.names import unique
from tests.system import Answered, System

RARELY = ("--cron", "30 2 1 1 *")
"""So that nothing fires during a test."""


def shown(queuectl: Queuectl, name: str) -> dict[str, Any]:
    """A schedule as the API returns it."""
    found: dict[str, Any] = json.loads(queuectl("schedule", "show", name, "--json").out)
    return found


def parts(schedule: dict[str, Any], wanted: dict[str, Any]) -> dict[str, Any]:
    """Those of its fields."""
    return {field: schedule[field] for field in wanted}


@pytest.fixture
def added(queuectl: Queuectl) -> str:
    """The name of a schedule that fires rarely."""
    name = unique()
    assert queuectl("schedule", "add", name, *RARELY, "--timezone", "Europe/Berlin", "--", "echo", "it's").status == 0
    return name


def test_options_become_the_fields_of_the_schedule_and_of_its_job(queuectl: Queuectl) -> None:
    name = unique()
    done = queuectl(
        "schedule", "add", name, "--cron", "@yearly", "--timezone", "Asia/Tokyo", "--catch-up", "all",
        "--catch-up-window", "48h", "--overlap", "queue", "--jitter", "5m", "--from", "2026-01-31T00:00:00Z",
        "--until", "2099-01-31T00:00:00Z", "--pause-after", "3", "--queue", "slow", "--priority", "-3",
        "--max-retries", "0", "--timeout", "1h", "--env", "A=b", "--tag", "x", "--limit", "memory=1k", "--cwd", "/srv",
        "--json", "--", "echo", "a  b",
    )  # fmt: skip
    assert (done.status, done.err) == (0, "")
    wanted = {
        "name": name, "cron": "@yearly", "every": None, "timezone": "Asia/Tokyo", "catch_up": "all",
        "catch_up_window": 172800, "overlap": "queue", "jitter": 300, "from": "2026-01-31T00:00:00.000Z",
        "until": "2099-01-31T00:00:00.000Z", "pause_after": 3, "paused": False,
    }  # fmt: skip
    job = {"command": "echo 'a  b'", "queue": "slow", "priority": -3, "max_retries": 0, "timeout": 3600,
           "env": {"A": "b"}, "tags": ["x"], "cwd": "/srv"}  # fmt: skip
    printed = json.loads(done.out)
    assert parts(printed, wanted) == wanted
    assert parts(printed["job"], job) == job
    assert shown(queuectl, name) == printed


@pytest.mark.parametrize(
    ("words", "command"),
    [
        (["--", "sh", "-c", "echo $A"], "sh -c 'echo $A'"),
        (["sort < in > out"], "sort < in > out"),
        (['{"command": "make", "queue": "x"}'], "make"),
    ],
)
def test_a_command_is_words_a_line_for_the_shell_or_json(queuectl: Queuectl, words: list[str], command: str) -> None:
    name = unique()
    done = queuectl("schedule", "add", name, "--every", "8760h", *words)
    assert (done.status, done.out) == (0, "")
    assert done.err.startswith(f"{name} is scheduled: next at 2")
    schedule = shown(queuectl, name)
    assert (schedule["every"], schedule["job"]["command"]) == (31_536_000, command)


def test_lists_show_the_rule_and_the_next_time_with_the_offset_of_its_zone(queuectl: Queuectl, added: str) -> None:
    line = next(line for line in queuectl("schedule", "list", "--all").out.splitlines() if line.startswith(added))
    name, state, rule, following, *rest = line.split("\t")
    assert (name, state, rule) == (added, "active", "30 2 1 1 * Europe/Berlin")
    assert following.endswith("-01-01T02:30:00+01:00")
    assert rest == ["never", "", """echo 'it'"'"'s'"""]
    assert added in queuectl("schedule", "list", "--all", "-o", "ids").out.splitlines()
    assert added in [item["name"] for item in json.loads(queuectl("schedule", "list", "--all", "--json").out)]


def test_more_are_hinted_at(queuectl: Queuectl, added: str) -> None:
    assert queuectl("schedule", "add", unique(), *RARELY, "true").status == 0
    done = queuectl("schedule", "list", "--limit", "1")
    assert (len(done.out.splitlines()), done.err) == (1, "first 1 shown, there are more: use --limit or --all\n")


def test_the_next_times_are_listed(queuectl: Queuectl, added: str) -> None:
    lines = queuectl("schedule", "next", added, "-n", "3").out.splitlines()
    assert [line.split("\t")[0][4:] for line in lines] == ["-01-01T02:30:00+01:00"] * 3
    assert len(json.loads(queuectl("schedule", "next", added, "--json").out)) == 10
    queuectl("schedule", "pause", added)
    done = queuectl("schedule", "next", added)
    assert (done.status, done.out, done.err) == (0, "", f"{added}: it is paused\n")


def test_only_what_is_given_changes(queuectl: Queuectl, added: str) -> None:
    queuectl("schedule", "edit", added, "--until", "2099-01-01", "--pause-after", "2", "--env", "A=b")
    done = queuectl("schedule", "edit", added, "--overlap", "allow", "--tag", "x", "--", "make", "all")
    assert (done.status, done.err.startswith(f"{added} is changed: next at ")) == (0, True)
    before = shown(queuectl, added)
    wanted = {"cron": "30 2 1 1 *", "timezone": "Europe/Berlin", "overlap": "allow", "pause_after": 2}
    assert parts(before, wanted) == wanted
    job = {"command": "make all", "env": {"A": "b"}, "tags": ["x"]}
    assert parts(before["job"], job) == job
    assert queuectl("schedule", "edit", added, "--until", "none", "--pause-after", "none", "--every", "90d").status == 0
    wanted = {"cron": None, "every": 7_776_000, "until": None, "pause_after": None, "job": before["job"]}
    assert parts(shown(queuectl, added), wanted) == wanted


def test_a_paused_schedule_has_no_times_until_it_is_resumed(queuectl: Queuectl, added: str) -> None:
    done = queuectl("schedule", "pause", added)
    assert (done.status, done.out, done.err) == (0, "", f"{added} is paused\n")
    assert "state         paused\n" in queuectl("schedule", "show", added).out
    assert queuectl("schedule", "resume", added).err.startswith(f"{added} is active: next at ")
    assert "state         active\n" in queuectl("schedule", "show", added).out


def test_a_run_by_hand_prints_the_id_of_the_job_and_is_in_the_history(
    queuectl: Queuectl, system: System, added: str
) -> None:
    done = queuectl("schedule", "run", added)
    job_id = done.out.strip()
    assert (done.status, done.err) == (0, "")
    job = system.in_state(job_id, "completed")
    assert (job["schedule"], system.log(job_id)) == (added, "it's\n")
    scheduled_at, outcome, job_of, detail = queuectl("schedule", "history", added).out.rstrip("\n").split("\t")
    assert scheduled_at[-6:] in ("+01:00", "+02:00")
    assert (outcome, job_of, detail) == ("enqueued", job_id, "")
    assert [fire["job"] for fire in json.loads(queuectl("schedule", "history", added, "--json").out)] == [job_id]
    assert job_id in queuectl("schedule", "show", added).out


def test_a_run_is_refused_while_an_earlier_job_has_not_ended_unless_forced(
    queuectl: Queuectl, system: System, added: str
) -> None:
    queuectl("schedule", "edit", added, "--", "sleep", "600")
    first = queuectl("schedule", "run", added).out.strip()
    done = queuectl("schedule", "run", added)
    assert (done.status, done.out) == (1, "")
    assert f"its job '{first}' has not ended" in done.err
    second = json.loads(queuectl("schedule", "run", added, "--force", "--json").out)["job"]
    queuectl("schedule", "edit", added, "--overlap", "queue")
    done = queuectl("schedule", "run", added)
    assert (done.status, done.out, done.err) == (0, "", f"{added} waits for its turn: an earlier job has not ended\n")
    queuectl("schedule", "delete", "--yes", added)
    queuectl("cancel", "--yes", first, second)
    system.in_state(second, "cancelled")


def test_a_run_with_the_same_key_is_not_repeated(queuectl: Queuectl, added: str) -> None:
    runs = [queuectl("schedule", "run", added, "--force", "--idempotency-key", added) for _ in range(2)]
    assert runs[0] == runs[1]
    assert len(json.loads(queuectl("schedule", "history", added, "--json").out)) == 1


def test_past_times_are_backfilled(queuectl: Queuectl, system: System, added: str) -> None:
    done = queuectl("schedule", "backfill", added, "--from", "2020-01-01T00:00:00Z", "--until", "2020-01-02T00:00:00Z")
    assert (done.status, done.err) == (0, f"{added}: 1 time backfilled\n")
    [fire] = json.loads(queuectl("schedule", "history", added, "--json").out)
    assert fire["scheduled_at"] == "2020-01-01T01:30:00.000Z"
    done = queuectl("schedule", "backfill", added, "--from", "2020-01-02T00:00:00Z", "--until", "2020-01-01T00:00:00Z")
    assert (done.status, "until" in done.err) == (1, True)


def test_schedules_are_deleted_if_that_is_confirmed(queuectl: Queuectl, added: str) -> None:
    done = queuectl("schedule", "delete", added)
    asked = f"Delete {added} and its history? There is no terminal to ask on: confirm with --yes"
    assert (done.status, done.err) == (2, f"queuectl: {asked}\n")
    missing = unique()
    done = queuectl("schedule", "delete", "-y", missing, added)
    assert (done.status, done.out) == (1, "")
    assert done.err == f"queuectl: no schedule has the name '{missing}'\n{added} is deleted\n"
    assert queuectl("schedule", "show", added).status == 1


def test_a_near_miss_is_answered_with_the_right_name(queuectl: Queuectl, added: str) -> None:
    for words in (["show"], ["next"], ["pause"], ["resume"], ["run"], ["history"], ["delete", "-y"], ["edit", "-p1"]):
        done = queuectl("schedule", *words, f"{added}x")
        assert (done.status, done.out) == (1, "")
        assert f"no schedule has the name '{added}x'. Did you mean '{added}'?" in done.err


def test_names_are_completed(queuectl: Queuectl, added: str) -> None:
    words = {"_QUEUECTL_COMPLETE": "complete_bash", "COMP_CWORD": "3"}
    assert queuectl(env=words | {"COMP_WORDS": f"queuectl schedule show {added[:20]}"}).out.split() == [added]
    nowhere = {"QUEUECTL_URL": "http://127.0.0.1:9", "COMP_WORDS": f"queuectl schedule show {added[:20]}"}
    assert queuectl(env=words | nowhere).out.strip() == ""


@pytest.mark.parametrize(
    ("words", "status", "said"),
    [
        (["true"], 2, "say when it fires: --cron EXPR, or --every DURATION"),
        (["--cron", "@daily", "--every", "1h", "true"], 2, "give either --cron or --every, not both"),
        (["--cron", "@daily"], 2, "nothing to enqueue: give COMMAND | JSON | -- COMMAND"),
        (["--cron", "@daily", "make", "all"], 2, "put -- before a command of several words: -- make all"),
        (["--cron", "@daily", "@job.json"], 2, "'@job.json': give a job as JSON, or a COMMAND"),
        (["--cron", "@daily", "true", "--", "true"], 2, "'true' precedes --"),
        (["--cron", "@daily", '{"command"'], 2, "the argument is not valid JSON"),
        (["--cron", "@daily", '{"command": "true", "id": "x"}'], 1, "id"),
        (["--cron", "61 * * * *", "true"], 1, "has an invalid minute '61': use 0 to 59"),
        (["--cron", "0 0 0 * * *", "true"], 1, "use every"),
        (["--cron", "@dayly", "true"], 1, "@daily"),
        (["--cron", "@daily", "--timezone", "Europe/Berlinn", "true"], 1, "Europe/Berlin"),
        (["--every", "0", "true"], 1, "every"),
        (["--every", "often", "true"], 2, "--every 'often': must be a duration like 90"),
        (["--every", "1h", "--from", "soon", "true"], 2, "--from 'soon': must be a time like 2026"),
        (["--every", "1h", "--from", "2099-01-02", "--until", "2099-01-01", "true"], 1, "must be later than from"),
        (
            ["--every", "1h", "--pause-after", "two", "true"],
            2,
            "--pause-after 'two': must be a whole number",
        ),
        (["--every", "1h", "--overlap", "alow", "true"], 2, "'alow' is not one of 'skip', 'queue', 'allow'"),
        (["--every", "1h", "--catchup", "all", "true"], 2, "Did you mean '--catch-up'?"),
        (["--every", "1h", "--delay", "5", "true"], 2, "No such option: --delay"),
    ],
)
def test_a_bad_schedule_is_refused_and_nothing_changes(
    queuectl: Queuectl, words: list[str], status: int, said: str
) -> None:
    name = unique()
    done = queuectl("schedule", "add", name, *words)
    assert (done.status, done.out) == (status, "")
    assert said in done.err
    assert queuectl("schedule", "show", name).status == 1


def test_a_bad_change_is_refused(queuectl: Queuectl, added: str) -> None:
    before = shown(queuectl, added)
    for words, status, said in (
        ([], 2, "nothing to change: give an option, or a command after --"),
        (["--cron", "* * * *"], 1, "must have five fields"),
        (["--cron", "@daily", "--every", "1h"], 2, "give either --cron or --every, not both"),
    ):
        done = queuectl("schedule", "edit", added, *words)
        assert (done.status, done.out, said in done.err) == (status, "", True)
    taken = queuectl("schedule", "add", added, *RARELY, "true")
    assert (taken.status, "exists already" in taken.err) == (1, True)
    assert shown(queuectl, added) == before


def test_a_command_starts_where_it_was_typed_with_a_local_system(tmp_path: Path) -> None:
    owner = LocalUser(tmp_path)
    assert owner.up().status == 0

    def cwd_of(done: Answered) -> Any:
        return json.loads(done.out)["job"]["cwd"]

    try:
        add = ("schedule", "add", *RARELY, "--json")
        assert cwd_of(owner.queuectl(*add, "a", "--", "true", at=tmp_path)) == str(tmp_path)
        assert cwd_of(owner.queuectl(*add, "b", "true | wc", at=tmp_path)) == str(tmp_path)
        assert cwd_of(owner.queuectl(*add, "c", "--cwd", "x", "--", "true", at=tmp_path)) == str(tmp_path / "x")
        assert cwd_of(owner.queuectl(*add, "d", '{"command": "true"}', at=tmp_path)) is None
        owner.queuectl("queue", "allow", "listed", "true")
        done = owner.queuectl(*add, "e", "--queue", "listed", "--", "true", at=tmp_path)
        assert (done.status, cwd_of(done)) == (0, None)
        not_here = "the command does not start in the current directory: "
        assert done.err == f"{not_here}queue 'listed' has an allow-list, so its commands run without cwd\n"
        done = owner.queuectl(*add, "g", "--sandbox", "--", "true", at=tmp_path)
        assert (cwd_of(done), done.err) == (None, f"{not_here}it runs in a sandbox\n")
        done = owner.queuectl("schedule", "import", "-", "--json", given="@yearly first\nHOME=/srv\n@yearly second\n")
        assert [schedule["job"]["cwd"] for schedule in json.loads(done.out)] == [str(owner.home), "/srv"]
        assert owner.queuectl(*add, "f", "--queue", "listed", "--", "false", at=tmp_path).status == 1
    finally:
        owner.queuectl("down")
