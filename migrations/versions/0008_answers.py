"""Answers of language models, to be given again."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text, nullable=False, server_default="")


def upgrade() -> None:
    op.create_table(
        "answers",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer, "sqlite"), nullable=False),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("plan", "version", "language", "key")),
        *(_text(name) for name in ("intent", "same", "question")),
        sa.Column("answer", sa.Text, nullable=False),
        sa.Column("scope", sa.String(7), nullable=False),
        sa.Column("fields", sa.JSON, nullable=False),
        sa.Column("known", sa.JSON, nullable=False),
        _text("caller"),
        sa.Column("state", sa.String(9), nullable=False, server_default="new"),
        sa.Column("made_at", sa.Double, nullable=False),
        sa.Column("expires_at", sa.Double, nullable=False),
        sa.Column("used_at", sa.Double, nullable=False, server_default="0"),
        sa.Column("uses", sa.BigInteger, nullable=False, server_default="0"),
        sa.PrimaryKeyConstraint("id", name="answers_pkey"),
        sa.UniqueConstraint(
            *("plan", "version", "language", "key", "intent", "same"),
            name="answers_plan_version_language_key_intent_same_key",
        ),
        sa.CheckConstraint("scope IN ('nothing', 'plan', 'caller')", name=op.f("answers_scope_check")),
        sa.CheckConstraint("state IN ('new', 'approved', 'forgotten')", name=op.f("answers_state_check")),
        sa.CheckConstraint("(scope = 'caller') = (caller <> '')", name=op.f("answers_caller_check")),
    )
    op.create_index("answers_expires_at", "answers", ["expires_at"])


def downgrade() -> None:
    op.drop_table("answers")
