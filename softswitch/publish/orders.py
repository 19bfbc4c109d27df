"""Commands over MQTT: who has signed one, and whether it may be carried out.

A command is JSON text with its HMAC (RFC 2104, SHA-256) over topic and text. A secret that only signs is not
given away to others who can read the broker; the topic in what is signed ties a command to its node and
name; its time and its id, each of which is taken once, make it worthless to who has overheard it.
"""

import hashlib
import hmac
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, ValidationError

from softswitch.publish.buckets import Bucket
from softswitch.secret_file import first_line
from softswitch.sections.mqtt import Commander
from softswitch.values import Section

MOST_BYTES = 16 << 10
PAST_S = 30.0
"""How old a command may be."""
FUTURE_S = 2.0
"""How far the sender's clock may be ahead. For so long after its start a node takes no commands either: one
that it took just before it was killed cannot be played to it again.
"""
RATE, BURST = 20.0, 50.0
"""Commands a second of one user, and how many at once."""
LEAST_SECRET = 32
NOBODY = hashlib.sha256(b"nobody").digest()

Fault = Literal["malformed", "refused", "repeated", "limited"]


class Envelope(Section):
    """What is published to `commands/NAME`."""

    command: str = Field(description="JSON text of an object with user, id, at and arguments.")
    signature: str = Field(
        pattern="^[0-9a-fA-F]{64}$",
        description="HMAC-SHA256 with the user's secret over topic, line feed and `command`, hexadecimal.",
    )


class Order(Section):
    """The object within `command`."""

    user: str = Field(description="Who sends it: a key of `mqtt.commands`.")
    id: str = Field(
        pattern="^[A-Za-z0-9_-]{8,64}$",
        description="Chosen anew, by chance, for each command; it is answered at `replies/ID`.",
    )
    at: float = Field(description="Unix seconds; not older than 30 s.")
    arguments: dict[str, Any] = Field({}, description="See the command.")


class Refusal(Exception):
    """Why a command is not carried out, for who sent it; `id` is "" where it has none."""

    def __init__(self, fault: Fault, sentence: str, order_id: str = "") -> None:
        super().__init__(sentence)
        self.fault = fault
        self.id = order_id


@dataclass(frozen=True, slots=True)
class _User:
    secret: bytes
    allow: frozenset[str]
    bucket: Bucket


class Gate:
    """Lets commands in that one of `users` has signed and may send. `clock` tells Unix seconds."""

    def __init__(self, users: Mapping[str, Commander], clock: Callable[[], float] = time.time) -> None:
        """Raises SoftswitchError when a secret can't be read, or is too short to be one."""
        self._users = {
            name: _User(_secret(name, user.secret_file), frozenset(user.allow), Bucket(RATE, BURST))
            for name, user in users.items()
        }
        self._clock = clock
        self._began = clock()
        self._seen: OrderedDict[tuple[str, str], float] = OrderedDict()

    def open(self, topic: str, payload: bytes) -> Order:
        """The command that was published to `topic`. Raises Refusal."""
        envelope, order = _parse(payload)
        user = self._users.get(order.user)
        expected = sign(user.secret if user else NOBODY, topic, envelope.command)
        if not hmac.compare_digest(expected, envelope.signature.lower()) or user is None:
            raise Refusal("refused", "it is not signed by a user that this node knows", order.id)
        name = topic.rpartition("/")[2]
        if name not in user.allow:
            raise Refusal("refused", f"{order.user} may not {name}: see mqtt.commands", order.id)
        self._check_time(order)
        if not user.bucket.take():
            raise Refusal("limited", f"more than {RATE:g} commands a second; try again", order.id)
        self._check_new(order)
        return order

    def _check_time(self, order: Order) -> None:
        now = self._clock()
        if not now - PAST_S <= order.at <= now + FUTURE_S:
            off = f"its time is {order.at - now:+.0f} s from this node's"
            raise Refusal("refused", f"{off}: sign it anew, by a clock that is right", order.id)
        if order.at <= self._began + FUTURE_S:
            raise Refusal("refused", "this node has only just started: sign it anew in a moment", order.id)

    def _check_new(self, order: Order) -> None:
        now, name = self._clock(), (order.user, order.id)
        if name in self._seen:
            raise Refusal("repeated", "a command with this id was taken already", order.id)
        self._seen[name] = now
        # Each user adds RATE a second at most, and what is as old as this is refused for its time.
        while self._seen and next(iter(self._seen.values())) < now - PAST_S - FUTURE_S:
            self._seen.popitem(last=False)


def sign(secret: bytes, topic: str, command: str) -> str:
    """The signature of a command's text for a topic, in hexadecimal digits."""
    return hmac.new(secret, f"{topic}\n{command}".encode(), hashlib.sha256).hexdigest()


def _parse(payload: bytes) -> tuple[Envelope, Order]:
    if len(payload) > MOST_BYTES:
        raise Refusal("malformed", f"a command has {MOST_BYTES} bytes at most")
    try:
        envelope = Envelope.model_validate_json(payload)
        order = Order.model_validate_json(envelope.command)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        raise Refusal("malformed", f"not a command: {where or 'the payload'}: {first['msg']}") from None
    return envelope, order


def _secret(name: str, path: Path) -> bytes:
    setting = f"mqtt.commands.{name}.secret_file"
    return first_line(path, setting=setting, least=LEAST_SECRET).encode()
