"""`queuectl worker`: start and stop workers on this machine; list and drain all workers."""

import os
import signal
import socket
import subprocess
import time
from pathlib import Path
from typing import Annotated, Any

import typer

from queuectl_cli import local_system, signals
from queuectl_cli.client import segment
from queuectl_cli.context import client
from queuectl_cli.for_each_id import for_each_id
from queuectl_cli.listing import print_list
from queuectl_cli.options import OutputFormat, OutputOption
from queuectl_cli.output import age, note, say

app = typer.Typer(help="Workers: start and stop them here, list and drain them anywhere.", no_args_is_help=True)


@app.command()
def start(
    count: Annotated[int, typer.Option(min=1, max=100, help="Number of worker processes.")] = 1,
    concurrency: Annotated[int | None, typer.Option(min=1, help="Number of commands each worker runs at once.")] = None,
    queues: Annotated[
        str | None, typer.Option("--queues", "-q", help="Serve only these queues, separated by commas.")
    ] = None,
    detach: Annotated[
        bool, typer.Option("--detach", "-d", help="Run in the background; print the process ids and return.")
    ] = False,
) -> None:
    """Start workers on this machine. Ctrl-C lets running jobs finish; a second one stops them at once."""
    chosen = {"QUEUECTL_CONCURRENCY": str(concurrency) if concurrency else None, "QUEUECTL_QUEUES": queues}
    environment = local_system.without_tokens(os.environ) | {
        name: value for name, value in chosen.items() if value is not None
    }
    program = local_system.program("queuectl-worker")
    if detach:
        for _ in range(count):
            with local_system.log_file("worker").open("ab") as log:
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
    # In their own process groups: the terminal's Ctrl-C reaches only this process, which forwards it.
    processes = [subprocess.Popen([program], env=environment, process_group=0) for _ in range(count)]

    def forward(number: int, _frame: object) -> None:
        for process in processes:
            process.send_signal(number)

    signals.handle(forward, signal.SIGINT, signal.SIGTERM)
    raise SystemExit(max(abs(process.wait()) for process in processes))


@app.command("list")
def list_workers(output: OutputOption = OutputFormat.TABLE) -> None:
    """List the live workers."""
    items = client().get("/api/workers")["items"]
    print_list(items, "id", output, ("ID", "STATE", "BUSY", "SLOTS", "QUEUES", "UP", "PID"), _row)
    for item in items:
        if item["holding_still"]:
            note(f"{item['id']} is on hold: {item['holding_still']}")


def _row(item: dict[str, Any]) -> tuple[object, ...]:
    return (
        item["id"],
        _state(item),
        item["busy"],
        item["slots"],
        ",".join(item["queues"]),
        age(item["started_at"]),
        item["pid"],
    )


def _state(worker: dict[str, Any]) -> str:
    if worker["holding_still"]:
        return "on hold"
    return "draining" if worker["draining"] else "busy" if worker["busy"] else "idle"


@app.command()
def drain(worker_ids: Annotated[list[str], typer.Argument(metavar="ID…")]) -> None:
    """Drain workers: they finish running jobs and take no new ones.

    A drained worker stays idle until it is restarted.
    """
    api = client()

    def act(worker_id: str) -> None:
        api.post(f"/api/workers/{segment(worker_id)}/drain")
        note(f"{worker_id} is draining")

    for_each_id(worker_ids, act)


@app.command()
def stop() -> None:
    """Stop all workers on this machine.

    This includes workers started by other programs. Returns when all have drained and ended.
    """
    host = socket.gethostname()
    here = [item for item in client().get("/api/workers")["items"] if item["host"] == host and _is_worker(item["pid"])]
    if not here:
        note("no workers are running on this machine")
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
