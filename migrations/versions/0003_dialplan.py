"""What the dialplan keeps: the way through its steps, actions that it promised, what it remembers of a
caller.
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    for name in ("trunk", "route"):
        op.add_column("calls", sa.Column(name, sa.Text, nullable=False, server_default=""))
    op.add_column("turns", sa.Column("path", sa.JSON))
    op.add_column("turns", sa.Column("language", sa.Text, nullable=False, server_default=""))
    op.create_table(
        "actions",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer, "sqlite"), nullable=False),
        sa.Column("call_id", sa.String(32), nullable=False),
        sa.Column("key", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("arguments", sa.JSON, nullable=False),
        sa.Column("order_key", sa.Text, nullable=False, server_default=""),
        sa.Column("promised_at", sa.Double, nullable=False),
        sa.PrimaryKeyConstraint("id", name="actions_pkey"),
        sa.ForeignKeyConstraint(["call_id"], ["calls.call_id"], name="actions_call_id_fkey"),
        sa.UniqueConstraint("call_id", "key", name="actions_call_id_key_key"),
    )
    op.create_table(
        "callers",
        sa.Column("plan", sa.Text, nullable=False),
        sa.Column("number", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("value", sa.Text, nullable=False),
        sa.Column("at", sa.Double, nullable=False),
        sa.PrimaryKeyConstraint("plan", "number", "name", name="callers_pkey"),
    )
    op.create_index("callers_at", "callers", ["at"])


def downgrade() -> None:
    op.drop_table("callers")
    op.drop_table("actions")
    for table, name in (("turns", "language"), ("turns", "path"), ("calls", "route"), ("calls", "trunk")):
        op.drop_column(table, name)
