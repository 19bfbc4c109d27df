"""Events over a real Mosquitto: what arrives, and what a broker that is away costs."""

import asyncio
import contextlib
import json
import time

import pytest
from mosquitto import Broker, free_port

from softswitch.errors import SoftswitchError
from softswitch.events import (
    CallAnswered,
    CallEnded,
    CallFinished,
    CallInfo,
    CallStarted,
    EndedBy,
    StateSaved,
    TurnFinished,
)
from softswitch.publish import mqtt
from softswitch.publish.mqtt import MqttPublisher
from softswitch.sections import Mqtt

CALL = "0123456789abcdef0123456789abcdef"


@pytest.fixture
async def broker(tmp_path):
    broker = Broker(tmp_path)
    await broker.start()
    yield broker
    await broker.stop()


@contextlib.asynccontextmanager
async def running(publisher: MqttPublisher):
    task = asyncio.create_task(publisher.run())
    try:
        yield publisher
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


def answered(number: int) -> CallAnswered:
    return CallAnswered(CALL, "PCMU", float(number))


async def until(condition, seconds: float = 5.0) -> None:
    async with asyncio.timeout(seconds):
        while not condition():
            await asyncio.sleep(0.01)


async def receive(client, count: int) -> list[tuple[str, dict]]:
    async with asyncio.timeout(10):
        return [
            (str(message.topic), json.loads(message.payload))
            async for _, message in _counted(client.messages, count)
        ]


async def _counted(messages, count: int):
    for number in range(count):
        yield number, await anext(aiter(messages))


async def test_a_calls_events_arrive_in_order_as_json_under_its_topic(broker):
    info = CallInfo(CALL, "x@y", "sip:a@b", "sip:c@d", "192.0.2.1:5060", 1.5)
    turn = TurnFinished(
        CALL,
        1,
        "menu",
        "speech",
        "straße",
        0.9,
        "hours",
        "At nine.",
        1.0,
        1.0,
        "At nine.",
        2.0,
        {"total": 305.0},
    )
    events = (
        CallStarted(info, "reception", "1", 1.5),
        answered(2),
        StateSaved(CALL, "menu", '{"secret": 1}', 2.0),
        turn,
        CallFinished(CALL, CallEnded(16, 200, EndedBy.CALLER), "menu", 3.0),
    )
    async with (
        broker.client() as client,
        running(MqttPublisher(Mqtt(url=broker.url), "n1")) as publisher,
    ):
        await client.subscribe("softswitch/v1/#", qos=1)
        for event in events:
            publisher.take(event)
        messages = await receive(client, 4)
    names = ["started", "answered", "turn", "finished"]
    assert [topic for topic, _ in messages] == [f"softswitch/v1/n1/calls/{CALL}/{name}" for name in names]
    payloads = [payload for _, payload in messages]
    assert payloads[0]["from_uri"] == "sip:a@b"
    assert payloads[0]["node"] == "n1"
    assert payloads[2]["heard"] == "straße"
    assert payloads[2]["stages_ms"] == {"total": 305.0}
    assert payloads[3]["ended"]["cause"] == 16
    assert payloads[3]["ended"]["ended_by"] == "caller"


async def test_flush_tells_that_the_broker_has_everything(broker):
    async with running(MqttPublisher(Mqtt(url=broker.url), "n1")) as publisher:
        for number in range(500):
            publisher.take(answered(number))
        assert not await publisher.flush(0)
        assert await publisher.flush(10)
        assert (publisher.depth, publisher.dropped) == (0, 0)


async def test_events_of_an_outage_are_kept_and_sent_when_the_broker_is_back(broker, monkeypatch):
    # Long enough for the subscriber to be there first.
    monkeypatch.setattr(mqtt, "FIRST_DELAY", 2.0)
    async with running(MqttPublisher(Mqtt(url=broker.url), "n1")) as publisher:
        await until(lambda: publisher.connected)
        await broker.stop()
        await until(lambda: not publisher.connected)
        for number in range(100):
            publisher.take(answered(number))
        assert not await publisher.flush(0.2)
        await broker.start()
        async with broker.client() as client:
            await client.subscribe("softswitch/v1/#", qos=1)
            messages = await receive(client, 100)
        assert [payload["at"] for _, payload in messages] == [float(number) for number in range(100)]
        assert publisher.dropped == 0


async def test_events_that_were_sent_and_never_acknowledged_are_sent_again_in_order(tmp_path, monkeypatch):
    monkeypatch.setattr(mqtt, "FIRST_DELAY", 2.0)
    broker = Broker(tmp_path)
    seen = asyncio.Event()

    async def accept_and_hang_up(reader, writer):
        await reader.read(100)
        writer.write(b"\x20\x02\x00\x00")  # CONNACK, accepted
        await reader.read(100)
        writer.close()
        seen.set()

    publisher = MqttPublisher(Mqtt(url=broker.url), "n1")
    for number in range(30):
        publisher.take(answered(number))
    async with running(publisher):
        async with await asyncio.start_server(accept_and_hang_up, "127.0.0.1", broker.port):
            await asyncio.wait_for(seen.wait(), 5)
        await until(lambda: not publisher.connected)
        assert publisher.depth == 30
        await broker.start()
        async with broker.client() as client:
            await client.subscribe("softswitch/v1/#", qos=1)
            messages = await receive(client, 30)
    await broker.stop()
    assert [payload["at"] for _, payload in messages] == [float(number) for number in range(30)]


async def test_beyond_the_outbox_the_oldest_are_dropped_and_counted():
    publisher = MqttPublisher(Mqtt(url=f"mqtt://127.0.0.1:{free_port()}", outbox=10), "n1")
    async with running(publisher):
        started = time.monotonic()
        for number in range(1000):
            publisher.take(answered(number))
        assert time.monotonic() - started < 0.5
        assert (publisher.depth, publisher.dropped) == (10, 990)
        assert not publisher.connected


async def test_what_is_left_after_dropping_is_the_newest(broker):
    publisher = MqttPublisher(Mqtt(url=broker.url, outbox=10), "n1")
    for number in range(30):
        publisher.take(answered(number))
    async with broker.client() as client, running(publisher):
        await client.subscribe("softswitch/v1/#", qos=1)
        messages = await receive(client, 10)
    assert [payload["at"] for _, payload in messages] == [float(number) for number in range(20, 30)]


async def test_the_password_comes_from_its_file_and_a_wrong_one_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(mqtt, "LAST_DELAY", 0.5)
    broker = Broker(tmp_path, user="node", password="open sesame")
    await broker.start()
    secret = tmp_path / "secret"
    settings = Mqtt(url=broker.url, username="node", password_file=secret)
    try:
        secret.write_text("wrong\n")
        async with running(MqttPublisher(settings, "n1")) as publisher:
            publisher.take(answered(1))
            assert not await publisher.flush(1)
        secret.write_text("open sesame\nnot this line\n")
        async with running(MqttPublisher(settings, "n1")) as publisher:
            publisher.take(answered(1))
            assert await publisher.flush(5)
    finally:
        await broker.stop()


def test_an_unreadable_password_or_authority_is_one_sentence(tmp_path):
    with pytest.raises(SoftswitchError, match=r"mqtt\.password_file .*/absent: No such file.*readable"):
        MqttPublisher(Mqtt(url="mqtt://127.0.0.1", password_file=tmp_path / "absent"), "n1")
    (tmp_path / "bad.pem").write_text("no certificate")
    with pytest.raises(SoftswitchError, match=r"mqtt\.ca_file .*bad\.pem"):
        MqttPublisher(Mqtt(url="mqtts://127.0.0.1", ca_file=tmp_path / "bad.pem"), "n1")
