"""Which time of each recurring job is done with."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    op.create_table(
        "jobs",
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("due", sa.Double),
        sa.PrimaryKeyConstraint("name", name="jobs_pkey"),
    )


def downgrade() -> None:
    op.drop_table("jobs")
