"""Schedules and their fires, and what enqueued a job."""

from queuectl_core.migrations.sql import run

revision = "0013"
down_revision = "0012"

SCHEMA = """
ALTER TABLE job ADD COLUMN schedule text COLLATE "C", ADD COLUMN scheduled_at double precision;
CREATE INDEX job_schedule ON job (schedule) WHERE schedule IS NOT NULL AND finished_at IS NULL;

CREATE TABLE schedule (
    name text COLLATE "C" PRIMARY KEY,
    cron text COLLATE "C",
    every integer,
    timezone text COLLATE "C" NOT NULL,
    job text COLLATE "C" NOT NULL,
    catch_up text COLLATE "C" NOT NULL,
    catch_up_window double precision NOT NULL,
    overlap text COLLATE "C" NOT NULL,
    jitter double precision NOT NULL,
    starts_at double precision,
    ends_at double precision,
    pause_after integer,
    paused smallint NOT NULL,
    pause_reason text COLLATE "C",
    created_at double precision NOT NULL,
    updated_at double precision NOT NULL,
    anchor double precision NOT NULL,
    since double precision NOT NULL,
    next_nominal double precision,
    next_at double precision,
    fires integer NOT NULL,
    planned_at double precision NOT NULL
);
CREATE INDEX schedule_next ON schedule (next_at) WHERE next_at IS NOT NULL;
CREATE INDEX schedule_planned ON schedule (planned_at) WHERE next_at IS NOT NULL;

CREATE TABLE fire (
    schedule text COLLATE "C" REFERENCES schedule ON DELETE CASCADE,
    scheduled_at double precision,
    until double precision,
    outcome text COLLATE "C" NOT NULL,
    job text COLLATE "C",
    detail text COLLATE "C",
    PRIMARY KEY (schedule, scheduled_at)
);
CREATE INDEX fire_waiting ON fire (schedule, scheduled_at) WHERE outcome = 'enqueued' AND job IS NULL;

CREATE TABLE fire_counter (
    outcome text COLLATE "C" PRIMARY KEY,
    number bigint NOT NULL
);
"""


def upgrade() -> None:
    run(SCHEMA)
