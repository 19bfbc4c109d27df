"""What the ear may have heard instead: with it a recorded call can be replayed."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    op.add_column("turns", sa.Column("alternatives", sa.JSON))


def downgrade() -> None:
    with op.batch_alter_table("turns") as turns:
        turns.drop_column("alternatives")
