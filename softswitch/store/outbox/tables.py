"""The tables of the outbox: actions, and recurring jobs."""

import sqlalchemy as sa

from softswitch.store.schema import CleanText, metadata, number, partial, text
from softswitch.store.tables import calls

# Work that must happen: what a dialplan promised, written with the turn that promised it, and what was asked
# for without a call. `blocked`: an older action of its order key is not finished. `run_at` is 0 for "at
# once", so that no clock stands between a promise and its first attempt.
actions = sa.Table(
    "actions",
    metadata,
    number(),
    sa.Column("call_id", sa.String(32), sa.ForeignKey(calls.c.call_id)),
    sa.Column("key", CleanText, nullable=False),
    sa.Column("name", CleanText, nullable=False),
    sa.Column("arguments", sa.JSON, nullable=False),
    text("order_key"),
    sa.Column("promised_at", sa.Double, nullable=False),
    sa.Column("idempotency_key", sa.String(32), nullable=False, unique=True),
    text("plan"),
    text("kind"),
    text("leased_by"),
    text("error"),
    sa.Column("state", sa.String(9), nullable=False, server_default="queued"),
    sa.Column("blocked", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("attempts", sa.Integer, nullable=False, server_default="0"),
    sa.Column("run_at", sa.Double, nullable=False, server_default="0"),
    sa.Column("failed_at", sa.Double),
    sa.Column("finished_at", sa.Double),
    sa.Column("result", sa.JSON(none_as_null=True)),
    sa.UniqueConstraint("call_id", "key"),
    sa.CheckConstraint("state IN ('queued', 'running', 'done', 'failed', 'dead', 'cancelled')", name="state"),
    sa.CheckConstraint("(state = 'running') = (leased_by <> '')", name="leased"),
    sa.CheckConstraint("(state = 'failed') = (failed_at IS NOT NULL)", name="failed"),
    sa.CheckConstraint(
        "(state IN ('done', 'dead', 'cancelled')) = (finished_at IS NOT NULL)", name="finished"
    ),
    sa.CheckConstraint("NOT blocked OR state = 'queued'", name="blocked"),
)

WAITING = sa.text("state IN ('queued', 'failed') AND NOT blocked")
ORDERED = sa.text("state IN ('queued', 'failed', 'running') AND order_key <> ''")
HEAD = sa.text("state IN ('queued', 'failed', 'running') AND order_key <> '' AND NOT blocked")
RUNNING = sa.text("state = 'running'")
FAILED = sa.text("state = 'failed'")
FINISHED = sa.text("finished_at IS NOT NULL")


partial("actions_waiting", WAITING, actions.c.name, actions.c.run_at, actions.c.id)
partial("actions_ordered", ORDERED, actions.c.order_key, actions.c.id)
partial("actions_head", HEAD, actions.c.order_key, unique=True)
partial("actions_running", RUNNING, actions.c.leased_by)
partial("actions_failed", FAILED, actions.c.failed_at)
partial("actions_finished", FINISHED, actions.c.finished_at)
sa.Index("actions_state", actions.c.state, actions.c.id)

# Of each recurring job, the time that is done with (Unix seconds); null until it was first looked at.
jobs = sa.Table(
    "jobs",
    metadata,
    sa.Column("name", CleanText, primary_key=True),
    sa.Column("due", sa.Double),
)
