"""Schedules: list, create, show, change, delete, pause, resume, run; their next times and their history."""

from collections.abc import Callable
from typing import Annotated, Self

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, ConfigDict, Field

from queuectl_api.access import QueueAccess
from queuectl_api.authentication import VIEWER, Operator
from queuectl_api.content_type import json_body
from queuectl_api.credentials import RequestActor
from queuectl_api.fields import Instant, from_core
from queuectl_api.idempotency import Once
from queuectl_api.problems import documented
from queuectl_core.model.audit import Done
from queuectl_core.model.new_job import JOB_BYTES, JobSettings, Name
from queuectl_core.model.new_job import Instant as GivenInstant
from queuectl_core.model.new_schedule import CATCH_UP, FROM, OVERLAP, UNTIL, NewSchedule, ScheduleChange
from queuectl_core.model.schedule import CatchUp, FireOutcome, Overlap
from queuectl_core.model.schedule import Fire as CoreFire
from queuectl_core.model.schedule import Schedule as CoreSchedule
from queuectl_core.store.store import Store

router = APIRouter(prefix="/schedules", tags=["schedules"], responses=documented(503, 507))


class Fire(BaseModel):
    """What became of a due time of a schedule."""

    scheduled_at: Instant = Field(description="The due time, without jitter.")
    outcome: FireOutcome = Field(
        description="`skipped`: by the overlap rule; `missed`: noticed too late, see `catch_up`; `refused`: its queue"
        " does not accept the job, or another job holds its unique key."
    )
    job: str | None = Field(
        description="The id of the job, which may have been deleted since. null for `enqueued`: it waits for its turn."
    )
    until: Instant | None = Field(description="For `missed`: the last of several times that this entry stands for.")
    detail: str | None = Field(description="The reason.")

    @classmethod
    def of(cls, fire: CoreFire) -> Self:
        """From the core's."""
        return from_core(cls, fire)


class Schedule(BaseModel):
    """A schedule: it enqueues a job at each of its times."""

    model_config = ConfigDict(hide_input_in_errors=True, populate_by_name=True)

    name: str
    cron: str | None = Field(examples=["30 2 * * *"])
    every: int | None = Field(description="Seconds from one time to the next, instead of `cron`.")
    timezone: str = Field(description="The time zone of `cron`.", examples=["Europe/Berlin"])
    job: JobSettings = Field(description="The given settings of its jobs; others have their defaults.")
    catch_up: CatchUp = Field(description=CATCH_UP)
    catch_up_window: float = Field(description="Seconds after which a time is missed.")
    overlap: Overlap = Field(description=OVERLAP)
    jitter: float = Field(description="Each time is delayed by up to this many seconds.")
    starts_at: Instant | None = Field(alias="from", description=FROM)
    ends_at: Instant | None = Field(alias="until", description=UNTIL)
    pause_after: int | None = Field(description="It pauses when this many consecutive jobs have died.")
    paused: bool
    pause_reason: str | None = Field(description="Why it was paused, if not by a user.")
    created_at: Instant
    updated_at: Instant
    next_scheduled_at: Instant | None = Field(description="Its next time; null if it is paused or has ended.")
    next_at: Instant | None = Field(description="When that fires, which the jitter delays.")
    last: Fire | None = Field(description="Its latest fire.")

    @classmethod
    def of(cls, schedule: CoreSchedule, last: CoreFire | None) -> Self:
        """From the core's schedule and its latest fire."""
        return from_core(
            cls,
            schedule,
            job=JobSettings.model_validate(schedule.job),
            next_scheduled_at=schedule.next_nominal,
            last=Fire.of(last) if last else None,
        )


class SchedulePage(BaseModel):
    """A page of schedules, by name; `next_cursor` asks for the next one, null on the last."""

    items: list[Schedule]
    next_cursor: str | None


class NextTime(BaseModel):
    """A time that is to come."""

    scheduled_at: Instant = Field(description="The time itself.")
    fires_at: Instant = Field(description="When it fires, which the jitter delays.")


class NextTimes(BaseModel):
    """The next times of a schedule, in order."""

    items: list[NextTime]


class FirePage(BaseModel):
    """A page of a schedule's history, newest first; `next_cursor` asks for the next one, null on the last."""

    items: list[Fire]
    next_cursor: str | None


class Backfill(BaseModel):
    """Which times are to fire: from `from` until before `until`."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"from": "2026-01-30T00:00:00Z", "until": "2026-01-31T00:00:00Z"}]},
    )

    begin: GivenInstant = Field(alias="from")
    end: GivenInstant = Field(alias="until")


class Backfilled(BaseModel):
    """How many times have fired, or wait for their turn."""

    count: int


@router.get("", operation_id="listSchedules", dependencies=[VIEWER])
async def list_schedules(
    access: QueueAccess,
    limit: Annotated[int, Query(ge=1, le=500)] = 50,
    cursor: Annotated[Name | None, Query()] = None,
) -> SchedulePage:
    """List schedules by name, a page at a time."""

    def query(store: Store) -> SchedulePage:
        page = store.schedules.page(limit=limit, cursor=cursor)
        latest = store.fires.latest([schedule.name for schedule in page.items])
        items = [Schedule.of(schedule, latest.get(schedule.name)) for schedule in page.items]
        return SchedulePage(items=items, next_cursor=page.next_cursor)

    return await access.read(query)


@router.post(
    "",
    status_code=201,
    operation_id="createSchedule",
    dependencies=[json_body(JOB_BYTES)],
    responses=documented(409, 415),
)
async def create(new: NewSchedule, actor: Operator, access: QueueAccess, response: Response) -> Schedule:
    """Create a schedule. Its first time is after now, or at `from` or later."""

    def change(store: Store) -> Schedule:
        schedule = store.schedules.create(new)
        store.audit.record(actor, Done.SCHEDULE_CREATE, new.name, _rule(schedule))
        return Schedule.of(schedule, None)

    created = await access.write(change, actor)
    response.headers["Location"] = f"/api/schedules/{created.name}"
    return created


@router.get("/{name}", operation_id="showSchedule", dependencies=[VIEWER], responses=documented(404))
async def show(name: Name, access: QueueAccess) -> Schedule:
    """One schedule."""
    return await access.read(lambda store: _shown(store, store.schedules.get(name)))


@router.patch(
    "/{name}", operation_id="changeSchedule", dependencies=[json_body(JOB_BYTES)], responses=documented(404, 415)
)
async def change_schedule(name: Name, new: ScheduleChange, actor: Operator, access: QueueAccess) -> Schedule:
    """Change a schedule. Fields that are left out stay unchanged.

    A change of when it fires applies from now on. Jobs that are enqueued already stay as they are.
    """
    fields = ", ".join(sorted({*new.values()} - {"job"} | {f"job.{field}" for field in new.values().get("job", ())}))
    return await _changed(
        name, actor, Done.SCHEDULE_EDIT, access, lambda store: store.schedules.change(name, new), fields
    )


@router.delete("/{name}", status_code=204, operation_id="deleteSchedule", responses=documented(404))
async def delete(name: Name, actor: Operator, access: QueueAccess) -> None:
    """Delete a schedule with its history. Jobs that it has enqueued stay; what waits for its turn does not run."""

    def change(store: Store) -> None:
        store.schedules.delete(name)
        store.audit.record(actor, Done.SCHEDULE_DELETE, name)

    await access.write(change, actor)


@router.post("/{name}/pause", operation_id="pauseSchedule", responses=documented(404))
async def pause(name: Name, actor: Operator, access: QueueAccess) -> Schedule:
    """Pause a schedule: none of its times fires until it is resumed. Running jobs continue."""
    return await _changed(
        name, actor, Done.SCHEDULE_PAUSE, access, lambda store: store.schedules.set_paused(name, True)
    )


@router.post("/{name}/resume", operation_id="resumeSchedule", responses=documented(404))
async def resume(name: Name, actor: Operator, access: QueueAccess) -> Schedule:
    """Resume a schedule. The times while it was paused are not caught up."""
    return await _changed(
        name, actor, Done.SCHEDULE_RESUME, access, lambda store: store.schedules.set_paused(name, False)
    )


@router.get("/{name}/next", operation_id="listNextTimes", dependencies=[VIEWER], responses=documented(404))
async def next_times(name: Name, access: QueueAccess, n: Annotated[int, Query(ge=1, le=100)] = 10) -> NextTimes:
    """The next `n` times; none if the schedule is paused or has ended."""
    found = await access.read(lambda store: store.schedules.next(name, n))
    items = [NextTime.model_validate({"scheduled_at": at, "fires_at": fires_at}) for at, fires_at in found]
    return NextTimes(items=items)


@router.get("/{name}/history", operation_id="listFires", dependencies=[VIEWER], responses=documented(404))
async def history(
    name: Name,
    access: QueueAccess,
    limit: Annotated[int, Query(ge=1, le=500)] = 50,
    cursor: Annotated[str | None, Query(pattern=r"^[0-9]{1,12}(\.[0-9]{1,6})?$")] = None,
) -> FirePage:
    """What became of its times, newest first. At least the latest 1,000 are kept."""
    page = await access.read(lambda store: store.fires.page(name, limit=limit, cursor=cursor))
    return FirePage(items=[Fire.of(fire) for fire in page.items], next_cursor=page.next_cursor)


@router.post("/{name}/run", operation_id="runSchedule", response_model=Fire, responses=documented(404, 409))
async def run(
    name: Name,
    actor: Operator,
    once: Once,
    access: QueueAccess,
    force: Annotated[bool, Query(description="Whatever the overlap rule says.")] = False,
) -> Fire | Response:
    """Fire now, in addition to its times, even if it is paused.

    The overlap rule applies: with `skip`, this is refused (409) while an earlier job has not ended.
    """

    def change(store: Store) -> Fire:
        fire = store.fires.run(name, force=force)
        store.audit.record(actor, Done.SCHEDULE_RUN, name, fire.job)
        return Fire.of(fire)

    if once:
        return await access.write(once.done(change), actor)
    return await access.write(change, actor)


@router.post(
    "/{name}/backfill",
    operation_id="backfillSchedule",
    dependencies=[json_body()],
    responses=documented(404, 415),
)
async def backfill(name: Name, of: Backfill, actor: Operator, access: QueueAccess) -> Backfilled:
    """Fire the times between two moments in the past, at most 1,000, for which no job was enqueued.

    One after another, unless `overlap` is `allow`. Times before the schedule was created count as well.
    """

    def change(store: Store) -> Backfilled:
        count = store.fires.backfill(name, of.begin.timestamp(), of.end.timestamp())
        store.audit.record(actor, Done.SCHEDULE_BACKFILL, name, f"{count} times")
        return Backfilled(count=count)

    return await access.write(change, actor, bulk=True)


async def _changed(
    name: str,
    actor: RequestActor,
    action: Done,
    access: QueueAccess,
    verb: Callable[[Store], CoreSchedule],
    detail: str | None = None,
) -> Schedule:
    """The schedule after `verb`; in the audit log if it has changed."""

    def change(store: Store) -> Schedule:
        before = store.schedules.get(name)
        after = verb(store)
        if after != before:
            store.audit.record(actor, action, name, detail)
        return _shown(store, after)

    return await access.write(change, actor)


def _shown(store: Store, schedule: CoreSchedule) -> Schedule:
    return Schedule.of(schedule, store.fires.latest([schedule.name]).get(schedule.name))


def _rule(schedule: CoreSchedule) -> str:
    """For the audit log."""
    return f"every {schedule.every} s" if schedule.cron is None else f"{schedule.cron} {schedule.timezone}"
