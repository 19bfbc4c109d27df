"""Commands over MQTT: who may, when, and how often; and what is answered."""

import asyncio
import hmac
import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from softswitch.errors import SoftswitchError
from softswitch.publish import orders
from softswitch.publish.buckets import Bucket
from softswitch.publish.commands import MOST_RUNNING, Commands
from softswitch.publish.orders import Gate, Refusal, sign
from softswitch.sections.mqtt import Commander

SECRET = b"s" * 32
TOPIC = "softswitch/v1/n1/commands/hangup"


class Clock:
    now = 1_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def gate(tmp_path: Path, clock: Clock) -> Gate:
    file = tmp_path / "secret"
    file.write_bytes(SECRET + b"\r\nnot this line\n")
    gate = Gate({"crm": Commander(secret_file=file, allow=("hangup", "originate"))}, clock)
    clock.now += 10
    return gate


def signed(text: str, topic: str = TOPIC, secret: bytes = SECRET) -> bytes:
    return json.dumps({"command": text, "signature": sign(secret, topic, text)}).encode()


def order(clock: Clock, **changes: Any) -> str:
    return json.dumps({"user": "crm", "id": "f3c0a9d2", "at": clock.now, "arguments": {"a": 1}} | changes)


def refusal(gate: Gate, payload: bytes, topic: str = TOPIC) -> Refusal:
    with pytest.raises(Refusal) as caught:
        gate.open(topic, payload)
    return caught.value


def test_signatures_are_compared_in_constant_time_whoever_is_said_to_have_signed(
    gate: Gate, clock: Clock, monkeypatch: pytest.MonkeyPatch
):
    compared: list[tuple[str, str]] = []
    really = hmac.compare_digest

    def compare(one: str, other: str) -> bool:
        compared.append((one, other))
        return really(one, other)

    monkeypatch.setattr(orders.hmac, "compare_digest", compare)
    for user in ("crm", "nobody"):
        assert refusal(gate, signed(order(clock, user=user), secret=b"x" * 32)).fault == "refused"
    assert [len(one) == len(other) == 64 for one, other in compared] == [True, True]


def test_a_command_that_is_signed_is_taken(gate: Gate, clock: Clock):
    taken = gate.open(TOPIC, signed(order(clock)))
    assert (taken.user, taken.id, taken.arguments) == ("crm", "f3c0a9d2", {"a": 1})


def test_the_signature_is_what_openssl_says_too():
    command = ["openssl", "dgst", "-sha256", "-hmac", SECRET.decode()]
    said = subprocess.run(command, input=f"{TOPIC}\nhällo".encode(), capture_output=True, check=True)
    assert said.stdout.split()[-1].decode() == sign(SECRET, TOPIC, "hällo")


@pytest.mark.parametrize(
    ("secret", "topic", "changes"),
    [
        (b"t" * 32, TOPIC, {}),
        (SECRET, "softswitch/v1/n2/commands/hangup", {}),
        (SECRET, "softswitch/v1/n1/commands/originate", {}),
        (SECRET, TOPIC, {"user": "nobody"}),
        (orders.NOBODY, TOPIC, {"user": "nobody"}),
    ],
)
def test_one_by_another_secret_or_user_or_for_another_node_or_command_is_refused(
    gate: Gate, clock: Clock, secret: bytes, topic: str, changes: dict[str, str]
):
    refused = refusal(gate, signed(order(clock, **changes), topic, secret))
    assert (refused.fault, str(refused)) == ("refused", "it is not signed by a user that this node knows")


def test_a_text_that_was_changed_after_it_was_signed_is_refused(gate: Gate, clock: Clock):
    payload = json.loads(signed(order(clock)))
    payload["command"] = payload["command"].replace('"a": 1', '"a": 2')
    assert refusal(gate, json.dumps(payload).encode()).fault == "refused"


def test_a_user_may_send_the_commands_that_are_allowed_and_no_others(gate: Gate, clock: Clock):
    topic = "softswitch/v1/n1/commands/drain"
    refused = refusal(gate, signed(order(clock), topic), topic)
    assert (refused.fault, refused.id) == ("refused", "f3c0a9d2")
    assert "crm may not drain" in str(refused)


@pytest.mark.parametrize(("off", "taken"), [(-29, True), (-31, False), (1.5, True), (2.5, False)])
def test_a_command_is_good_for_half_a_minute(gate: Gate, clock: Clock, off: float, taken: bool):
    clock.now += 60
    payload = signed(order(clock, at=clock.now + off))
    if taken:
        gate.open(TOPIC, payload)
    else:
        assert "from this node's" in str(refusal(gate, payload))


@pytest.mark.parametrize("at", ["NaN", "Infinity", "1e400"])
def test_a_time_that_is_none_is_refused(gate: Gate, at: str):
    text = '{"user": "crm", "id": "f3c0a9d2", "at": ' + at + "}"
    refusal(gate, signed(text))


def test_a_command_that_is_played_again_is_not_taken_as_long_as_its_time_is_good(gate: Gate, clock: Clock):
    payload = signed(order(clock))
    gate.open(TOPIC, payload)
    for _ in range(33):
        clock.now += 1
        assert refusal(gate, payload).fault in ("repeated", "refused")
    assert refusal(gate, payload).fault == "refused"


def test_a_command_from_before_a_restart_is_not_taken_after_it(tmp_path: Path, gate: Gate, clock: Clock):
    payload = signed(order(clock, at=clock.now + 1.9))
    gate.open(TOPIC, payload)
    restarted = Gate({"crm": Commander(secret_file=tmp_path / "secret", allow=("hangup",))}, clock)
    clock.now += 1
    assert "only just started" in str(refusal(restarted, payload))


def test_ids_are_forgotten_when_their_time_is_over(gate: Gate, clock: Clock):
    for number in range(200):
        gate.open(TOPIC, signed(order(clock, id=f"number-{number}")))
        clock.now += 1
        gate._users["crm"].bucket._left = 50
    assert len(gate._seen) <= 34


def test_more_than_so_many_a_second_are_limited(gate: Gate, clock: Clock):
    faults = []
    for number in range(100):
        try:
            gate.open(TOPIC, signed(order(clock, id=f"number-{number}")))
        except Refusal as refused:
            faults.append(refused.fault)
    assert set(faults) == {"limited"}
    assert 45 <= len(faults) <= 50


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b"\xff\xfe",
        b"null",
        b"[]",
        b'{"command": "{}"}',
        b'{"command": 3, "signature": "' + b"0" * 64 + b'"}',
        b'{"command": "{}", "signature": "short"}',
        b'{"command": "{}", "signature": "' + b"0" * 64 + b'", "more": 1}',
        b'{"command": "{}", "signature": "' + b"0" * 64 + b'"}',
        b'{"command": "' + b"[" * 5000 + b'", "signature": "' + b"0" * 64 + b'"}',
        b"[" * 10_000,
        b" " * 20_000,
    ],
)
def test_what_is_no_command_is_malformed_and_nothing_worse(gate: Gate, payload: bytes):
    refused = refusal(gate, payload)
    assert (refused.fault, refused.id) == ("malformed", "")
    assert len(str(refused)) < 200


@pytest.mark.parametrize("wrong", ["../../x", "a", "a/b/c/d/e/f", "x" * 65, "näme-mit-umlaut"])
def test_an_id_makes_no_topic_of_its_own(gate: Gate, clock: Clock, wrong: str):
    assert refusal(gate, signed(order(clock, id=wrong))).fault == "malformed"


def test_a_secret_that_is_short_or_unreadable_is_one_sentence(tmp_path: Path):
    file = tmp_path / "secret"
    with pytest.raises(SoftswitchError, match=r"mqtt\.commands\.crm\.secret_file .*No such file.*readable"):
        Gate({"crm": Commander(secret_file=file, allow=("hangup",))})
    file.write_text("short\n")
    with pytest.raises(SoftswitchError, match=r"fewer than 32 characters; make one with: openssl rand"):
        Gate({"crm": Commander(secret_file=file, allow=("hangup",))})


def test_a_bucket_fills_again():
    now = 0.0
    bucket = Bucket(2.0, 3.0, lambda: now)
    assert [bucket.take() for _ in range(4)] == [True, True, True, False]
    now = 0.5
    assert [bucket.take() for _ in range(2)] == [True, False]
    now = 100.0
    assert [bucket.take() for _ in range(4)] == [True, True, True, False]


# --- carrying out ---------------------------------------------------------------------------------------


class World:
    """What the commands reach, and what they answer."""

    def __init__(self, gate: Gate) -> None:
        self.asked: list[tuple[str, dict[str, Any]]] = []
        self.replies: list[dict[str, Any]] = []
        self.answer: dict[str, Any] = {"ok": True, "result": {"n": 1}}
        self.go_on = asyncio.Event()
        self.go_on.set()
        self.commands = Commands("n1", gate, self._ask, self._send)

    async def _ask(self, name: str, arguments: dict[str, Any]) -> dict[str, Any]:
        self.asked.append((name, arguments))
        await self.go_on.wait()
        return self.answer

    async def _send(self, topic: str, payload: bytes) -> None:
        told = json.loads(payload)
        assert topic == f"softswitch/v1/n1/replies/{told['id']}"
        self.replies.append(told)

    async def settle(self) -> None:
        for _ in range(5):
            await asyncio.sleep(0)


async def test_a_command_is_carried_out_and_answered_once(gate: Gate, clock: Clock):
    world = World(gate)
    for _ in range(3):  # a broker may deliver more than once
        world.commands.take(TOPIC, signed(order(clock)), False)
    await world.settle()
    assert world.asked == [("hangup", {"a": 1})]
    (reply,) = world.replies
    assert (reply["id"], reply["command"], reply["ok"], reply["result"]) == (
        "f3c0a9d2",
        "hangup",
        True,
        {"n": 1},
    )
    assert world.commands.counted == {("hangup", "done"): 1, ("hangup", "repeated"): 2}


async def test_what_the_node_says_against_it_is_the_answer(gate: Gate, clock: Clock):
    world = World(gate)
    world.answer = {"ok": False, "error": "no such call"}
    world.commands.take(TOPIC, signed(order(clock)), False)
    await world.settle()
    assert (world.replies[0]["ok"], world.replies[0]["error"]) == (False, "no such call")
    assert world.commands.counted == {("hangup", "failed"): 1}


async def test_what_is_not_understood_is_answered_and_counted_and_a_flood_of_it_only_counted(gate: Gate):
    world = World(gate)
    for _ in range(1000):
        world.commands.take("softswitch/v1/n1/commands/self-destruct", b"please", False)
    await world.settle()
    assert 10 <= len(world.replies) <= 11
    assert world.replies[0]["id"] == "unknown"
    assert world.replies[0]["error"].startswith("not a command")
    assert world.commands.counted == {("other", "malformed"): 1000}
    assert world.asked == []


async def test_a_retained_command_would_come_again_at_each_connection_and_is_refused(
    gate: Gate, clock: Clock
):
    world = World(gate)
    world.commands.take(TOPIC, signed(order(clock)), True)
    await world.settle()
    assert world.asked == []
    assert world.commands.counted == {("hangup", "refused"): 1}


async def test_so_many_are_under_way_at_once_and_no_more(gate: Gate, clock: Clock):
    world = World(gate)
    world.go_on.clear()
    for number in range(MOST_RUNNING + 5):
        gate._users["crm"].bucket._left = 50
        world.commands.take(TOPIC, signed(order(clock, id=f"number-{number}")), False)
    await world.settle()
    assert len(world.asked) == MOST_RUNNING
    assert world.commands.counted["hangup", "limited"] == 5
    await world.commands.close()
    assert world.commands.counted["hangup", "done"] == 0
