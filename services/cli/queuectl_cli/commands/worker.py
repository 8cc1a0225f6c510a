"""`queuectl worker`: workers here, and the list of all."""

import os
import signal
import socket
import subprocess
import time
from pathlib import Path
from typing import Annotated

import typer

from queuectl_cli import local, signals
from queuectl_cli.client import segment
from queuectl_cli.context import client
from queuectl_cli.each import each
from queuectl_cli.options import AsJson
from queuectl_cli.output import ago, note, print_json, print_table, say

app = typer.Typer(help="Workers: start and stop them here, list and drain them anywhere.", no_args_is_help=True)


@app.command()
def start(
    count: Annotated[int, typer.Option(min=1, max=100, help="So many worker processes.")] = 1,
    concurrency: Annotated[int | None, typer.Option(min=1, help="Commands that each runs at once.")] = None,
    queues: Annotated[str | None, typer.Option(help="Take from these queues only, with commas.")] = None,
    detach: Annotated[bool, typer.Option("--detach", "-d", help="Leave them running, and return.")] = False,
) -> None:
    """Start workers on this machine. Ctrl-C has them finish what runs; a second one stops them at once."""
    chosen = {"QUEUECTL_CONCURRENCY": str(concurrency) if concurrency else None, "QUEUECTL_QUEUES": queues}
    environment = local.without_tokens(os.environ) | {
        name: value for name, value in chosen.items() if value is not None
    }
    program = local.program("queuectl-worker")
    if detach:
        for _ in range(count):
            with local.log_file("worker").open("ab") as log:
                process = subprocess.Popen(
                    [program],
                    env=environment,
                    stdout=log,
                    stderr=log,
                    stdin=subprocess.DEVNULL,
                    start_new_session=True,
                )
            say(str(process.pid))
        return
    # In groups of their own: the terminal's Ctrl-C reaches only this process, which passes it on.
    processes = [subprocess.Popen([program], env=environment, process_group=0) for _ in range(count)]

    def pass_on(number: int, _frame: object) -> None:
        for process in processes:
            process.send_signal(number)

    signals.handle(pass_on, signal.SIGINT, signal.SIGTERM)
    raise SystemExit(max(abs(process.wait()) for process in processes))


@app.command("list")
def list_workers(as_json: AsJson = False) -> None:
    """List the workers that are alive."""
    items = client().get("/api/workers")["items"]
    if as_json:
        print_json(items)
        return
    print_table(
        ("ID", "STATE", "BUSY", "SLOTS", "QUEUES", "UP", "PID"),
        [
            (
                item["id"],
                "draining" if item["draining"] else "busy" if item["busy"] else "idle",
                item["busy"],
                item["slots"],
                ",".join(item["queues"]),
                ago(item["started_at"]),
                item["pid"],
            )
            for item in items
        ],
    )


@app.command()
def drain(worker_ids: Annotated[list[str], typer.Argument(metavar="ID…")]) -> None:
    """Have workers finish what they run and take nothing new, until they are stopped or started anew."""
    api = client()

    def act(worker_id: str) -> None:
        api.post(f"/api/workers/{segment(worker_id)}/drain")
        note(f"{worker_id} is draining")

    each(worker_ids, act)


@app.command()
def stop() -> None:
    """Stop all workers of this machine, wherever they were started; returns when they have drained."""
    host = socket.gethostname()
    here = [item for item in client().get("/api/workers")["items"] if item["host"] == host and _is_worker(item["pid"])]
    if not here:
        note("no worker runs on this machine")
    for item in here:
        os.kill(item["pid"], signal.SIGTERM)
    for item in here:
        while _is_worker(item["pid"]):
            time.sleep(0.05)
        note(f"{item['id']} has stopped")


def _is_worker(pid: int) -> bool:
    try:
        words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    except OSError:
        return False
    return any(word.endswith(b"queuectl-worker") for word in words)
