"""The tables of calls, and of all that has no room of its own as actions and people have.

How they are made, and what holds for all of them, see softswitch.store.schema.
"""

import sqlalchemy as sa

from softswitch.store.schema import CleanText, count, metadata, number, text

calls = sa.Table(
    "calls",
    metadata,
    sa.Column("call_id", sa.String(32), primary_key=True),
    text("sip_call_id"),
    text("from_uri"),
    text("to_uri"),
    text("source"),
    text("plan"),
    text("plan_version"),
    sa.Column("started_at", sa.Double, nullable=False),
    sa.Column("answered_at", sa.Double),
    sa.Column("ended_at", sa.Double),
    text("codec"),
    sa.Column("cause", sa.Integer),
    sa.Column("sip_status", sa.Integer),
    text("ended_by"),
    text("reason"),
    text("step"),
    text("state"),
    count("packets_received"),
    count("packets_lost"),
    count("packets_sent"),
    sa.Column("jitter_ms", sa.Double, nullable=False, server_default="0"),
    count("underruns"),
    text("node"),
    text("trunk"),
    text("route"),
    sa.Column("direction", sa.String(3), nullable=False, server_default="in"),
    text("answered_by"),
    text("attestation"),
    text("recording"),
    text("recording_note"),
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
    number(),
    sa.Column("call_id", sa.String(32), sa.ForeignKey(calls.c.call_id), nullable=False),
    sa.Column("number", sa.Integer, nullable=False),
    text("step"),
    text("via"),
    text("heard"),
    sa.Column("confidence", sa.Double, nullable=False),
    text("intent"),
    text("said"),
    sa.Column("said_s", sa.Double, nullable=False),
    sa.Column("said_heard_s", sa.Double, nullable=False),
    text("said_heard"),
    sa.Column("at", sa.Double, nullable=False),
    sa.Column("stages_ms", sa.JSON, nullable=False),
    sa.Column("path", sa.JSON),
    text("language"),
    text("rung"),
    sa.Column("alternatives", sa.JSON),
    sa.UniqueConstraint("call_id", "number"),
)

# Processes that do actions, and nodes that publish messages. One whose `beat` stands still while it holds
# some has died.
workers = sa.Table(
    "workers",
    metadata,
    sa.Column("holder", CleanText, primary_key=True),
    text("node"),
    sa.Column("beat", sa.BigInteger, nullable=False),
    sa.Column("at", sa.Double, nullable=False),
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
    number(),
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
    text("reason"),
    text("node"),
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
    text("node"),
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
    text("reason"),
    sa.Column("at", sa.Double, nullable=False),
    sa.Column("released_at", sa.Double),
)

# Answers that a language model gave, to be given again. `key` is what same questions share; `same` what the
# answer hangs on besides, as one text: the caller, and the context's fields with their values.
answers = sa.Table(
    "answers",
    metadata,
    number(),
    sa.Column("plan", CleanText, nullable=False),
    sa.Column("version", CleanText, nullable=False),
    sa.Column("language", CleanText, nullable=False),
    sa.Column("key", CleanText, nullable=False),
    text("intent"),
    text("same"),
    text("question"),
    sa.Column("answer", CleanText, nullable=False),
    sa.Column("scope", sa.String(7), nullable=False),
    sa.Column("fields", sa.JSON, nullable=False),
    sa.Column("known", sa.JSON, nullable=False),
    text("caller"),
    sa.Column("state", sa.String(9), nullable=False, server_default="new"),
    sa.Column("made_at", sa.Double, nullable=False),
    sa.Column("expires_at", sa.Double, nullable=False),
    sa.Column("used_at", sa.Double, nullable=False, server_default="0"),
    count("uses"),
    sa.UniqueConstraint("plan", "version", "language", "key", "intent", "same"),
    sa.CheckConstraint("scope IN ('nothing', 'plan', 'caller')", name="scope"),
    sa.CheckConstraint("state IN ('new', 'approved', 'forgotten')", name="state"),
    sa.CheckConstraint("(scope = 'caller') = (caller <> '')", name="caller"),
)
sa.Index("answers_expires_at", answers.c.expires_at)
