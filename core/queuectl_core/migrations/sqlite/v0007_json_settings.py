"""A setting may be any JSON. In such a column SQLite stores numbers as numbers, anything else as JSON text."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    with op.batch_alter_table("config") as config:
        config.alter_column("value", type_=sa.JSON(), existing_type=sa.Float(), existing_nullable=False)
