"""Every event has its topic, payload and schema, and the reference tells the same."""

import json
from collections.abc import Iterator
from dataclasses import fields
from typing import Any, get_args

import pytest
from documents import ROOT, blocks, first_column, section
from jsonschema import Draft202012Validator

from softswitch import news
from softswitch.app.steering import ARGUMENTS
from softswitch.events import CallEnded, CallInfo, EndedBy, Signalled
from softswitch.news import (
    ActionEnded,
    CallAnswered,
    CallFinished,
    CallStarted,
    DiallingHeld,
    DiallingStopped,
    StateSaved,
    TrunkChanged,
    TurnFinished,
)
from softswitch.publish import schemas, topics
from softswitch.publish.topics import TOPICS, Presence, Reply
from softswitch.sections.mqtt import Command
from softswitch.waiting import AgentChanged, CallerMoved, CallerOffered

CALL = "0" * 32
SIGNALLED = Signalled("sip:secret@host", False, "", ("eyJ…",))
EVENTS: dict[type[Any], Any] = {
    CallStarted: CallStarted(CallInfo(CALL, "", "", "", "", 0.0, signalled=SIGNALLED), "", "", 0.0),
    CallAnswered: CallAnswered(CALL, "PCMU", 0.0),
    TurnFinished: TurnFinished(CALL, 1, "", "", "", 0.0, "", "", 0.0, 0.0, "", 0.0, {"total": 1.0}, ("a",)),
    CallFinished: CallFinished(CALL, CallEnded(16, 200, EndedBy.NODE), "", 0.0),
    DiallingHeld: DiallingHeld(CALL, "+1", "calls", "", 0.0),
    DiallingStopped: DiallingStopped("calls_per_day", "", 0.0),
    TrunkChanged: TrunkChanged("berlin", "up", "down", "", 0.0),
    ActionEnded: ActionEnded(7, "order", "shop", CALL, "done", 1, "", 0.0),
    CallerMoved: CallerMoved(CALL, "sales", "offered", 0.0, "ann", 2.5, ""),
    AgentChanged: AgentChanged("ann", "ringing", "available", "", 0.0, CALL),
    CallerOffered: CallerOffered(
        *("ann", CALL, "sales", "an invoice", "+1", 2.5),
        ({"via": "speech", "heard": "hello", "said": "Hello."},),
        {"customer": "7"},
        0.0,
    ),
}
"""One of each event that is published. Add those that you add to TOPICS."""

SCHEMAS = schemas.published()


def payloads() -> Iterator[tuple[str, str, dict[str, Any]]]:
    """The schema's name, the topic and the payload of everything that a node publishes."""
    for topic in TOPICS:
        message = topics.encode(EVENTS[topic.event], "n1")
        assert message
        yield schemas.name_of(topic), message.topic, json.loads(message.payload)
    presence = topics.presence("n1", Presence("online", "1", 0.0))
    yield "presence", presence.topic, json.loads(presence.payload)
    reply = topics.reply("n1", Reply("12345678", "hangup", False, None, "no such call", 0.0))
    yield "replies", reply.topic, json.loads(reply.payload)


@pytest.mark.parametrize(("name", "topic", "payload"), list(payloads()))
def test_a_payload_has_exactly_what_its_schema_says(name: str, topic: str, payload: dict[str, Any]):
    schema = SCHEMAS[name]
    Draft202012Validator.check_schema(schema)
    Draft202012Validator(schema).validate(payload)
    assert set(payload) == set(schema["properties"])
    assert payload["event"] == ("reply" if name == "replies" else topic.rpartition("/")[2])
    assert topic.startswith("softswitch/v1/n1/")


def test_every_event_that_tells_something_of_itself_has_a_topic():
    told = {*get_args(news.SessionEvent), *get_args(news.Announced)} - {
        StateSaved,
        news.RecordingChanged,
    }
    assert told <= {topic.event for topic in TOPICS}
    for topic in TOPICS:
        assert "at" in {field.name for field in fields(topic.event)}


def test_what_the_node_alone_needs_is_not_published():
    assert topics.encode(StateSaved(CALL, "menu", '{"secret": 1}', 0.0), "n1") is None
    message = topics.encode(EVENTS[CallStarted], "n1")
    assert message and "secret" not in message.payload and "eyJ" not in message.payload


def test_what_comes_from_outside_makes_neither_levels_nor_wildcards():
    message = topics.encode(TrunkChanged("a/b+#\0", "up", "down", "", 0.0), "n1")
    assert message and message.topic == "softswitch/v1/n1/trunks/a_b___/changed"


def test_the_reference_has_every_topic_and_command_and_no_other():
    reference = ROOT / "docs/reference/mqtt.md"
    paths = [topic.path for topic in TOPICS]
    assert first_column(section(reference, "Topics")) == [
        *paths,
        "presence",
        "commands/NAME",
        "replies/{id}",
    ]
    for topic in TOPICS:
        assert f"| `{topic.path}` | {topic.when} | [{schemas.name_of(topic)}]" in reference.read_text()
    assert first_column(section(reference, "Commands")) == list(get_args(Command))


def test_the_arguments_of_commands_are_those_of_commands():
    assert set(ARGUMENTS) <= set(get_args(Command))


def test_the_example_of_a_command_is_one():
    (example,) = (
        block for block in blocks(ROOT / "docs/reference/mqtt.md", "json") if block.label == "command"
    )
    taken, payload = schemas.taken(ARGUMENTS), json.loads(example.text)
    Draft202012Validator(taken["commands"]).validate(payload)
    order = json.loads(payload["command"])
    Draft202012Validator(taken["commands-text"]).validate(order)
    Draft202012Validator(taken["commands-hangup"]).validate(order["arguments"])
