"""Commands and logs contain nothing that opens the database."""

import os
import subprocess
from pathlib import Path
from urllib.parse import unquote

import pytest
from psycopg.conninfo import conninfo_to_dict

from tests.lacking import lacking
from tests.postgres.host_fleet import HostFleet
from tests.running import BIN, clean_environment, eventually

NOBODY = 65534


def password(hosts: HostFleet) -> str:
    return str(conninfo_to_dict(hosts.url)["password"]).split()[-1]


def test_a_command_does_not_get_the_url_of_the_database(hosts: HostFleet) -> None:
    job_id = hosts.system.enqueue("env; tr '\\0' '\\n' </proc/$$/environ; cat /proc/$$/cmdline; ls -l /proc/$$/fd")
    hosts.system.in_state(job_id, "completed")
    seen = hosts.system.log(job_id)
    assert "QUEUECTL_JOB_ID" in seen
    assert "DATABASE_URL" not in seen
    assert password(hosts) not in seen
    assert "socket:" not in seen, "it has inherited no connection"


def test_the_url_is_in_no_arguments(hosts: HostFleet) -> None:
    for host in [*hosts.workers, *hosts.apis]:
        assert password(hosts).encode() not in Path(f"/proc/{host.pid}/cmdline").read_bytes()


def test_other_users_cannot_read_the_environment_of_a_worker(hosts: HostFleet) -> None:
    if os.getuid():
        lacking("only root can become another user")
    for pid in (hosts.workers[0].pid, hosts.workers[0].worker_pid):
        read = subprocess.run(
            ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups", "cat", f"/proc/{pid}/environ"],
            capture_output=True,
            text=True,
            check=False,
        )
        assert (read.returncode, read.stdout) == (1, "")
        assert "Permission denied" in read.stderr


@pytest.mark.parametrize("program", ["queuectl-worker", "queuectl-migrate"])
@pytest.mark.parametrize("wrong", ["password", "port", "name"])
def test_no_error_at_the_start_repeats_the_password(hosts: HostFleet, tmp_path: Path, program: str, wrong: str) -> None:
    secret = "/@: very-secret"  # pragma: allowlist secret
    quoted = "%2F%40%3A%20very-secret"
    port = conninfo_to_dict(hosts.url)["port"]
    url = {
        "password": f"postgresql://postgres:{quoted}@127.0.0.1:{port}/postgres",
        "port": f"postgresql://postgres:{quoted}@127.0.0.1:1/postgres",
        "name": f"postgresql://postgres:{secret}@127.0.0.1:{port}/postgres",
    }[wrong]
    process = subprocess.Popen(
        [BIN / program],
        env=clean_environment(database_url=url, data_dir=tmp_path, bind="127.0.0.1:1"),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    told, _ = process.communicate(timeout=60)
    assert process.returncode
    assert told
    assert "very-secret" not in unquote(told)


def test_no_log_contains_the_password(hosts: HostFleet) -> None:
    eventually(lambda: all(host.log.read_text() for host in hosts.workers))
    assert hosts.told_secrets() == []
