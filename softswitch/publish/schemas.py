"""JSON schemas (draft 2020-12) of all that is published and taken over MQTT, made from the dataclasses.

Within v1 fields may be added: a schema says which are there, and forbids no others.
"""

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, TypeAdapter

from softswitch.publish import topics
from softswitch.publish.orders import Envelope, Order
from softswitch.publish.topics import ROOT, TOPICS, Presence, Reply, Topic

DRAFT = "https://json-schema.org/draft/2020-12/schema"
_ABOUT_ALL = {
    "event": {"type": "string", "description": "The topic's last level; of an answer `reply`."},
    "node": {"type": "string", "description": "The node that tells it."},
}


def name_of(topic: Topic) -> str:
    """The schema's name: the levels of the topic that are words."""
    return "-".join(level for level in topic.path.split("/") if "{" not in level)


def published() -> dict[str, dict[str, Any]]:
    """The schemas of all payloads that a node publishes, by name."""
    schemas = {name_of(topic): _of_event(topic.event, topic.path) for topic in TOPICS}
    schemas["presence"] = _of_event(Presence, "presence")
    schemas["replies"] = _of_event(Reply, "replies/{id}")
    return schemas


def taken(arguments: Mapping[str, type[BaseModel]]) -> dict[str, dict[str, Any]]:
    """The schemas of what a node takes: the envelope, the text within, and the arguments of each command."""
    schemas = {"commands": _of_model(Envelope, "commands/NAME"), "commands-text": _of_model(Order, "command")}
    for name, model in arguments.items():
        schemas[f"commands-{name}"] = _of_model(model, f"the arguments of {name}")
    return schemas


def _of_event(event: type[Any], path: str) -> dict[str, Any]:
    made = TypeAdapter(event).json_schema(mode="serialization")
    fields, definitions = made["properties"], made.pop("$defs", {})
    if "info" in fields:
        del fields["info"]
        fields = definitions.pop("CallInfo")["properties"] | fields
        definitions.pop("Signalled", None)
    properties = _ABOUT_ALL | {name: each for name, each in fields.items() if name not in topics.WITHIN}
    schema: dict[str, Any] = {"$schema": DRAFT, "title": f"{ROOT}/NODE/{path}"}
    if made.get("description"):
        schema["description"] = " ".join(made["description"].split())
    schema |= {"type": "object", "properties": properties, "required": list(properties)}
    return _plain(schema | ({"$defs": definitions} if definitions else {}), unwanted=("title", "default"))


def _of_model(model: type[BaseModel], title: str) -> dict[str, Any]:
    made = model.model_json_schema()
    made["description"] = " ".join(made.get("description", "").split())
    return _plain({**made, "title": title})


def _plain(schema: dict[str, Any], unwanted: tuple[str, ...] = ("title",)) -> dict[str, Any]:
    """Without the titles that pydantic makes of names; and of what is published everything is there, so that
    no default says anything.
    """

    def plain(value: Any, is_named: bool = False) -> Any:
        if isinstance(value, dict):
            kept = ((key, each) for key, each in value.items() if is_named or key not in unwanted)
            return {key: plain(each, key in ("properties", "$defs")) for key, each in kept}
        return [plain(each) for each in value] if isinstance(value, list) else value

    return {"$schema": DRAFT, "title": schema["title"], **plain(schema)}
