"""The outbox: what becomes of actions, and the workers that do them."""

import hashlib
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"

BATCH = 1000
CHECKS = {
    "state": "state IN ('queued', 'running', 'done', 'failed', 'dead', 'cancelled')",
    "leased": "(state = 'running') = (leased_by <> '')",
    "failed": "(state = 'failed') = (failed_at IS NOT NULL)",
    "finished": "(state IN ('done', 'dead', 'cancelled')) = (finished_at IS NOT NULL)",
    "blocked": "NOT blocked OR state = 'queued'",
}
INDEXES: dict[str, tuple[list[str], str | None]] = {
    "actions_waiting": (["name", "run_at", "id"], "state IN ('queued', 'failed') AND NOT blocked"),
    "actions_ordered": (
        ["order_key", "id"],
        "state IN ('queued', 'failed', 'running') AND order_key <> ''",
    ),
    "actions_head": (
        ["order_key"],
        "state IN ('queued', 'failed', 'running') AND order_key <> '' AND NOT blocked",
    ),
    "actions_running": (["leased_by"], "state = 'running'"),
    "actions_failed": (["failed_at"], "state = 'failed'"),
    "actions_finished": (["finished_at"], "finished_at IS NOT NULL"),
    "actions_state": (["state", "id"], None),
}


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text, nullable=False, server_default="")


def upgrade() -> None:
    op.create_table(
        "workers",
        sa.Column("holder", sa.Text, nullable=False),
        _text("node"),
        sa.Column("beat", sa.BigInteger, nullable=False),
        sa.Column("at", sa.Double, nullable=False),
        sa.PrimaryKeyConstraint("holder", name="workers_pkey"),
    )
    with op.batch_alter_table("actions") as batch:
        batch.alter_column("call_id", existing_type=sa.String(32), nullable=True)
        batch.add_column(sa.Column("idempotency_key", sa.String(32)))
        for name in ("plan", "kind", "leased_by", "error"):
            batch.add_column(_text(name))
        batch.add_column(sa.Column("state", sa.String(9), nullable=False, server_default="queued"))
        batch.add_column(sa.Column("blocked", sa.Boolean, nullable=False, server_default=sa.false()))
        batch.add_column(sa.Column("attempts", sa.Integer, nullable=False, server_default="0"))
        batch.add_column(sa.Column("run_at", sa.Double, nullable=False, server_default="0"))
        batch.add_column(sa.Column("failed_at", sa.Double))
        batch.add_column(sa.Column("finished_at", sa.Double))
        batch.add_column(sa.Column("result", sa.JSON))
    _fill(op.get_bind())
    with op.batch_alter_table("actions") as batch:
        batch.alter_column("idempotency_key", existing_type=sa.String(32), nullable=False)
        batch.create_unique_constraint("actions_idempotency_key_key", ["idempotency_key"])
        for name, condition in CHECKS.items():
            batch.create_check_constraint(op.f(f"actions_{name}_check"), condition)
    for name, (columns, where) in INDEXES.items():
        condition = sa.text(where) if where else None
        unique = name == "actions_head"
        op.create_index(
            name, "actions", columns, unique=unique, sqlite_where=condition, postgresql_where=condition
        )


def downgrade() -> None:
    for name in INDEXES:
        op.drop_index(name, table_name="actions")
    op.execute("DELETE FROM actions WHERE call_id IS NULL")  # the revision before has no place for them
    with op.batch_alter_table("actions") as batch:
        for name in CHECKS:
            batch.drop_constraint(op.f(f"actions_{name}_check"), type_="check")
        batch.drop_constraint("actions_idempotency_key_key", type_="unique")
    with op.batch_alter_table("actions") as batch:
        for name in ("result", "finished_at", "failed_at", "run_at", "attempts", "blocked", "state"):
            batch.drop_column(name)
        for name in ("error", "leased_by", "kind", "plan", "idempotency_key"):
            batch.drop_column(name)
        batch.alter_column("call_id", existing_type=sa.String(32), nullable=False)
    op.drop_table("workers")


def _fill(connection: sa.Connection) -> None:
    """Promises of before: nobody has done them yet. Their keys, plans, and who waits behind whom."""
    actions = sa.table("actions", *(sa.column(name) for name in ("id", "call_id", "key", "idempotency_key")))
    put = actions.update().where(actions.c.id == sa.bindparam("of_id"))
    last = 0
    while rows := connection.execute(
        sa.select(actions).where(actions.c.id > last).order_by(actions.c.id).limit(BATCH)
    ).all():
        connection.execute(put.values(idempotency_key=sa.bindparam("made")), [_keyed(row) for row in rows])
        last = rows[-1].id
    op.execute("UPDATE actions SET plan = (SELECT plan FROM calls WHERE calls.call_id = actions.call_id)")
    op.execute(
        "UPDATE actions SET blocked = (1 = 1) WHERE order_key <> '' AND id NOT IN "
        "(SELECT min(id) FROM actions WHERE order_key <> '' GROUP BY order_key)"
    )


def _keyed(row: Any) -> dict[str, Any]:
    text = f"{row.call_id}\n{row.key}".encode("utf-8", "replace")
    return {"of_id": row.id, "made": hashlib.sha256(text).hexdigest()[:32]}
