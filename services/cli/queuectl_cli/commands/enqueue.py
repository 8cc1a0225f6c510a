"""`queuectl enqueue`: add jobs to the queue."""

import codecs
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Annotated, Any

import typer

from queuectl_cli.client import Client
from queuectl_cli.commands.wait import wait_for
from queuectl_cli.context import client, invocation
from queuectl_cli.enqueue_command import enqueue_command
from queuectl_cli.failure import USAGE, Failure
from queuectl_cli.job_options import JobOptions, with_job_options
from queuectl_cli.json_jobs import object_of, objects
from queuectl_cli.options import IdempotencyKey, OutputFormat, OutputOption, parse_idempotency_key
from queuectl_cli.output import input_bytes, print_json, printing_ids, say
from queuectl_cli.reconnecting import DEFAULT_RECONNECT_FOR, reconnect_with_notes
from queuectl_cli.unique_keys import note_existing, require_key

NDJSON = "application/x-ndjson"
CHUNK = 1 << 16
PROGRESS_BAR_BYTES = 1 << 20
"""From this size on, sending a file shows a progress bar."""


@with_job_options()
def enqueue(
    words: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="COMMAND … | JSON … | @FILE | -",
            help="A command as words or as one shell command line; jobs as JSON; a file of jobs; - for stdin.",
        ),
    ] = None,
    *,
    job: JobOptions,
    idempotency_key: IdempotencyKey = None,
    wait: Annotated[
        bool, typer.Option("--wait", "-w", help="Wait until the jobs have ended; exit 1 if one did not complete.")
    ] = False,
    output: OutputOption = OutputFormat.TABLE,
) -> None:
    """Add jobs to the queue, and print their ids.

    queuectl enqueue --queue media ffmpeg -i in.mov out.mp4

    queuectl enqueue 'sort < in > out'        (a single word is a shell command line)

    queuectl enqueue '{"id": "job1", "command": "sleep 2"}'        (one or more objects)

    queuectl enqueue @jobs.ndjson        (one JSON object per line, or a JSON array)

    queuectl's options go before the command: all words after its first one belong to it. After --, even a single word
    is quoted for the shell, and words like - and @x start a command.

    With 'queuectl up' on this machine, the command starts in the current directory, unless --cwd is given, its queue
    has an allow-list, or it runs in a sandbox. With any other system, the worker chooses the directory.
    """
    key = parse_idempotency_key(idempotency_key)
    api = client()
    options = job.to_json(api)
    answer = _enqueue(api, words or [], options, key)
    ids = answer["ids"] if "ids" in answer else [answer["id"]]
    with printing_ids(ids):
        if output is OutputFormat.JSON:
            print_json(answer)
        else:
            for job_id in ids:
                say(job_id)
    note_existing(answer)
    if wait:
        reconnect = reconnect_with_notes(DEFAULT_RECONNECT_FOR)
        reconnect.connected()
        wait_for(api, ids, reconnect)


def _enqueue(api: Client, words: list[str], options: dict[str, Any], key: str | None) -> Any:
    """Enqueue the typed command, or the jobs that the words stand for; returns the API's response."""
    if invocation.command is not None:
        if words:
            raise Failure(f"{words[0]!r} precedes --: give a job either as JSON or as a command", USAGE)
        return enqueue_command(api, invocation.command, options, key)
    match words:
        case []:
            raise Failure("nothing to enqueue: give a COMMAND, JSON, @FILE or -", USAGE)
        case ["-"]:
            return _from_file(api, input_bytes(), options, key, "stdin", size=0)
        case [word] if word.startswith("@"):
            return _from_path(api, Path(word[1:]), options, key)
    names = ["the argument"] if len(words) == 1 else [f"argument {number}" for number in range(1, len(words) + 1)]
    return _post_jobs(api, [object_of(word, name) for word, name in zip(words, names, strict=True)], options, key)


def _post_jobs(api: Client, jobs: list[dict[str, Any]], options: dict[str, Any], key: str | None) -> Any:
    if len(jobs) == 1:
        require_key(options, jobs[0] | options)
        return api.post("/api/jobs", jobs[0] | options, key=key)
    _require_no_options(options)
    return api.send("/api/jobs/batch", (json.dumps(job).encode() + b"\n" for job in jobs), NDJSON, key)


def _from_path(api: Client, path: Path, options: dict[str, Any], key: str | None) -> Any:
    try:
        with path.open("rb") as file:
            return _from_file(api, file, options, key, str(path), path.stat().st_size)
    except OSError as fault:
        raise Failure(f"{path}: {fault.strerror}", USAGE) from fault


def _from_file(api: Client, file: IO[bytes], options: dict[str, Any], key: str | None, name: str, size: int) -> Any:
    """Stream an array or one object per line. Objects that span lines are read into memory first.

    All jobs are sent in one request, with this idempotency key.
    """
    first = _first_line(file)
    if not first:
        raise Failure(f"{name} is empty: it must contain jobs as JSON", USAGE)
    if first.startswith(b"["):
        _require_no_options(options)
        return api.send("/api/jobs/batch", _chunks(first, file, size), "application/json", key)
    if _is_json(first) and not options:
        return api.send("/api/jobs/batch", _chunks(first, file, size), NDJSON, key)
    return _post_jobs(api, list(objects(_text(first + file.read(), name), name)), options, key)


def _first_line(file: IO[bytes]) -> bytes:
    """The first line that is not blank, without a byte order mark; empty if there is none."""
    first = file.readline().removeprefix(codecs.BOM_UTF8)
    while first.isspace():
        first = file.readline()
    return first.lstrip()


def _require_no_options(options: dict[str, Any]) -> None:
    if options:
        raise Failure("options apply to a single job only: with several, put them into the JSON", USAGE)


def _is_json(line: bytes) -> bool:
    try:
        json.loads(line)
    except ValueError:
        return False
    return True


def _text(content: bytes, name: str) -> str:
    try:
        return content.decode()
    except UnicodeDecodeError as fault:
        raise Failure(f"{name} is not UTF-8: see byte {fault.start + 1}", USAGE) from fault


def _chunks(first: bytes, file: IO[bytes], size: int) -> Iterator[bytes]:
    yield first
    if size < PROGRESS_BAR_BYTES or not sys.stderr.isatty():
        while chunk := file.read(CHUNK):
            yield chunk
        return
    with typer.progressbar(length=size, label="sending", file=sys.stderr) as bar:
        bar.update(len(first))
        while chunk := file.read(CHUNK):
            yield chunk
            bar.update(len(chunk))
