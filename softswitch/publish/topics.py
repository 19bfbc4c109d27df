"""What is published where: the one table of topics, and an event's way into a message.

A new event is a line in TOPICS: the dataclass, its topic below `softswitch/v1/NODE/`, and when it comes. The
reference and the JSON schemas are made from the same table.
"""

import json
import re
from dataclasses import asdict, dataclass
from typing import Any, Literal, NamedTuple

from softswitch import news, waiting

ROOT = "softswitch/v1"


class Message(NamedTuple):
    topic: str
    payload: str


@dataclass(frozen=True, slots=True)
class Topic:
    """`path` names fields of the event in braces; its last level is the event's name in the payload."""

    event: type[Any]
    path: str
    when: str


TOPICS = (
    Topic(news.CallStarted, "calls/{call_id}/started", "a call was taken in, or is being dialled"),
    Topic(news.CallAnswered, "calls/{call_id}/answered", "it was confirmed"),
    Topic(news.TurnFinished, "calls/{call_id}/turn", "a turn is over: its answer was heard or interrupted"),
    Topic(news.CallFinished, "calls/{call_id}/finished", "the call ended"),
    Topic(
        news.DiallingHeld,
        "calls/{call_id}/held",
        "a cap on [dialling](../how-to/dial-out.md) tripped at this call, which was not made",
    ),
    Topic(
        news.DiallingStopped,
        "dialling/stopped",
        "dialling is held, of everything or of one number, whatever tripped the cap; each node tells it once",
    ),
    Topic(news.TrunkChanged, "trunks/{trunk}/changed", "a trunk has another state than before"),
    Topic(
        news.ActionEnded,
        "actions/{action_id}/{state}",
        "an [action](../how-to/have-actions-done.md) is `done`, or `dead`: it cannot be done",
    ),
    Topic(
        waiting.CallerMoved,
        "calls/{call_id}/queue",
        "a caller who wants a [person](../how-to/answer-callers-as-a-person.md) stands elsewhere than before",
    ),
    Topic(waiting.AgentChanged, "agents/{agent}/state", "an agent has another state than before"),
    Topic(
        waiting.CallerOffered,
        "agents/{agent}/offered",
        "an agent's phone is rung for a caller: what was said so far, for his screen",
    ),
)


@dataclass(frozen=True, slots=True)
class Presence:
    """Retained. An `offline` that the broker says for a node that died has the time at which it connected."""

    state: Literal["online", "draining", "offline"]
    version: str
    at: float


@dataclass(frozen=True, slots=True)
class Reply:
    """The answer to a command: its `result`, or in `error` a sentence why there is none."""

    id: str
    command: str
    ok: bool
    result: Any
    error: str
    at: float


_OF_EVENT = {topic.event: (topic.path, re.findall(r"\{(\w+)\}", topic.path)) for topic in TOPICS}
WITHIN = ("signalled",)
"""What the INVITE carried, signed identities and all, is for the node itself."""


def encode(event: object, node: str) -> Message | None:
    """An event's topic and JSON payload; None for what only the node itself needs (saved state)."""
    known = _OF_EVENT.get(type(event))
    if known is None:
        return None
    path, names = known
    fields = fields_of(event)
    topic = path.format_map({name: level(str(fields[name])) for name in names})
    return message(node, topic, topic.rpartition("/")[2], fields)


def fields_of(event: Any) -> dict[str, Any]:
    """A payload's fields beside `event` and `node`: what a call is stands among the event's own."""
    fields = asdict(event)
    fields |= fields.pop("info", {})
    for name in WITHIN:
        fields.pop(name, None)
    return fields


def message(node: str, topic: str, name: str, fields: dict[str, Any]) -> Message:
    """One of this node's, below its own topic."""
    return Message(f"{ROOT}/{node}/{topic}", json.dumps({"event": name, "node": node} | fields))


def presence(node: str, told: Presence) -> Message:
    return message(node, "presence", "presence", asdict(told))


def reply(node: str, told: Reply) -> Message:
    return message(node, f"replies/{told.id}", "reply", asdict(told))


def level(value: str) -> str:
    """One level of a topic: what comes from outside makes neither a level of its own nor a wildcard."""
    return re.sub(r"[/+#\0]", "_", value)
