"""Messages over the Unix socket between gateway and control: JSON, each with its length before it."""

import json
import struct
from dataclasses import asdict, dataclass, field
from typing import Annotated, Any

from pydantic import Field, TypeAdapter
from pydantic_core import PydanticSerializationError

from softswitch.errors import SoftswitchError
from softswitch.gateway.messages import Message

MAX_BYTES = 1 << 20
_LENGTH = struct.Struct("!I")

_ADAPTER: TypeAdapter[Message] = TypeAdapter(Annotated[Message, Field(discriminator="type")])


def encode(message: Message) -> bytes:
    try:
        body = _ADAPTER.dump_json(message)
    except PydanticSerializationError:  # the far end wrote bytes that are no UTF-8
        body = json.dumps(_clean(asdict(message))).encode()
    return _LENGTH.pack(len(body)) + body


def _clean(value: Any) -> Any:
    """With U+FFFD in place of what came in as surrogates."""
    match value:
        case str():
            return value.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
        case dict():
            return {key: _clean(inner) for key, inner in value.items()}
        case list() | tuple():
            return [_clean(inner) for inner in value]
        case _:
            return value


@dataclass
class Decoder:
    """Bytes in, messages out; keeps a partial message until the rest arrives."""

    _buffer: bytearray = field(default_factory=bytearray)

    def feed(self, data: bytes) -> list[Message]:
        self._buffer += data
        messages = []
        while len(self._buffer) >= _LENGTH.size:
            (length,) = _LENGTH.unpack_from(self._buffer)
            if length > MAX_BYTES:
                raise SoftswitchError(f"a message of {length} bytes on the gateway's socket; not one of ours")
            end = _LENGTH.size + length
            if len(self._buffer) < end:
                break
            messages.append(_ADAPTER.validate_json(bytes(self._buffer[_LENGTH.size : end])))
            del self._buffer[:end]
        return messages
