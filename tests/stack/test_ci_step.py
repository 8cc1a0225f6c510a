"""The example CI step, which uses the command line from a script."""

import subprocess
import uuid

from tests.running import ROOT, clean_environment, eventually
from tests.stack.stacks import Stack

PRINTED = "1\n2\n3\n4\n5\n6\n"


def step(stack: Stack, key: str, *words: str) -> subprocess.Popen[str]:
    """Start the script without waiting for it."""
    pipe = subprocess.PIPE
    environment = clean_environment(url=stack.system.url) | {"QUEUE": key}
    return subprocess.Popen(
        [ROOT / "examples/ci-step", key, *words],
        env=environment, stdin=subprocess.DEVNULL, stdout=pipe, stderr=pipe, text=True, start_new_session=True,
    )  # fmt: skip


def jobs_of(stack: Stack, key: str) -> list[str]:
    return stack.system.queuectl("list", "--queue", key, "-o", "ids").out.split()


def test_it_survives_a_restart_of_the_api_and_ends_as_its_command(stack: Stack) -> None:
    key = f"ci-{uuid.uuid4().hex[:8]}"
    go = f"/tmp/{key}"
    work = f"seq 3; until [ -e {go} ]; do sleep 0.1; done; seq 4 6; exit 7"
    running = step(stack, key, "sh", "-c", work)
    assert running.stdout
    assert running.stderr
    first = running.stdout.readline()
    stack.restart_api()
    stack.touch(go)
    # Not with `communicate`, which misses what was already buffered.
    out, err = running.stdout.read(), running.stderr.read()
    assert (running.wait(timeout=120), first + out) == (7, PRINTED)
    assert "reconnected" in err


def test_run_again_it_follows_the_same_job(stack: Stack) -> None:
    key = f"ci-{uuid.uuid4().hex[:8]}"
    ends = [step(stack, key, "sh", "-c", "echo done; exit 3").communicate(timeout=120)[0] for _ in range(2)]
    assert ends == ["done\n", "done\n"]
    assert len(jobs_of(stack, key)) == 1


def test_stopped_it_stops_its_job(stack: Stack) -> None:
    key = f"ci-{uuid.uuid4().hex[:8]}"
    running = step(stack, key, "sh", "-c", "echo begun; sleep 600")
    assert running.stdout
    assert running.stdout.readline() == "begun\n"
    running.terminate()
    assert running.wait(timeout=120) == 143, "as its command does, which is sent SIGTERM"
    [job] = jobs_of(stack, key)
    eventually(lambda: stack.system.job(job)["state"] == "cancelled")
