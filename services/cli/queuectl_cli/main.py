"""`queuectl`: reads the command line, runs one command, and turns what went wrong into a line and a status."""

import os
import sys
from typing import Annotated

import typer

from queuectl_cli import __version__
from queuectl_cli.commands import (
    audit,
    backup,
    cancel,
    config,
    delete,
    dlq,
    down,
    edit,
    enqueue,
    list_jobs,
    login,
    logout,
    logs,
    queue,
    restore,
    retry,
    run,
    show,
    status,
    token,
    up,
    wait,
    worker,
)
from queuectl_cli.context import given
from queuectl_cli.failure import INTERRUPTED, Failure
from queuectl_cli.output import note

app = typer.Typer(
    name="queuectl",
    help="The job queue for shell commands.",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

app.command("enqueue")(enqueue.enqueue)
app.command("run")(run.run)
app.command("list")(list_jobs.list_jobs)
app.command("show")(show.show)
app.command("status")(status.status)
app.command("logs")(logs.logs)
app.command("wait")(wait.wait)
app.command("edit")(edit.edit)
app.command("cancel")(cancel.cancel)
app.command("retry")(retry.retry)
app.command("delete")(delete.delete)
app.add_typer(dlq.app, name="dlq")
app.add_typer(queue.app, name="queue")
app.add_typer(config.app, name="config")
app.add_typer(worker.app, name="worker")
app.command("backup")(backup.backup)
app.command("restore")(restore.restore)
app.command("login")(login.login)
app.command("logout")(logout.logout)
app.add_typer(token.app, name="token")
app.command("audit")(audit.audit)
app.command("up")(up.up)
app.command("down")(down.down)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"queuectl {__version__}")
        raise typer.Exit


@app.callback()
def shared(
    url: Annotated[
        str | None,
        typer.Option(help="Where the API is (or QUEUECTL_URL, or where you are signed in, or this machine)."),
    ] = None,
    token: Annotated[
        str | None,
        typer.Option(
            help="Sign in with this token. All users of this machine can read it here: better 'queuectl login', "
            "or QUEUECTL_TOKEN, or the name of its file in QUEUECTL_TOKEN_FILE."
        ),
    ] = None,
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """The job queue for shell commands."""
    given.url, given.token = url, token


def main() -> None:
    """The program."""
    arguments = sys.argv[1:]
    if "--" in arguments:
        cut = arguments.index("--")
        arguments, given.words = arguments[:cut], arguments[cut + 1 :]
    try:
        app(_shared_first(arguments))
    except Failure as failure:
        note(f"queuectl: {failure}")
        sys.exit(failure.status)
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)
    except BrokenPipeError:  # as in `queuectl list | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)


def _shared_first(arguments: list[str]) -> list[str]:
    """--url and --token may stand behind the command as well."""
    first: list[str] = []
    rest: list[str] = []
    words = iter(arguments)
    for word in words:
        if word in ("--url", "--token"):
            first += [word, *([value] if (value := next(words, None)) is not None else [])]
        elif word.startswith(("--url=", "--token=")):
            first.append(word)
        else:
            rest.append(word)
    return first + rest


if __name__ == "__main__":
    main()
