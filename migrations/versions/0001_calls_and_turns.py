"""Calls and their turns."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    _create_calls()
    op.create_index("calls_started_at", "calls", [sa.text("started_at DESC")])
    live = sa.text("ended_at IS NULL")
    op.create_index("calls_live", "calls", ["started_at"], sqlite_where=live, postgresql_where=live)
    _create_turns()


def downgrade() -> None:
    op.drop_table("turns")
    op.drop_table("calls")


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text, nullable=False, server_default="")


def _count(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger, nullable=False, server_default="0")


def _create_calls() -> None:
    op.create_table(
        "calls",
        sa.Column("call_id", sa.String(32), nullable=False),
        _text("sip_call_id"),
        _text("from_uri"),
        _text("to_uri"),
        _text("source"),
        _text("plan"),
        _text("plan_version"),
        sa.Column("started_at", sa.Double, nullable=False),
        sa.Column("answered_at", sa.Double),
        sa.Column("ended_at", sa.Double),
        _text("codec"),
        sa.Column("cause", sa.Integer),
        sa.Column("sip_status", sa.Integer),
        _text("ended_by"),
        _text("reason"),
        _text("step"),
        _text("state"),
        _count("packets_received"),
        _count("packets_lost"),
        _count("packets_sent"),
        sa.Column("jitter_ms", sa.Double, nullable=False, server_default="0"),
        _count("underruns"),
        sa.PrimaryKeyConstraint("call_id", name="calls_pkey"),
        sa.CheckConstraint("length(call_id) = 32", name="calls_call_id_check"),
        sa.CheckConstraint("(ended_at IS NULL) = (cause IS NULL)", name="calls_ended_check"),
    )


def _create_turns() -> None:
    op.create_table(
        "turns",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer, "sqlite"), nullable=False),
        sa.Column("call_id", sa.String(32), nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        _text("step"),
        _text("via"),
        _text("heard"),
        sa.Column("confidence", sa.Double, nullable=False),
        _text("intent"),
        _text("said"),
        sa.Column("said_s", sa.Double, nullable=False),
        sa.Column("said_heard_s", sa.Double, nullable=False),
        _text("said_heard"),
        sa.Column("at", sa.Double, nullable=False),
        sa.Column("stages_ms", sa.JSON, nullable=False),
        sa.PrimaryKeyConstraint("id", name="turns_pkey"),
        sa.ForeignKeyConstraint(["call_id"], ["calls.call_id"], name="turns_call_id_fkey"),
        sa.UniqueConstraint("call_id", "number", name="turns_call_id_number_key"),
    )
