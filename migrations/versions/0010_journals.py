"""How far each node's events are written, so that none of its journal is written twice."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    op.create_table(
        "journals",
        sa.Column("node", sa.Text, nullable=False),
        sa.Column("run", sa.String(32), nullable=False),
        sa.Column("number", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("node", name="journals_pkey"),
    )


def downgrade() -> None:
    op.drop_table("journals")
