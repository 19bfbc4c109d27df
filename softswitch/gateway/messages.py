"""What the gateway and control say to each other over the Unix socket: typed, length-prefixed JSON.

A handful per call. Audio never goes this way (see rings), nor heartbeats, which are in shared memory.
"""

import struct
from dataclasses import dataclass, field
from typing import Annotated, Literal

from pydantic import Field, TypeAdapter

from softswitch.errors import SoftswitchError
from softswitch.events import CallInfo, LegEvent

MAX_BYTES = 1 << 20
_LENGTH = struct.Struct("!I")


# --- gateway to control -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Offered:
    """A call has arrived, or (`established`) was up already when control connected.

    Control owns the slot from here until it has sent Released.
    """

    info: CallInfo
    slot: int
    established: bool = False
    codec: str = ""
    type: Literal["offered"] = "offered"


@dataclass(frozen=True, slots=True)
class Happened:
    call_id: str
    event: LegEvent
    type: Literal["happened"] = "happened"


@dataclass(frozen=True, slots=True)
class Refused:
    """A call that got no session: over capacity, unknown source, and so on."""

    status: int
    type: Literal["refused"] = "refused"


@dataclass(frozen=True, slots=True)
class Ready:
    """Sent once per connection, after every established call was offered."""

    version: str
    type: Literal["ready"] = "ready"


# --- control to gateway -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Hello:
    """Control is ready for calls. `line_path` is a raw PCM file: what callers hear while control is away."""

    line_path: str
    type: Literal["hello"] = "hello"


@dataclass(frozen=True, slots=True)
class Answer:
    call_id: str
    type: Literal["answer"] = "answer"


@dataclass(frozen=True, slots=True)
class Hangup:
    """End the call with a Q.850 cause; before it was answered, refuse it with the matching status."""

    call_id: str
    cause: int
    type: Literal["hangup"] = "hangup"


@dataclass(frozen=True, slots=True)
class Refer:
    """Blind transfer (RFC 3515)."""

    call_id: str
    uri: str
    type: Literal["refer"] = "refer"


@dataclass(frozen=True, slots=True)
class SendDtmf:
    """RFC 4733 telephone-events to the far end."""

    call_id: str
    digits: str
    type: Literal["send_dtmf"] = "send_dtmf"


@dataclass(frozen=True, slots=True)
class Hold:
    call_id: str
    on: bool
    type: Literal["hold"] = "hold"


@dataclass(frozen=True, slots=True)
class Released:
    """Control will not touch the slot of this ended call any more."""

    call_id: str
    type: Literal["released"] = "released"


ToControl = Annotated[Offered | Happened | Refused | Ready, Field(discriminator="type")]
ToGateway = Annotated[
    Hello | Answer | Hangup | Refer | SendDtmf | Hold | Released, Field(discriminator="type")
]
Message = Offered | Happened | Refused | Ready | Hello | Answer | Hangup | Refer | SendDtmf | Hold | Released

_ADAPTER: TypeAdapter[Message] = TypeAdapter(Annotated[Message, Field(discriminator="type")])


def encode(message: Message) -> bytes:
    body = _ADAPTER.dump_json(message)
    return _LENGTH.pack(len(body)) + body


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
