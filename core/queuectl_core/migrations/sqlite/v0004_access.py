"""Access control and containment: tokens, audit log, limits, sandbox, allow-lists."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.create_table(
        "token",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("hash", sa.String(), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("created_at", sa.Float(), nullable=False),
        sa.Column("created_by", sa.String(), nullable=False),
        sa.Column("expires_at", sa.Float(), nullable=True),
        sa.Column("last_used_at", sa.Float(), nullable=True),
        sa.Column("last_used_from", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("name"),
        sa.UniqueConstraint("hash"),
    )
    op.create_table(
        "session",
        sa.Column("hash", sa.String(), nullable=False),
        sa.Column("token", sa.String(), nullable=False),
        sa.Column("created_at", sa.Float(), nullable=False),
        sa.Column("expires_at", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("hash"),
        sa.ForeignKeyConstraint(["token"], ["token.name"], ondelete="CASCADE"),
    )
    op.create_index("ix_session_token", "session", ["token"])
    op.create_table(
        "link",
        sa.Column("hash", sa.String(), nullable=False),
        sa.Column("token", sa.String(), nullable=False),
        sa.Column("expires_at", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("hash"),
        sa.ForeignKeyConstraint(["token"], ["token.name"], ondelete="CASCADE"),
    )
    op.create_index("ix_link_token", "link", ["token"])
    op.create_table(
        "audit",
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("at", sa.Float(), nullable=False),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("address", sa.String(), nullable=False),
        sa.Column("action", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=True),
        sa.Column("jobs", sa.Integer(), nullable=False),
        sa.Column("first", sa.Integer(), nullable=True),
        sa.Column("last", sa.Integer(), nullable=True),
        sa.Column("detail", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("seq"),
        sqlite_autoincrement=True,
    )
    op.create_index("audit_subject", "audit", ["subject", "seq"])
    op.create_index("audit_actor", "audit", ["actor", "seq"])
    op.create_index("audit_first", "audit", ["subject", "first"], sqlite_where=sa.text("first IS NOT NULL"))
    op.add_column("queue", sa.Column("commands", sa.String(), nullable=True))
    op.add_column("job", sa.Column("limits", sa.String(), nullable=True))
    op.add_column("job", sa.Column("sandbox", sa.Boolean(), nullable=False, server_default=sa.false()))
    # Renamed, so that a worker of the previous version, which ignores limits and sandbox, cannot claim anything.
    op.drop_index("job_ready", "job")
    op.create_index("job_claimable", "job", ["queue", sa.text("priority DESC"), "seq"], sqlite_where=sa.text("due = 1"))
