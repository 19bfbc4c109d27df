"""What a message to the node's broker takes."""

import re
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field

from softswitch.actions.settings import Body, Integration
from softswitch.actions.templates import Template, fields_of


def _topic(topic: Template) -> Template:
    text = "".join(part for part in topic.parts if isinstance(part, str))
    if not topic.parts or re.search(r"[+#\0]", text) or any(field.secret for field in topic.fields):
        raise ValueError("expected a topic such as shop/orders/{order_number}, without + and #")
    return topic


class Mqtt(Integration):
    """A message to the node's broker, QoS 1."""

    kind: Literal["mqtt"] = Field(description="This kind.")
    topic: Annotated[Template, AfterValidator(_topic)] = Field(description="Its topic.")
    json_: Body = Field(None, alias="json", description="Its payload; without, name, arguments and key.")

    @property
    def fields(self) -> list[Any]:
        return [*self.topic.fields, *(fields_of(self.json_) if self.json_ is not None else ())]
