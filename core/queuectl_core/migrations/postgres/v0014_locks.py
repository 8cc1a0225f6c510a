"""The lock of a job."""

from queuectl_core.migrations.sql import run

revision = "0014"
down_revision = "0013"

SCHEMA = """
ALTER TABLE job ADD COLUMN lock text COLLATE "C";
CREATE INDEX job_lock ON job (state, lock) WHERE lock IS NOT NULL AND finished_at IS NULL;

ALTER TABLE ready ADD COLUMN lock text COLLATE "C", DROP CONSTRAINT ready_pkey;
CREATE UNIQUE INDEX ready_line ON ready (queue, rank, place) WHERE lock IS NULL;
CREATE UNIQUE INDEX ready_locked ON ready (queue, rank, lock, place) WHERE lock IS NOT NULL;
"""


def upgrade() -> None:
    run(SCHEMA)
