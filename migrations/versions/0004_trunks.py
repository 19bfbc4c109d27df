"""Trunks and what belongs to them: bans, dialled calls, holds; and what a call's record says of its line."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text, nullable=False, server_default="")


def upgrade() -> None:
    op.add_column("calls", sa.Column("direction", sa.String(3), nullable=False, server_default="in"))
    for name in ("answered_by", "attestation", "recording", "recording_note"):
        op.add_column("calls", _text(name))
    for name in ("round_trip_ms", "mos"):
        op.add_column("calls", sa.Column(name, sa.Double, nullable=False, server_default="0"))
    op.create_table(
        "trunks",
        sa.Column("name", sa.String(40), nullable=False),
        sa.Column("settings", sa.JSON, nullable=False),
        sa.Column("secret", sa.LargeBinary),
        sa.Column("changed_at", sa.Double, nullable=False),
        sa.PrimaryKeyConstraint("name", name="trunks_pkey"),
    )
    op.create_table(
        "changes",
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("revision", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("kind", name="changes_pkey"),
    )
    op.create_table(
        "bans",
        sa.Column("address", sa.String(45), nullable=False),
        _text("reason"),
        _text("node"),
        sa.Column("at", sa.Double, nullable=False),
        sa.Column("until", sa.Double, nullable=False),
        sa.Column("times", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("address", name="bans_pkey"),
    )
    op.create_table(
        "dialled",
        sa.Column("call_id", sa.String(32), nullable=False),
        sa.Column("number", sa.Text, nullable=False),
        sa.Column("trunk", sa.Text, nullable=False),
        _text("node"),
        sa.Column("at", sa.Double, nullable=False),
        sa.Column("answered_at", sa.Double),
        sa.Column("ended_at", sa.Double),
        sa.PrimaryKeyConstraint("call_id", name="dialled_pkey"),
    )
    op.create_index("dialled_at", "dialled", ["at"])
    op.create_index("dialled_number", "dialled", ["number", "at"])
    op.create_table(
        "holds",
        sa.Column("scope", sa.Text, nullable=False),
        _text("reason"),
        sa.Column("at", sa.Double, nullable=False),
        sa.Column("released_at", sa.Double),
        sa.PrimaryKeyConstraint("scope", name="holds_pkey"),
    )


def downgrade() -> None:
    for table in ("holds", "dialled", "bans", "changes", "trunks"):
        op.drop_table(table)
    for column in (
        *("mos", "round_trip_ms", "recording_note", "recording"),
        *("attestation", "answered_by", "direction"),
    ):
        op.drop_column("calls", column)
