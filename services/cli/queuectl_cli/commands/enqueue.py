"""`queuectl enqueue`: put jobs into the queue."""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Annotated, Any

import typer

from queuectl_cli import typed
from queuectl_cli.client import Client
from queuectl_cli.commands import new_job
from queuectl_cli.commands.wait import wait_for
from queuectl_cli.context import client, given
from queuectl_cli.failure import USAGE, Failure
from queuectl_cli.options import AsJson
from queuectl_cli.output import print_json, say

NDJSON = "application/x-ndjson"
CHUNK = 1 << 16
WORTH_A_BAR = 1 << 20


def enqueue(
    job: Annotated[
        str | None,
        typer.Argument(metavar="[JSON | @FILE | - | -- COMMAND …]", help="A job as JSON, a file of jobs, - for stdin."),
    ] = None,
    id: new_job.Id = None,
    queue: new_job.Queue = None,
    priority: new_job.Priority = None,
    delay: new_job.Delay = None,
    at: new_job.At = None,
    max_retries: new_job.MaxRetries = None,
    backoff_base: new_job.BackoffBase = None,
    timeout: new_job.Timeout = None,
    env: new_job.Env = None,
    cwd: new_job.Cwd = None,
    tag: new_job.Tag = None,
    limit: new_job.Limit = None,
    sandbox: new_job.Sandbox = None,
    wait: Annotated[
        bool, typer.Option("--wait", help="Wait until all have ended; exit 1 if one did not complete.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Put a job into the queue, or many; prints their ids.

    queuectl enqueue -- ffmpeg -i in.mov out.mp4

    queuectl enqueue '{"id": "job1", "command": "sleep 2"}'

    queuectl enqueue @jobs.ndjson        (a JSON object a line, or a JSON array)

    With 'queuectl up' on this machine a command behind -- starts in the current directory, unless --cwd names another
    one, its queue has a list of commands, or it runs in a sandbox. With any other system the worker decides.
    """
    api = client()
    options = new_job.fields(
        api, id=id, queue=queue, priority=priority, delay=delay, at=at, max_retries=max_retries,
        backoff_base=backoff_base, timeout=timeout, env=env, cwd=cwd, tag=tag, limit=limit, sandbox=sandbox,
    )  # fmt: skip
    if given.words and job is not None:
        raise Failure(f"{job!r} stands before --: give a job either as JSON or as a command behind --", USAGE)
    if given.words:
        answer = typed.enqueue(api, given.words, options)
    elif job is None:
        raise Failure("what is to be enqueued? queuectl enqueue -- COMMAND, or JSON, @FILE or -", USAGE)
    elif job == "-":
        answer = _from_file(api, sys.stdin.buffer, options, "stdin", size=0)
    elif job.startswith("@"):
        answer = _from_path(api, Path(job[1:]), options)
    else:
        answer = api.post("/api/jobs", _object(job, "the argument") | options)
    ids = answer["ids"] if "ids" in answer else [answer["id"]]
    if as_json:
        print_json(answer)
    else:
        for job_id in ids:
            say(job_id)
    if wait:
        wait_for(api, ids)


def _from_path(api: Client, path: Path, options: dict[str, Any]) -> Any:
    try:
        with path.open("rb") as file:
            return _from_file(api, file, options, str(path), path.stat().st_size)
    except OSError as fault:
        raise Failure(f"{path}: {fault.strerror}", USAGE) from fault


def _from_file(api: Client, file: IO[bytes], options: dict[str, Any], name: str, size: int) -> Any:
    """One object over several lines is one job; an array, or an object a line, are many, and are streamed."""
    first = file.readline()
    while first.isspace():
        first = file.readline()
    if not first:
        raise Failure(f"{name} is empty: it should hold jobs as JSON", USAGE)
    if first.lstrip().startswith(b"["):
        content_type = "application/json"
    elif _is_json(first):
        content_type = NDJSON
    else:
        return api.post("/api/jobs", _object((first + file.read()).decode(errors="replace"), name) | options)
    if options:
        raise Failure("options go with a single job, not with a list of them: put them into the JSON", USAGE)
    return api.send("/api/jobs/batch", _chunks(first, file, size), content_type)


def _is_json(line: bytes) -> bool:
    try:
        json.loads(line)
    except ValueError:
        return False
    return True


def _object(text: str, name: str) -> dict[str, Any]:
    try:
        parsed = json.loads(text)
    except ValueError as fault:
        hint = f" (a command goes behind --: queuectl enqueue -- {text})" if name == "the argument" else ""
        raise Failure(f"{name} is not valid JSON: {fault}{hint}", USAGE) from fault
    if not isinstance(parsed, dict):
        raise Failure(f'{name} must be a JSON object like {{"command": "echo hello"}}', USAGE)
    return parsed


def _chunks(first: bytes, file: IO[bytes], size: int) -> Iterator[bytes]:
    yield first
    if size < WORTH_A_BAR or not sys.stderr.isatty():
        while chunk := file.read(CHUNK):
            yield chunk
        return
    with typer.progressbar(length=size, label="sending", file=sys.stderr) as bar:
        bar.update(len(first))
        while chunk := file.read(CHUNK):
            yield chunk
            bar.update(len(chunk))
