"""Which node has a call: several may share one database, and each takes up or closes only its own."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.add_column("calls", sa.Column("node", sa.Text, nullable=False, server_default=""))
    op.drop_index("calls_live", "calls")
    live = sa.text("ended_at IS NULL")
    op.create_index("calls_live", "calls", ["node", "started_at"], sqlite_where=live, postgresql_where=live)


def downgrade() -> None:
    op.drop_index("calls_live", "calls")
    live = sa.text("ended_at IS NULL")
    op.create_index("calls_live", "calls", ["started_at"], sqlite_where=live, postgresql_where=live)
    op.drop_column("calls", "node")
