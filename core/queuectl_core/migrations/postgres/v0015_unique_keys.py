"""Unique keys of jobs."""

from queuectl_core.migrations.sql import run

revision = "0015"
down_revision = "0014"

SCHEMA = """
ALTER TABLE job
    ADD COLUMN unique_key text COLLATE "C",
    ADD COLUMN unique_for double precision,
    ADD COLUMN held_key text COLLATE "C",
    ADD COLUMN held_until double precision;
CREATE UNIQUE INDEX job_held_key ON job (held_key) WHERE held_key IS NOT NULL;
"""


def upgrade() -> None:
    run(SCHEMA)
