"""A backup is consistent while others write; a restore replaces everything or changes nothing."""

import io
import json
import shutil
import signal
import sqlite3
import subprocess
import sys
import tarfile
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine

from queuectl_core.backup.archive import backup, backup_temp_dir
from queuectl_core.backup.restore import Restored, restore, restore_temp_dir
from queuectl_core.logs.store import LogStore
from queuectl_core.migrations.upgrade import upgrade
from queuectl_core.model.actor import Actor
from queuectl_core.model.attempt import NOTHING, Ended, Printed
from queuectl_core.model.audit import Done
from queuectl_core.model.errors import InvalidBackup, NotSignedIn, UnderWay
from queuectl_core.model.event import EventType
from queuectl_core.model.filter import Filter
from queuectl_core.model.new_job import NewJob
from queuectl_core.model.role import Role
from queuectl_core.model.state import State
from queuectl_core.model.token import hashed
from queuectl_core.sqlite.migrate import migrate
from queuectl_core.store.store import Store
from queuectl_core.temp_dir import exclusive_temp_dir, sweep
from tests.faults.options import times
from tests.opened import opened, session_of
from tests.output import opened_logs, write_output
from tests.running import eventually
from tests.store.attempts import claim_one, register, take

EVERYTHING = 100_000
SOMEBODY = Actor("somebody", Role.ADMIN, "192.0.2.1")


@dataclass(frozen=True)
class Place:
    """A queue with its logs, and a store on it that the test uses."""

    directory: Path
    store: Store

    @property
    def database(self) -> Path:
        return self.directory / "queue.db"

    @property
    def url(self) -> str:
        return f"sqlite:///{self.database}"

    @property
    def logs(self) -> LogStore:
        return opened_logs(self.directory)

    def back_up(self, *, logs: bool = True) -> bytes:
        return b"".join(backup(self.url, self.logs if logs else None, self.directory))

    def restore(self, tar: bytes, hold_back: float = 30, verify: Callable[[Store], None] = lambda _: None) -> Restored:
        return restore(io.BytesIO(tar), self.url, self.logs, self.directory, migrate, hold_back, SOMEBODY, verify)

    def enqueue(self, **fields: Any) -> str:
        return self.store.enqueue(NewJob.model_validate({"command": "true"} | fields))

    def run(self, output: bytes, error: str | None = None, **fields: Any) -> str:
        """A job whose command has printed that, and ended."""
        self.enqueue(**fields)
        claim = claim_one(self.store)
        write_output(self.logs, claim.lease.seq, claim.lease.attempt, output)
        if error:
            self.store.reports.fail(claim.lease, Ended(1, error, Printed(len(output))))
        else:
            self.store.reports.complete(claim.lease, Ended(0, None, Printed(len(output))))
        return claim.job_id

    def contents(self) -> dict[str, Any]:
        """All that users see of the jobs and settings, by id and key."""
        shown: dict[str, Any] = {item.setting.key: item.value for item in self.store.config.all()}
        for job in self.store.jobs.page(Filter(), limit=EVERYTHING).items:
            history = self.store.jobs.history(job.seq)
            told = {name: value for name in job.__slots__ if (value := getattr(job, name)) and name != "seq"}
            shown[job.id] = told, history, [self.logs.read(job.seq, attempt.number) for attempt in history]
        shown["counts"] = self.store.jobs.counts()
        shown["queues"] = [
            (queue.name, queue.paused, queue.limit, queue.commands, queue.jobs) for queue in self.store.queues.all()
        ]
        return shown

    def log_files(self) -> set[str]:
        return {path.name for path in (self.directory / "logs").rglob("*.log")}

    def expected_log_files(self) -> set[str]:
        return {
            f"{job.seq}-{attempt.number}.log"
            for job in self.store.jobs.page(Filter(), limit=EVERYTHING).items
            for attempt in self.store.jobs.history(job.seq)
        }


@pytest.fixture
def place(migrated: Path, tmp_path: Path) -> Iterator[Callable[[str], Place]]:
    """Makes queues, each in a directory of its own."""
    with ExitStack() as stack:

        def make(name: str) -> Place:
            (tmp_path / name).mkdir()
            shutil.copy(migrated, tmp_path / name / "queue.db")
            store = stack.enter_context(opened(tmp_path / name / "queue.db"))
            return Place(tmp_path / name, store)

        yield make


@pytest.fixture
def here(place: Callable[[str], Place]) -> Place:
    """A queue with a bit of everything in it."""
    here = place("here")
    here.store.config.set("backoff-base", 3)
    here.store.config.set("default-commands", ["true", "*"])
    here.store.queues.set_paused("nightly", True)
    here.store.queues.set_limit("default", 5)
    here.store.queues.set_commands("default", ["*"])
    here.run(b"bytes \xff\x00 and more\n", id="done", tags=["a", "b"], env={"A": "b"})
    here.run(b"", id="silent")
    here.run(b"no\n", "exit status 1", id="broken", max_retries=0)
    here.run(b"not yet\n", "exit status 1", id="again")
    here.enqueue(id="waiting", priority=3, delay=3600)
    here.store.actions.cancel(here.enqueue(id="cancelled"))
    return here


@pytest.fixture
def there(place: Callable[[str], Place]) -> Place:
    """Another queue, with jobs of its own under the same numbers."""
    there = place("there")
    for _ in range(20):
        there.run(b"of no interest\n")
    there.run(b"another job with that id\n", id="done")
    return there


def members(tar: bytes) -> dict[str, bytes]:
    with tarfile.open(fileobj=io.BytesIO(tar)) as archive:
        return {member.name: file.read() for member in archive if (file := archive.extractfile(member))}


def packed(*files: tuple[str | tarfile.TarInfo, bytes]) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.GNU_FORMAT) as archive:
        for name, content in files:
            member = name if isinstance(name, tarfile.TarInfo) else tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return buffer.getvalue()


# Making one


def test_a_restore_brings_jobs_history_output_and_settings_into_any_queue(here: Place, there: Place) -> None:
    before = here.contents()
    assert there.restore(here.back_up()) == Restored(jobs=6, logs=3)
    assert there.contents() == before
    assert there.log_files() <= there.expected_log_files(), "output of jobs that were there before is gone"
    assert [job.id for job in there.store.jobs.page(Filter(tags=("b",)), limit=9).items] == ["done"]
    assert len(there.store.jobs.page(Filter(enqueued_since=1.0), limit=9).items) == 6


def test_the_database_in_a_backup_is_one_file_that_sqlite_opens(here: Place, tmp_path: Path) -> None:
    tar = here.back_up()
    assert list(members(tar)) == [
        "queue.db", "logs/000000/1-1.log", "logs/000000/3-1.log", "logs/000000/4-1.log", "manifest.json",
    ]  # fmt: skip
    (tmp_path / "queue.db").write_bytes(members(tar)["queue.db"])
    with closing(sqlite3.connect(tmp_path / "queue.db")) as connection:
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("delete",)
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def test_output_can_be_left_out(here: Place, there: Place) -> None:
    assert there.restore(here.back_up(logs=False)) == Restored(jobs=6, logs=0)
    job = there.store.jobs.get("done")
    assert there.logs.size(job.seq, 1) == 0


@pytest.mark.parametrize("logs", [True, False])
def test_no_output_is_in_a_backup_without_logs(here: Place, there: Place, logs: bool) -> None:
    words = [b"canary-whole", b"canary-tail", b"canary-note"]
    kinds = [Printed(30, b"x\ncanary-whole\n"), Printed(90_000, tail=b"x\ncanary-tail" + b" canary" * 200 + b"\n")]
    for number, printed in enumerate([*kinds, *kinds]):
        here.enqueue(id=f"printed-{number}", max_retries=0)
        ended = Ended(number // 2, f"exit status {number // 2}", printed, note="canary-note")
        (here.store.reports.fail if number > 1 else here.store.reports.complete)(claim_one(here.store).lease, ended)
    tar = here.back_up(logs=logs)
    assert [word for word in words if word in tar] == (words if logs else [b"canary-note"])
    assert (b"canary" in tar.replace(b"canary-note", b"")) is logs
    there.restore(tar)
    groups = [group.failure for group in there.store.dlq.groups(Filter(text="printed"))]
    if logs:
        assert there.contents() == here.contents()
        assert all("canary" in failure for failure in groups)
    else:
        assert groups == ["true ⇒ exit status 1"]
        assert {there.store.jobs.get(f"printed-{number}").output_tail for number in range(4)} == {None}


def test_a_backup_has_everything_acknowledged_before_it_while_others_write(here: Place) -> None:
    acknowledged: list[str] = []
    over = threading.Event()

    def enqueue() -> None:
        with opened(here.database) as store:
            while not over.is_set():
                acknowledged.append(store.enqueue(NewJob(command="true", tags=["load"])))

    def work() -> None:
        with opened(here.database) as store:
            register(store, "busy")
            while not over.is_set():
                for claim in take(store, "busy", 5):
                    store.reports.complete(claim.lease, Ended(0, None, NOTHING))

    threads = [threading.Thread(target=target) for target in (enqueue, enqueue, work)]
    for thread in threads:
        thread.start()
    backups = []
    try:
        for _ in range(10):
            known = set(acknowledged)
            backups.append((known, members(here.back_up())["queue.db"]))
        eventually(lambda: len(acknowledged) > 100)
    finally:
        over.set()
        for thread in threads:
            thread.join()
    for known, database in backups:
        (here.directory / "copy.db").write_bytes(database)
        with closing(sqlite3.connect(here.directory / "copy.db")) as copy:
            assert copy.execute("PRAGMA integrity_check").fetchone() == ("ok",)
            assert known <= {row[0] for row in copy.execute("SELECT id FROM job")}
            counted = copy.execute("SELECT queue, state, count(*) FROM job GROUP BY queue, state").fetchall()
            assert set(counted) == set(copy.execute("SELECT * FROM tally WHERE jobs"))


def test_a_log_that_grows_or_vanishes_during_a_backup_does_no_harm(here: Place, there: Place) -> None:
    seq = here.store.jobs.get("done").seq
    big = b"0123456789abcdef" * (1 << 17)
    write_output(here.logs, seq, 1, big)
    pieces = backup(here.url, here.logs, here.directory)
    tar = next(pieces)
    write_output(here.logs, seq, 1, b"later", written=len(big))
    here.store.actions.delete("again")
    here.logs.delete(here.store.jobs.get("broken").seq, 1)
    tar += b"".join(pieces)
    assert there.restore(tar) == Restored(jobs=6, logs=2)
    assert there.log_files()
    assert there.logs.size(there.store.jobs.get("done").seq, 1) == here.logs.size(seq, 1) - len(b"later")


# Restoring one


def test_counters_are_not_restored(here: Place, there: Place) -> None:
    """Each would go back, or jump."""
    for queue in ("default", "only-there"):
        there.enqueue(queue=queue)
    before = there.store.counters.all()["default"]["enqueued"]
    there.restore(here.back_up())
    assert {queue: counted["enqueued"] for queue, counted in there.store.counters.all().items()} == {"default": before}


def test_jobs_running_in_a_backup_are_pending_after_a_restore_with_no_attempt_used(here: Place) -> None:
    here.enqueue(id="running", priority=9)
    here.enqueue(id="stopping", priority=8)
    for claim in take(here.store, "w1", 2):
        write_output(here.logs, claim.lease.seq, 1, b"so far")
    here.store.actions.cancel("stopping")
    tar = here.back_up()
    here.store.workers.unregister("w1")
    here.restore(tar)
    running, stopping = here.store.jobs.get("running"), here.store.jobs.get("stopping")
    assert (running.state, running.attempts, running.attempt) == (State.PENDING, 0, 1)
    assert stopping.state is State.CANCELLED
    [attempt] = here.store.jobs.history(running.seq)
    assert (attempt.outcome, attempt.error) == (
        "released", "handed back by the restore: it was running when the backup was made",
    )  # fmt: skip
    assert here.logs.read(running.seq, 1).content == b"so far"
    assert claim_one(here.store, "w2").job_id == "running"


def test_a_running_job_is_held_back_by_a_restore_until_its_command_is_dead(here: Place) -> None:
    here.enqueue(id="running", priority=9)
    tar = here.back_up()
    [claim] = take(here.store, "w1", 1)
    assert claim.job_id == "running"
    here.restore(tar, hold_back=3600)
    assert here.store.workers.all() == [], "workers that live begin anew"
    assert not here.store.reports.complete(claim.lease, Ended(0, None, NOTHING)), "the lease was of a job that is gone"
    assert here.store.jobs.get("running").state is State.PENDING
    assert take(here.store, "w1", 10) == []
    here.restore(tar, hold_back=0)
    assert claim_one(here.store).job_id == "running"


def test_series_are_restored_and_continue_with_the_right_depth(here: Place) -> None:
    here.enqueue(id="running", priority=9)
    take(here.store, "w1", 1)
    counted, tar = sums(here), here.back_up()
    here.enqueue(id="lost", priority=9)
    take(here.store, "w1", 1)
    here.restore(tar)
    handed_back = {"waiting": 1}
    assert sums(here) == {measure: number + handed_back.get(measure, 0) for measure, number in counted.items()}
    counts = here.store.jobs.counts()
    assert sums(here)["waiting"] == counts[State.PENDING] + counts[State.FAILED]


def sums(place: Place) -> dict[str, int]:
    """Of all that was ever counted."""
    with closing(sqlite3.connect(place.database)) as connection:
        return dict(connection.execute("SELECT measure, sum(number) FROM series GROUP BY measure"))


def test_no_job_number_is_used_twice(here: Place) -> None:
    tar = here.back_up()
    newest = here.store.jobs.get(here.run(b"newer", id="newer")).seq
    for _ in range(2):
        here.restore(tar)
        jobs = here.store.jobs.page(Filter(), limit=EVERYTHING).items
        assert min(job.seq for job in jobs) > newest
        newest = here.store.jobs.get(here.run(b"newer")).seq
        assert newest > max(job.seq for job in jobs)


def test_a_restore_by_a_revoked_user_changes_nothing(here: Place, there: Place) -> None:
    def refuse(store: Store) -> None:
        assert session_of(store).in_transaction, "what is true now stays true until the commit"
        raise NotSignedIn("revoked")

    before = there.contents()
    with pytest.raises(NotSignedIn):
        there.restore(here.back_up(), verify=refuse)
    assert there.contents() == before


def test_live_views_are_told_to_reload_after_a_restore(here: Place) -> None:
    tar = here.back_up()
    seen = here.store.feed.latest()
    here.restore(tar)
    assert here.store.feed.after(seen).events[-1].type is EventType.MANY


def test_an_empty_queue_can_be_restored(place: Callable[[str], Place], there: Place) -> None:
    assert there.restore(place("empty").back_up()) == Restored(0, 0)
    assert there.log_files() == set()
    assert claim_one_after_enqueue(there) == "first"


def claim_one_after_enqueue(place: Place) -> str:
    place.enqueue(id="first")
    return claim_one(place.store).job_id


def test_a_backup_of_the_first_version_is_brought_up_to_date(
    here: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = tmp_path / "old.db"
    engine = create_engine(f"sqlite:///{old}")
    with engine.begin() as connection, monkeypatch.context() as patch:
        patch.setattr("queuectl_core.migrations.upgrade.SCHEMA_VERSION", "0001")
        upgrade(connection, "sqlite")
        connection.exec_driver_sql("INSERT INTO tally VALUES ('default', 'dead', 1)")
        connection.exec_driver_sql(
            "INSERT INTO job (id, command, queue, priority, state, attempt, attempts, cancelling, created_at,"
            " updated_at) VALUES ('old', 'true', 'default', 0, 'dead', 0, 0, 0, 1, 1)"
        )
    engine.dispose()
    manifest = {"schema": "0001", "jobs": 1, "logs": 0}
    here.restore(packed(("queue.db", old.read_bytes()), ("manifest.json", json.dumps(manifest).encode())))
    assert here.store.jobs.counts()[State.DEAD] == 1
    here.store.actions.retry("old")


# Access and audit log


def signed_in_and_told_of(store: Store, name: str, count: int) -> list[str]:
    """Tokens, sessions, links and audit lines, all of which hold `name` or one of the words returned."""
    words = [name]
    for number in range(count):
        token = f"{name}-{number}"
        secret = store.tokens.create(token, Role.ADMIN, name)
        words += [hashed(secret), hashed(store.tokens.begin_session(token)[0]), hashed(store.tokens.link(token)[0])]
        store.audit.record(Actor(token, Role.ADMIN, f"{name}.example"), Done.EDIT, f"{name}-job", f"{name} detail")
    return words


def test_nothing_of_tokens_sessions_and_audit_log_is_in_a_backup(here: Place) -> None:
    words = signed_in_and_told_of(here.store, "canary", times(300, 30_000))
    here.store.tokens.revoke("canary-1")
    tar = here.back_up()
    assert b"bytes \xff\x00 and more" in tar, "it holds the rest"
    assert [word for word in words if word.encode() in tar] == []


def test_a_restore_leaves_tokens_sessions_and_audit_log_as_they_are(here: Place, there: Place) -> None:
    signed_in_and_told_of(here.store, "here", 3)
    signed_in_and_told_of(there.store, "there", 3)

    def access() -> list[Any]:
        with closing(sqlite3.connect(there.database)) as connection:
            return [
                connection.execute(f"SELECT * FROM {table} ORDER BY 1").fetchall()
                for table in ("token", "session", "link", "audit")
            ]

    before = access()
    there.restore(here.back_up())
    *tokens, audit = access()
    assert [*tokens, audit[:-1]] == before


def test_no_answer_to_a_request_with_a_key_is_in_a_backup_and_none_is_known_after_a_restore(
    here: Place, there: Place
) -> None:
    for number in range(times(300, 30_000)):
        here.store.answers.keep(f"canary-key-{number}", "canary-request", "canary-content")
    there.store.answers.keep("key", "request", "content")
    tar = here.back_up()
    assert b"canary" not in tar
    there.restore(tar)
    assert there.store.answers.find("key", "request") is None
    assert here.store.answers.find("canary-key-1", "canary-request") == "canary-content"


def test_a_restore_is_in_the_audit_log_of_each_restored_job(here: Place, there: Place) -> None:
    there.enqueue(id="again")
    there.store.audit.record(SOMEBODY, Done.ENQUEUE, "again")
    with pytest.raises(InvalidBackup):
        there.restore(b"")
    there.restore(here.back_up())

    def told(job_id: str) -> list[tuple[Done, int]]:
        return [(line.action, line.jobs) for line in there.store.audit.page(limit=9, job=job_id).items]

    assert told("done") == [(Done.RESTORE, 6)]
    assert told("again") == [(Done.RESTORE, 6), (Done.ENQUEUE, 1)]
    there.enqueue(id="later")
    assert told("later") == []


# Refused backups


def link(name: str, target: str) -> tarfile.TarInfo:
    member = tarfile.TarInfo(name)
    member.type, member.linkname = tarfile.SYMTYPE, target
    return member


def below_zero() -> bytes:
    member = tarfile.TarInfo("logs/000000/1-1.log")
    member.size = -512
    return member.tobuf(tarfile.GNU_FORMAT)


def altered(database: bytes, sql: str, tmp_path: Path) -> bytes:
    (tmp_path / "altered.db").write_bytes(database)
    with closing(sqlite3.connect(tmp_path / "altered.db", isolation_level=None)) as connection:
        connection.execute(sql)
    return (tmp_path / "altered.db").read_bytes()


def bad_backups(good: bytes, tmp_path: Path) -> dict[str, tuple[bytes, str]]:
    """Each with what is said about it."""
    whole = members(good)
    database, manifest = ("queue.db", whole["queue.db"]), ("manifest.json", whole["manifest.json"])
    log = ("logs/000000/1-1.log", whole["logs/000000/1-1.log"])
    logs = [(name, content) for name, content in whole.items() if name.startswith("logs/")]
    newer = altered(database[1], "UPDATE alembic_version SET version_num = '9999'", tmp_path)
    orphan = altered(database[1], "INSERT INTO job_tag VALUES ('of no job', 77)", tmp_path)
    torn = bytearray(database[1])
    torn[8192:12288] = bytes(4096)
    return {
        "nothing": (b"", "not a tar file"),
        "noise": (bytes(range(256)) * 100, "not a tar file"),
        "compressed": (b"\x1f\x8b" + good, "or it is compressed"),
        "no database": (packed(log, manifest), "first file is 'logs/000000/1-1.log'"),
        "another database": (packed(("queue.db", b"x" * 9000), manifest), "not a database of QueueCTL"),
        "a foreign database": (packed(("queue.db", foreign(tmp_path)), manifest), "not a database of QueueCTL"),
        "a damaged database": (packed(("queue.db", bytes(torn)), manifest), "damaged"),
        "dangling rows": (packed(("queue.db", orphan), manifest), "damaged"),
        "a newer version": (packed(("queue.db", newer), manifest), "newer version of QueueCTL (schema 9999)"),
        "no manifest": (packed(database, *logs), "it is truncated"),
        "a log missing": (packed(database, *logs[1:], manifest), "it has 6 jobs and 2 logs instead of 6 and 3"),
        "a broken manifest": (packed(database, *logs, ("manifest.json", b"[]")), "manifest.json cannot be read"),
        "more behind": (packed(database, *logs, manifest, log), "it has files after its manifest.json"),
        "a way out": (packed(database, ("logs/../../1-1.log", b"x"), *logs, manifest), "unexpected file"),
        "an absolute path": (packed(database, ("/logs/000000/1-1.log", b"x"), *logs, manifest), "unexpected file"),
        "a wrong group": (packed(database, ("logs/000001/1-1.log", b"x"), *logs, manifest), "unexpected file"),
        "another file": (packed(database, ("logs/x", b"x"), *logs, manifest), "unexpected file"),
        "output of no attempt": (packed(database, ("logs/000000/1-2.log", b"x"), manifest), "the output of no attempt"),
        "a size below zero": (packed(database)[: 512 + len(database[1])] + below_zero(), "not a regular file"),
        "a link": (packed(database, (link("logs/000000/1-1.log", "/etc/passwd"), b""), manifest), "not a regular file"),
        "a link to a database": (packed((link("queue.db", "/etc/passwd"), b""), manifest), "not a regular file"),
    }


def foreign(tmp_path: Path) -> bytes:
    with closing(sqlite3.connect(tmp_path / "foreign.db", isolation_level=None)) as connection:
        connection.execute("CREATE TABLE job (id)")
    return (tmp_path / "foreign.db").read_bytes()


def test_an_incomplete_or_foreign_backup_is_refused_and_changes_nothing(
    here: Place, there: Place, tmp_path: Path
) -> None:
    before, files = there.contents(), there.log_files()
    bad = bad_backups(here.back_up(), tmp_path)
    said = {}
    for name, (tar, _) in bad.items():
        with pytest.raises(InvalidBackup) as refusal:
            there.restore(tar)
        said[name] = str(refusal.value)
    assert {name: text for name, text in said.items() if bad[name][1] not in text} == {}
    assert (there.contents(), there.log_files()) == (before, files)
    assert not restore_temp_dir(there.directory).exists()


def test_a_backup_that_breaks_off_anywhere_is_refused(here: Place, there: Place) -> None:
    before, files, good = there.contents(), there.log_files(), here.back_up()
    content = len(good) - 1024  # behind it are the two empty blocks that end a tar
    for end in (*range(0, content, len(good) // 20 // 512 * 512), content, content - 512, 700, 513):
        with pytest.raises(InvalidBackup):
            there.restore(good[:end])
    assert (there.contents(), there.log_files()) == (before, files)
    there.restore(good)


# Killed restores

DIES_AT = """
import io, os, signal, sys
from pathlib import Path
from queuectl_core.model.actor import Actor
from queuectl_core.logs.open import open_log_store
from queuectl_core.model.role import Role
from queuectl_core.backup.restore import restore
import queuectl_core.logs.files, queuectl_core.sqlite.driver  # loaded later otherwise, which takes steps once only

directory, tar, last = Path(sys.argv[1]), Path(sys.argv[2]).read_bytes(), int(sys.argv[3])
logs, allow = open_log_store(f"file://{directory}/logs"), lambda store: None
steps = 0

def step(event, _arguments):
    global steps
    if event in ("open", "os.rename", "os.remove", "os.rmdir", "os.mkdir", "sqlite3.connect", "fcntl.flock"):
        steps += 1
        if steps == last:
            os.kill(os.getpid(), signal.SIGKILL)

sys.addaudithook(step)
somebody = Actor("somebody", Role.ADMIN, "127.0.0.1")
restore(io.BytesIO(tar), f"sqlite:///{directory}/queue.db", logs, directory, print, 0, somebody, allow)
print(steps)
"""


def test_a_restore_that_is_killed_at_any_step_leaves_the_old_or_the_new_state(
    here: Place, there: Place, tmp_path: Path
) -> None:
    tar = tmp_path / "backup.tar"
    tar.write_bytes(here.back_up())
    old, new = there.contents(), here.contents()

    def attempt(last: int) -> subprocess.CompletedProcess[str]:
        words = [sys.executable, "-c", DIES_AT, str(there.directory), str(tar), str(last)]
        return subprocess.run(words, capture_output=True, text=True)

    ours = there.back_up()
    there.restore(ours)  # as before each attempt below, so that all of them take as many steps
    done = attempt(0)
    steps = int(done.stdout)
    assert there.contents() == new, done.stderr
    found = []
    for last in range(1, steps + 1, times(4, 1)):
        there.restore(ours)
        assert attempt(last).returncode == -signal.SIGKILL
        found.append(there.contents())
        assert found[-1] in (old, new), f"killed at step {last} of {steps}"
    assert old in found
    assert new in found
    sweep(restore_temp_dir(there.directory))
    assert not restore_temp_dir(there.directory).exists()
    there.restore(ours)
    assert there.log_files() <= there.expected_log_files(), "what the killed ones have left is gone"


def test_only_one_backup_runs_at_a_time_and_leftovers_are_removed(here: Place) -> None:
    directory = backup_temp_dir(here.directory)
    with exclusive_temp_dir(directory) as room:
        (room / "queue.db").write_text("half of it")
        with pytest.raises(UnderWay, match="another backup is in progress"):
            here.back_up()
        sweep(directory)
        assert (room / "queue.db").exists(), "somebody works there"
    assert not directory.exists()
    directory.mkdir()
    (directory / "queue.db").write_text("left")
    sweep(directory)
    assert not directory.exists()
