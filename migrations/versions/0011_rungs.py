"""How the answer of a turn came about."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    op.add_column("turns", sa.Column("rung", sa.Text, nullable=False, server_default=""))


def downgrade() -> None:
    with op.batch_alter_table("turns") as turns:
        turns.drop_column("rung")
