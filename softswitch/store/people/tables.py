"""The tables of people who answer calls, and of callers who want one."""

import sqlalchemy as sa

from softswitch.store.schema import CleanText, metadata, number, partial, text
from softswitch.store.tables import calls

# People who answer calls. `until`: when wrap_up or a pause ends by itself; `next_state`: what a person has
# set meanwhile for after the talk. `holder` is the process that rings him or has the talk, as in `workers`.
agents = sa.Table(
    "agents",
    metadata,
    sa.Column("name", sa.String(40), primary_key=True),
    sa.Column("address", CleanText, nullable=False),
    sa.Column("skills", sa.JSON, nullable=False),
    sa.Column("ring_time", sa.Double),
    sa.Column("wrap_up", sa.Double),
    sa.Column("accept_key", sa.String(1)),
    sa.Column("state", sa.String(9), nullable=False, server_default="away"),
    sa.Column("state_at", sa.Double, nullable=False),
    text("reason"),
    sa.Column("until", sa.Double),
    sa.Column("last_free_at", sa.Double, nullable=False, server_default="0"),
    sa.Column("next_state", sa.String(9), nullable=False, server_default=""),
    text("node"),
    text("holder"),
    sa.Column("call_id", sa.String(32), nullable=False, server_default=""),
    sa.Column("leg", sa.String(32), nullable=False, server_default=""),
    sa.CheckConstraint("state IN ('available', 'ringing', 'busy', 'wrap_up', 'away')", name="state"),
    sa.CheckConstraint("holder = '' OR state IN ('ringing', 'busy')", name="held"),
    sa.CheckConstraint("until IS NULL OR state IN ('wrap_up', 'away')", name="until"),
)
HELD = sa.text("holder <> ''")
UNTIL = sa.text("until IS NOT NULL")
partial("agents_held", HELD, agents.c.holder)
partial("agents_until", UNTIL, agents.c.until)

# Callers who want a person: one row for each time that a call began to wait. `since` is the place, which a
# call back keeps. A call has one row that is not ended.
waiting = sa.Table(
    "waiting",
    metadata,
    number(),
    sa.Column("call_id", sa.String(32), sa.ForeignKey(calls.c.call_id), nullable=False),
    sa.Column("entered_at", sa.Double, nullable=False),
    text("node"),
    text("holder"),
    text("plan"),
    sa.Column("queue", CleanText, nullable=False),
    sa.Column("priority", sa.Integer, nullable=False, server_default="0"),
    sa.Column("skills", sa.JSON, nullable=False),
    text("reason"),
    text("number"),
    sa.Column("since", sa.Double, nullable=False),
    sa.Column("state", sa.String(12), nullable=False, server_default="waiting"),
    text("agent"),
    sa.Column("tries", sa.Integer, nullable=False, server_default="0"),
    sa.Column("offered_at", sa.Double),
    sa.Column("answered_at", sa.Double),
    sa.Column("ended_at", sa.Double),
    sa.Column("due_at", sa.Double),
    sa.Column("back_since", sa.Double),
    sa.Column("back_call", sa.String(32), nullable=False, server_default=""),
    text("code"),
    sa.UniqueConstraint("call_id", "entered_at"),
    sa.CheckConstraint(
        "state IN ('waiting', 'offered', 'talking', 'call_back', 'calling', "
        "'served', 'abandoned', 'message', 'changed_mind', 'over', 'lost')",
        name="state",
    ),
    sa.CheckConstraint(
        "(state IN ('waiting', 'offered', 'talking', 'call_back', 'calling')) = (ended_at IS NULL)",
        name="ended",
    ),
    sa.CheckConstraint("state <> 'call_back' OR due_at IS NOT NULL", name="due"),
)
UNENDED = sa.text("ended_at IS NULL")
TALKED = sa.text("ended_at IS NOT NULL AND answered_at IS NOT NULL")
partial("waiting_call", UNENDED, waiting.c.call_id, unique=True)
partial("waiting_place", UNENDED, waiting.c.priority.desc(), waiting.c.since, waiting.c.id)
partial("waiting_holder", UNENDED, waiting.c.holder)
partial("waiting_talks", TALKED, waiting.c.queue, waiting.c.ended_at)
sa.Index("waiting_agent", waiting.c.agent, waiting.c.id)
