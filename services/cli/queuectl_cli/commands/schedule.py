"""`queuectl schedule`: enqueue jobs at times, as cron does."""

from pathlib import Path
from typing import Annotated, Any

import typer

from queuectl_cli import schedule_names
from queuectl_cli.client import Client, segment
from queuectl_cli.command import CommandAfterDashes
from queuectl_cli.commands.list_jobs import All, Limit
from queuectl_cli.confirm import confirm
from queuectl_cli.context import client
from queuectl_cli.crontab_import import CrontabImport
from queuectl_cli.failure import USAGE, Failure
from queuectl_cli.for_each_id import for_each_id, show_each
from queuectl_cli.job_options import JobOptions, with_job_options
from queuectl_cli.listing import print_list
from queuectl_cli.options import (
    IdempotencyKey,
    OutputFormat,
    OutputFormatNoIds,
    OutputOption,
    OutputOptionNoIds,
    Yes,
    parse_idempotency_key,
    parse_option,
)
from queuectl_cli.output import note, print_json, printing_ids, say
from queuectl_cli.pages import fetch, more_hint
from queuectl_cli.schedule_jobs import WORDS, create_here, is_json, typed_job
from queuectl_cli.schedule_options import ScheduleOptions, with_schedule_options
from queuectl_cli.schedule_output import COLUMNS, next_time, print_fires, print_schedule, print_times, row
from queuectl_cli.time_formats import parse_past
from queuectl_cli.unique_keys import require_key

app = typer.Typer(help="Schedules: enqueue jobs at times, as cron does.", no_args_is_help=True)

NOT_OF_SCHEDULES = ("id", "delay", "at")
"""Options of a job that those of a schedule do not have."""

SHOWN = 5
"""How many times to come and fires `show` prints."""

NewName = Annotated[str, typer.Argument(metavar="NAME")]
Name = Annotated[str, typer.Argument(metavar="NAME", autocompletion=schedule_names.complete)]
Names = Annotated[list[str], typer.Argument(metavar="NAME…", autocompletion=schedule_names.complete)]
Words = Annotated[list[str] | None, typer.Argument(metavar=WORDS)]


@app.command(cls=CommandAfterDashes)
@with_schedule_options()
@with_job_options(without=NOT_OF_SCHEDULES)
def add(
    name: NewName,
    words: Words = None,
    *,
    schedule: ScheduleOptions,
    job: JobOptions,
    output: OutputOptionNoIds = OutputFormatNoIds.TABLE,
) -> None:
    """Create a schedule: a job is enqueued at each of its times.

    queuectl schedule add nightly --cron '30 2 * * *' --timezone Europe/Berlin -- ./backup --full

    queuectl schedule add poll --every 15m 'curl -s example.com | wc -c'        (a single word is a line for the shell)

    queuectl schedule add report --cron @daily '{"command": "make report", "queue": "slow"}'

    Times are in UTC unless --timezone is given.
    """
    api, given = client(), words or []
    rule, settings = schedule.to_json(), typed_job(api, given, job)
    if not {"cron", "every"} & rule.keys():
        raise Failure("say when it fires: --cron EXPR, or --every DURATION", USAGE)
    if not settings:
        raise Failure(f"nothing to enqueue: give {WORDS}", USAGE)
    require_key(settings, settings)
    new = {"name": name, **rule, "job": settings}
    created = api.post("/api/schedules", new) if is_json(given) else create_here(api, new)
    _print_changed(created, "is scheduled", output)


@app.command("list")
def list_schedules(limit: Limit = 50, everything: All = False, output: OutputOption = OutputFormat.TABLE) -> None:
    """List schedules by name, with the next and the last time of each."""
    items, cut = fetch(client(), "/api/schedules", {}, None if everything else limit)
    print_list(items, "name", output, COLUMNS, row)
    if cut and output is not OutputFormat.JSON:
        note(more_hint(items))


@app.command()
def show(names: Names, output: OutputOption = OutputFormat.TABLE) -> None:
    """Show schedules: when they fire and what, the next times and the last fires. --json prints one object each."""
    api = client()

    def print_all(name: str, schedule: dict[str, Any]) -> None:
        print_schedule(schedule)
        _print_around_now(api, name, schedule)

    show_each(names, output, "name", lambda name: _get(api, name), print_all)


@app.command("next")
def list_next(
    name: Name,
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, max=100, metavar="N", help="How many.")] = 10,
    output: OutputOptionNoIds = OutputFormatNoIds.TABLE,
) -> None:
    """List the next times of a schedule, in its time zone."""
    api = client()
    schedule = _get(api, name)
    times = api.get(_path(name, "next"), {"n": limit})["items"]
    if output is OutputFormatNoIds.JSON:
        print_json(times)
        return
    print_times(schedule, times)
    if not times:
        note(f"{name}: {next_time(schedule)}")


@app.command(cls=CommandAfterDashes)
@with_schedule_options()
@with_job_options(without=NOT_OF_SCHEDULES)
def edit(
    name: Name,
    words: Words = None,
    *,
    schedule: ScheduleOptions,
    job: JobOptions,
    output: OutputOptionNoIds = OutputFormatNoIds.TABLE,
) -> None:
    """Change a schedule. Only the given fields change.

    --every replaces --cron, and the other way round. 'none' removes --from, --until and --pause-after. Tags, variables
    and limits are replaced as a whole. A change of when it fires applies from now on; jobs that are enqueued already
    stay as they are.
    """
    api = client()
    changes, settings = schedule.to_json(), typed_job(api, words or [], job)
    if settings:
        changes["job"] = settings
    if not changes:
        raise Failure("nothing to change: give an option, or a command after --", USAGE)
    with schedule_names.suggesting(api, name):
        changed = api.call("PATCH", _path(name), body=changes)
    _print_changed(changed, "is changed", output)


@app.command()
def pause(names: Names) -> None:
    """Pause schedules: none of their times fires until they are resumed. Running jobs continue."""
    api = client()

    def act(name: str) -> None:
        with schedule_names.suggesting(api, name):
            api.post(_path(name, "pause"))
        note(f"{name} is paused")

    for_each_id(names, act)


@app.command()
def resume(names: Names) -> None:
    """Resume paused schedules. The times while they were paused are not caught up."""
    api = client()

    def act(name: str) -> None:
        with schedule_names.suggesting(api, name):
            schedule = api.post(_path(name, "resume"))
        note(f"{name} is active: {next_time(schedule)}")

    for_each_id(names, act)


@app.command()
def run(
    name: Name,
    force: Annotated[
        bool, typer.Option("--force", help="Even if an earlier job has not ended, whatever the overlap rule says.")
    ] = False,
    idempotency_key: IdempotencyKey = None,
    output: OutputOption = OutputFormat.TABLE,
) -> None:
    """Fire now, in addition to the times of the schedule, and print the id of the job.

    Paused schedules fire as well. If jobs may not overlap, this is refused while an earlier one has not ended.
    """
    key = parse_idempotency_key(idempotency_key)
    api = client()
    with schedule_names.suggesting(api, name):
        fire = api.post(_path(name, "run"), query={"force": "true" if force else None}, key=key)
    with printing_ids([fire["job"]] if fire["job"] else []):
        if output is OutputFormat.JSON:
            print_json(fire)
        elif fire["job"]:
            say(fire["job"])
    if fire["outcome"] != "enqueued":
        raise Failure(f"{name} was not run: {fire['outcome']}: {fire['detail']}")
    if not fire["job"]:
        note(f"{name} waits for its turn: an earlier job has not ended")


@app.command()
def history(
    name: Name, limit: Limit = 50, everything: All = False, output: OutputOptionNoIds = OutputFormatNoIds.TABLE
) -> None:
    """Show what became of the times of a schedule, newest first."""
    api = client()
    schedule = _get(api, name)
    fires, cut = fetch(api, _path(name, "history"), {}, None if everything else limit)
    if output is OutputFormatNoIds.JSON:
        print_json(fires)
        return
    print_fires(schedule, fires)
    if cut:
        note(more_hint(fires))


@app.command()
def backfill(
    name: Name,
    begin: Annotated[
        str, typer.Option("--from", metavar="TIME", help="The first moment, e.g. 2026-01-31 or 2d (ago).")
    ],
    until: Annotated[str, typer.Option(metavar="TIME", help="The moment after the last time, which must be past.")],
) -> None:
    """Fire the times between two moments in the past for which no job was enqueued, at most 1,000.

    One after another, unless jobs of the schedule may overlap.
    """
    api = client()
    between = {"from": parse_option("--from", begin, parse_past), "until": parse_option("--until", until, parse_past)}
    with schedule_names.suggesting(api, name):
        count = api.post(_path(name, "backfill"), between)["count"]
    note(f"{name}: {count} time{'' if count == 1 else 's'} backfilled")


@app.command()
def delete(names: Names, yes: Yes = False) -> None:
    """Delete schedules and their history. Jobs that are enqueued already stay."""
    confirm(f"Delete {', '.join(names)} and {'its' if len(names) == 1 else 'their'} history?", yes=yes)
    api = client()

    def act(name: str) -> None:
        with schedule_names.suggesting(api, name):
            api.call("DELETE", _path(name))
        note(f"{name} is deleted")

    for_each_id(names, act)


@app.command("import")
@with_job_options(without=NOT_OF_SCHEDULES)
def import_crontab(
    file: Annotated[str, typer.Argument(metavar="FILE | -", help="A crontab; - for stdin.")],
    *,
    system: Annotated[
        bool, typer.Option("--system", help="The format of /etc/crontab, with a user before each command.")
    ] = False,
    timezone: Annotated[
        str | None,
        typer.Option(
            metavar="ZONE", help="Time zone of the crontab; by default its CRON_TZ, otherwise that of this machine."
        ),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Print the equivalent commands; do not change anything.")
    ] = False,
    job: JobOptions,
    output: OutputOption = OutputFormat.TABLE,
) -> None:
    """Create a schedule for each entry of a crontab, and print their names.

    crontab -l | queuectl schedule import -

    Lines that cannot be taken are reported with the reason, and the others are imported; the exit status is then 1.
    Names come from the commands. A second import changes nothing. Options of a job apply to all entries.
    """
    crontab_import = CrontabImport(client(), Path(file), system=system, timezone=timezone, job=job)
    if dry_run:
        crontab_import.print_commands()
    else:
        crontab_import.run(output)
    crontab_import.exit()


def _path(name: str, *parts: str) -> str:
    return "/".join(["/api/schedules", segment(name), *parts])


def _get(api: Client, name: str) -> dict[str, Any]:
    with schedule_names.suggesting(api, name):
        schedule: dict[str, Any] = api.get(_path(name))
    return schedule


def _print_changed(schedule: dict[str, Any], what: str, output: OutputFormatNoIds) -> None:
    if output is OutputFormatNoIds.JSON:
        print_json(schedule)
    else:
        note(f"{schedule['name']} {what}: {next_time(schedule)}")


def _print_around_now(api: Client, name: str, schedule: dict[str, Any]) -> None:
    """The next times and the last fires, where there are any."""
    times = api.get(_path(name, "next"), {"n": SHOWN})["items"]
    fires = api.get(_path(name, "history"), {"limit": SHOWN})["items"]
    if times:
        say("")
        print_times(schedule, times)
    if fires:
        say("")
        print_fires(schedule, fires)
