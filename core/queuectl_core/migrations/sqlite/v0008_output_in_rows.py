"""Short outputs, and the end of every output, are stored with the attempt."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    op.add_column("attempt", sa.Column("output", sa.LargeBinary(), nullable=True))
    op.add_column("attempt", sa.Column("output_tail", sa.String(), nullable=True))
    op.add_column("attempt", sa.Column("note", sa.String(), nullable=True))
