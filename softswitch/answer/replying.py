"""What an LLM replies: a JSON object that says on what the answer depends, then the answer itself.

The object is read while it streams in: what the answer depends on comes first, the answer's text last, so
that its first sentence is spoken while the model still writes the second. Pure.
"""

from dataclasses import dataclass, field
from typing import Any, Literal

from pydantic_core import from_json

Scope = Literal["nothing", "plan", "caller", "call"]
SCOPES: tuple[Scope, ...] = ("nothing", "plan", "caller", "call")
"""From what is the same for everybody to what holds in this call alone."""
MOST_LETTERS = 8_000
"""A reply that is longer is cut: whatever it is, it is no answer on the telephone."""

SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "depends_on": {
            "type": "string",
            "enum": list(SCOPES),
            "description": "nothing: true for everybody, always. plan: from the instructions or knowledge. "
            "caller: about this caller. call: about this conversation.",
        },
        "fields": {
            "type": "array",
            "items": {"type": "string"},
            "description": "Names of the context's fields that the answer would change with.",
        },
        "knows": {
            "type": "boolean",
            "description": "false when instructions, knowledge and context do not answer the question.",
        },
        "answer": {"type": "string", "description": "What is spoken: plain sentences, no markup."},
    },
    "required": ["depends_on", "fields", "knows", "answer"],
    "additionalProperties": False,
}
"""Of `response_format`; the order of its properties is that in which they are to be written."""


@dataclass(frozen=True, slots=True)
class Reply:
    """`text` as far as it has come. What is no such object depends on the `call`: nobody reuses it."""

    text: str = ""
    scope: Scope = "call"
    fields: tuple[str, ...] = ()
    knows: bool = True
    whole: bool = False


@dataclass(slots=True)
class ReplyReader:
    """Feed it the pieces of the stream; `reply` is what they come to so far."""

    reply: Reply = field(default_factory=Reply)
    _raw: str = ""

    def feed(self, piece: str) -> str:
        """What the piece adds to the answer's text."""
        before = len(self.reply.text)
        self._raw = (self._raw + piece)[:MOST_LETTERS]
        self.reply = _read(self._raw)
        return self.reply.text[before:]

    @property
    def is_object(self) -> bool:
        return self._raw.lstrip().startswith("{")


def _read(raw: str) -> Reply:
    if not raw.lstrip().startswith("{"):
        return Reply(raw.strip())
    try:
        found = from_json(raw, allow_partial="trailing-strings")
    except ValueError:
        return Reply()
    if not isinstance(found, dict):
        return Reply()
    return Reply(_text(found.get("answer")), _scope(found), _fields(found), _knows(found), _is_whole(raw))


def _text(value: object) -> str:
    """Of a text that is cut in the middle of a surrogate pair or an escape, only what is sure."""
    return value.lstrip().encode("utf-8", "ignore").decode() if isinstance(value, str) else ""


def _scope(found: dict[str, Any]) -> Scope:
    """A scope that is still being written may look like another: it counts once something follows it."""
    value = found.get("depends_on")
    return value if value in SCOPES and len(found) > 1 else "call"


def _fields(found: dict[str, Any]) -> tuple[str, ...]:
    value = found.get("fields")
    return tuple(name for name in value if isinstance(name, str)) if isinstance(value, list) else ()


def _knows(found: dict[str, Any]) -> bool:
    return found.get("knows", True) is not False


def _is_whole(raw: str) -> bool:
    try:
        from_json(raw)
    except ValueError:
        return False
    return True
