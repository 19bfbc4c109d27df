"""Agents, and callers who wait for one."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"

OPEN = "'waiting', 'offered', 'talking', 'call_back', 'calling'"
OVER = "'served', 'abandoned', 'message', 'changed_mind', 'over', 'lost'"
UNENDED = "ended_at IS NULL"


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text, nullable=False, server_default="")


def upgrade() -> None:
    op.create_table(
        "agents",
        sa.Column("name", sa.String(40), nullable=False),
        sa.Column("address", sa.Text, nullable=False),
        sa.Column("skills", sa.JSON, nullable=False),
        sa.Column("ring_time", sa.Double),
        sa.Column("wrap_up", sa.Double),
        sa.Column("accept_key", sa.String(1)),
        sa.Column("state", sa.String(9), nullable=False, server_default="away"),
        sa.Column("state_at", sa.Double, nullable=False),
        _text("reason"),
        sa.Column("until", sa.Double),
        sa.Column("last_free_at", sa.Double, nullable=False, server_default="0"),
        sa.Column("next_state", sa.String(9), nullable=False, server_default=""),
        _text("node"),
        _text("holder"),
        sa.Column("call_id", sa.String(32), nullable=False, server_default=""),
        sa.Column("leg", sa.String(32), nullable=False, server_default=""),
        sa.PrimaryKeyConstraint("name", name="agents_pkey"),
        sa.CheckConstraint(
            "state IN ('available', 'ringing', 'busy', 'wrap_up', 'away')", name=op.f("agents_state_check")
        ),
        sa.CheckConstraint("holder = '' OR state IN ('ringing', 'busy')", name=op.f("agents_held_check")),
        sa.CheckConstraint("until IS NULL OR state IN ('wrap_up', 'away')", name=op.f("agents_until_check")),
    )
    _index("agents_held", "agents", ["holder"], "holder <> ''")
    _index("agents_until", "agents", ["until"], "until IS NOT NULL")
    op.create_table(
        "waiting",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer, "sqlite"), nullable=False),
        sa.Column("call_id", sa.String(32), nullable=False),
        sa.Column("entered_at", sa.Double, nullable=False),
        _text("node"),
        _text("holder"),
        _text("plan"),
        sa.Column("queue", sa.Text, nullable=False),
        sa.Column("priority", sa.Integer, nullable=False, server_default="0"),
        sa.Column("skills", sa.JSON, nullable=False),
        _text("reason"),
        _text("number"),
        sa.Column("since", sa.Double, nullable=False),
        sa.Column("state", sa.String(12), nullable=False, server_default="waiting"),
        _text("agent"),
        sa.Column("tries", sa.Integer, nullable=False, server_default="0"),
        sa.Column("offered_at", sa.Double),
        sa.Column("answered_at", sa.Double),
        sa.Column("ended_at", sa.Double),
        sa.Column("due_at", sa.Double),
        sa.Column("back_since", sa.Double),
        sa.Column("back_call", sa.String(32), nullable=False, server_default=""),
        _text("code"),
        sa.PrimaryKeyConstraint("id", name="waiting_pkey"),
        sa.ForeignKeyConstraint(["call_id"], ["calls.call_id"], name="waiting_call_id_fkey"),
        sa.UniqueConstraint("call_id", "entered_at", name="waiting_call_id_entered_at_key"),
        sa.CheckConstraint(f"state IN ({OPEN}, {OVER})", name=op.f("waiting_state_check")),
        sa.CheckConstraint(f"(state IN ({OPEN})) = (ended_at IS NULL)", name=op.f("waiting_ended_check")),
        sa.CheckConstraint("state <> 'call_back' OR due_at IS NOT NULL", name=op.f("waiting_due_check")),
    )
    _index("waiting_call", "waiting", ["call_id"], UNENDED, unique=True)
    _index("waiting_place", "waiting", [sa.text("priority DESC"), "since", "id"], UNENDED)
    _index("waiting_holder", "waiting", ["holder"], UNENDED)
    _index(
        "waiting_talks",
        "waiting",
        ["queue", "ended_at"],
        "ended_at IS NOT NULL AND answered_at IS NOT NULL",
    )
    op.create_index("waiting_agent", "waiting", ["agent", "id"])


def downgrade() -> None:
    op.drop_table("waiting")
    op.drop_table("agents")


def _index(name: str, table: str, columns: list[Any], where: str, *, unique: bool = False) -> None:
    condition = sa.text(where)
    op.create_index(name, table, columns, unique=unique, sqlite_where=condition, postgresql_where=condition)
