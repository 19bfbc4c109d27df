"""The tables, the same in SQLite and PostgreSQL. Held equal to migrations/ by a test.

Times of day are Unix seconds; column names are the field names of softswitch.events.
"""

from typing import Any

import sqlalchemy as sa

NAMES = {
    "pk": "%(table_name)s_pkey",
    "fk": "%(table_name)s_%(column_0_name)s_fkey",
    "uq": "%(table_name)s_%(column_0_N_name)s_key",
    "ck": "%(table_name)s_%(constraint_name)s_check",
}
metadata = sa.MetaData(naming_convention=NAMES)


class CleanText(sa.TypeDecorator[str]):
    """Text from the far end, which may be anything: NUL and lone surrogates, which no database
    takes, become U+FFFD, so that a malformed header never costs a record.
    """

    impl = sa.Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: sa.Dialect) -> str | None:
        if value is None or (value.isascii() and "\0" not in value):
            return value
        return value.replace("\0", "\ufffd").encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, CleanText, nullable=False, server_default="")


def _count(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger, nullable=False, server_default="0")


calls = sa.Table(
    "calls",
    metadata,
    sa.Column("call_id", sa.String(32), primary_key=True),
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
    _text("node"),
    _text("trunk"),
    _text("route"),
    sa.Column("direction", sa.String(3), nullable=False, server_default="in"),
    _text("answered_by"),
    _text("attestation"),
    _text("recording"),
    _text("recording_note"),
    sa.Column("round_trip_ms", sa.Double, nullable=False, server_default="0"),
    sa.Column("mos", sa.Double, nullable=False, server_default="0"),
    sa.CheckConstraint("length(call_id) = 32", name="call_id"),
    sa.CheckConstraint("(ended_at IS NULL) = (cause IS NULL)", name="ended"),
)
sa.Index("calls_started_at", calls.c.started_at.desc())
sa.Index(
    "calls_live",
    calls.c.node,
    calls.c.started_at,
    sqlite_where=calls.c.ended_at.is_(None),
    postgresql_where=calls.c.ended_at.is_(None),
)

turns = sa.Table(
    "turns",
    metadata,
    # The order in which turns were recorded, for those who follow them.
    sa.Column("id", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True),
    sa.Column("call_id", sa.String(32), sa.ForeignKey("calls.call_id"), nullable=False),
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
    sa.Column("path", sa.JSON),
    _text("language"),
    _text("rung"),
    sa.Column("alternatives", sa.JSON),
    sa.UniqueConstraint("call_id", "number"),
)

# Work that must happen: what a dialplan promised, written with the turn that promised it, and what was asked
# for without a call. `blocked`: an older action of its order key is not finished. `run_at` is 0 for "at
# once", so that no clock stands between a promise and its first attempt.
actions = sa.Table(
    "actions",
    metadata,
    sa.Column("id", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True),
    sa.Column("call_id", sa.String(32), sa.ForeignKey("calls.call_id")),
    sa.Column("key", CleanText, nullable=False),
    sa.Column("name", CleanText, nullable=False),
    sa.Column("arguments", sa.JSON, nullable=False),
    _text("order_key"),
    sa.Column("promised_at", sa.Double, nullable=False),
    sa.Column("idempotency_key", sa.String(32), nullable=False, unique=True),
    _text("plan"),
    _text("kind"),
    _text("leased_by"),
    _text("error"),
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

# Both databases take a partial index only for a query that says its condition in the same words.
WAITING = sa.text("state IN ('queued', 'failed') AND NOT blocked")
ORDERED = sa.text("state IN ('queued', 'failed', 'running') AND order_key <> ''")
HEAD = sa.text("state IN ('queued', 'failed', 'running') AND order_key <> '' AND NOT blocked")
RUNNING = sa.text("state = 'running'")
FAILED = sa.text("state = 'failed'")
FINISHED = sa.text("finished_at IS NOT NULL")


def _partial(name: str, where: sa.TextClause, *columns: sa.ColumnElement[Any], unique: bool = False) -> None:
    sa.Index(name, *columns, unique=unique, sqlite_where=where, postgresql_where=where)


_partial("actions_waiting", WAITING, actions.c.name, actions.c.run_at, actions.c.id)
_partial("actions_ordered", ORDERED, actions.c.order_key, actions.c.id)
_partial("actions_head", HEAD, actions.c.order_key, unique=True)
_partial("actions_running", RUNNING, actions.c.leased_by)
_partial("actions_failed", FAILED, actions.c.failed_at)
_partial("actions_finished", FINISHED, actions.c.finished_at)
sa.Index("actions_state", actions.c.state, actions.c.id)

# Processes that do actions, and nodes that publish messages. One whose `beat` stands still while it holds
# some has died.
workers = sa.Table(
    "workers",
    metadata,
    sa.Column("holder", CleanText, primary_key=True),
    _text("node"),
    sa.Column("beat", sa.BigInteger, nullable=False),
    sa.Column("at", sa.Double, nullable=False),
)

# Of each recurring job, the time that is done with (Unix seconds); null until it was first looked at.
jobs = sa.Table(
    "jobs",
    metadata,
    sa.Column("name", CleanText, primary_key=True),
    sa.Column("due", sa.Double),
)

# How far each node's events are written: those of its latest run up to a number.
journals = sa.Table(
    "journals",
    metadata,
    sa.Column("node", CleanText, primary_key=True),
    sa.Column("run", sa.String(32), nullable=False),
    sa.Column("number", sa.BigInteger, nullable=False),
)

# Messages for the MQTT broker, until it has them: a node's in the order of their numbers, none of which is
# ever given again, or whoever remembers how far he has read would miss some.
messages = sa.Table(
    "messages",
    metadata,
    sa.Column("id", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True),
    sa.Column("node", CleanText, nullable=False),
    sa.Column("topic", CleanText, nullable=False),
    sa.Column("payload", sa.Text, nullable=False),
    sa.Column("at", sa.Double, nullable=False),
    sqlite_autoincrement=True,
)
sa.Index("messages_node", messages.c.node, messages.c.id)

# What a dialplan remembers of a caller beyond the call.
callers = sa.Table(
    "callers",
    metadata,
    sa.Column("plan", CleanText, primary_key=True),
    sa.Column("number", CleanText, primary_key=True),
    sa.Column("name", CleanText, primary_key=True),
    sa.Column("value", CleanText, nullable=False),
    sa.Column("at", sa.Double, nullable=False),
)
sa.Index("callers_at", callers.c.at)

# Trunks as `softswitch trunk` keeps them. `settings` is JSON without the password; `secret` is encrypted.
trunks = sa.Table(
    "trunks",
    metadata,
    sa.Column("name", sa.String(40), primary_key=True),
    sa.Column("settings", sa.JSON, nullable=False),
    sa.Column("secret", sa.LargeBinary),
    sa.Column("changed_at", sa.Double, nullable=False),
)

# How often each kind of thing was changed: nodes look here to see that they must read it anew.
changes = sa.Table(
    "changes",
    metadata,
    sa.Column("kind", sa.String(20), primary_key=True),
    sa.Column("revision", sa.BigInteger, nullable=False),
)

# Sources that get no answer; `times` is how often each was banned, which makes the next ban longer.
bans = sa.Table(
    "bans",
    metadata,
    sa.Column("address", sa.String(45), primary_key=True),
    _text("reason"),
    _text("node"),
    sa.Column("at", sa.Double, nullable=False),
    sa.Column("until", sa.Double, nullable=False),
    sa.Column("times", sa.Integer, nullable=False),
)

# What was dialled, counted against the caps of `dialing`; kept for two days beyond which no cap looks.
dialled = sa.Table(
    "dialled",
    metadata,
    sa.Column("call_id", sa.String(32), primary_key=True),
    sa.Column("number", CleanText, nullable=False),
    sa.Column("trunk", CleanText, nullable=False),
    _text("node"),
    sa.Column("at", sa.Double, nullable=False),
    sa.Column("answered_at", sa.Double),
    sa.Column("ended_at", sa.Double),
)
sa.Index("dialled_at", dialled.c.at)
sa.Index("dialled_number", dialled.c.number, dialled.c.at)

# Dialling that is held back because a cap tripped, until somebody releases it: from then on that cap counts
# anew, or the first call would trip it again.
holds = sa.Table(
    "holds",
    metadata,
    sa.Column("scope", CleanText, primary_key=True),
    _text("reason"),
    sa.Column("at", sa.Double, nullable=False),
    sa.Column("released_at", sa.Double),
)

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
    _text("reason"),
    sa.Column("until", sa.Double),
    sa.Column("last_free_at", sa.Double, nullable=False, server_default="0"),
    sa.Column("next_state", sa.String(9), nullable=False, server_default=""),
    _text("node"),
    _text("holder"),
    sa.Column("call_id", sa.String(32), nullable=False, server_default=""),
    sa.Column("leg", sa.String(32), nullable=False, server_default=""),
    sa.CheckConstraint("state IN ('available', 'ringing', 'busy', 'wrap_up', 'away')", name="state"),
    sa.CheckConstraint("holder = '' OR state IN ('ringing', 'busy')", name="held"),
    sa.CheckConstraint("until IS NULL OR state IN ('wrap_up', 'away')", name="until"),
)
HELD = sa.text("holder <> ''")
UNTIL = sa.text("until IS NOT NULL")
_partial("agents_held", HELD, agents.c.holder)
_partial("agents_until", UNTIL, agents.c.until)

# Callers who want a person: one row for each time that a call began to wait. `since` is the place, which a
# call back keeps. A call has one row that is not ended.
waiting = sa.Table(
    "waiting",
    metadata,
    sa.Column("id", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True),
    sa.Column("call_id", sa.String(32), sa.ForeignKey("calls.call_id"), nullable=False),
    sa.Column("entered_at", sa.Double, nullable=False),
    _text("node"),
    _text("holder"),
    _text("plan"),
    sa.Column("queue", CleanText, nullable=False),
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
_partial("waiting_call", UNENDED, waiting.c.call_id, unique=True)
_partial("waiting_place", UNENDED, waiting.c.priority.desc(), waiting.c.since, waiting.c.id)
_partial("waiting_holder", UNENDED, waiting.c.holder)
_partial("waiting_talks", TALKED, waiting.c.queue, waiting.c.ended_at)
sa.Index("waiting_agent", waiting.c.agent, waiting.c.id)

# Answers that a language model gave, to be given again. `key` is what same questions share; `same` what the
# answer hangs on besides, as one text: the caller, and the context's fields with their values.
answers = sa.Table(
    "answers",
    metadata,
    sa.Column("id", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True),
    sa.Column("plan", CleanText, nullable=False),
    sa.Column("version", CleanText, nullable=False),
    sa.Column("language", CleanText, nullable=False),
    sa.Column("key", CleanText, nullable=False),
    _text("intent"),
    _text("same"),
    _text("question"),
    sa.Column("answer", CleanText, nullable=False),
    sa.Column("scope", sa.String(7), nullable=False),
    sa.Column("fields", sa.JSON, nullable=False),
    sa.Column("known", sa.JSON, nullable=False),
    _text("caller"),
    sa.Column("state", sa.String(9), nullable=False, server_default="new"),
    sa.Column("made_at", sa.Double, nullable=False),
    sa.Column("expires_at", sa.Double, nullable=False),
    sa.Column("used_at", sa.Double, nullable=False, server_default="0"),
    _count("uses"),
    sa.UniqueConstraint("plan", "version", "language", "key", "intent", "same"),
    sa.CheckConstraint("scope IN ('nothing', 'plan', 'caller')", name="scope"),
    sa.CheckConstraint("state IN ('new', 'approved', 'forgotten')", name="state"),
    sa.CheckConstraint("(scope = 'caller') = (caller <> '')", name="caller"),
)
sa.Index("answers_expires_at", answers.c.expires_at)
