"""Events over a real Mosquitto, from a database: what arrives, and what a broker that is away costs."""

import asyncio
import contextlib
import json
import os
import signal
import sys
from collections import defaultdict
from collections.abc import AsyncIterator
from pathlib import Path

import aiomqtt
import pytest
from certificates import authority, signed
from mosquitto import Broker
from postgres import database_url, postgres_cluster, postgres_url

from softswitch.app import inheriting
from softswitch.app.inheriting import Inheriting
from softswitch.errors import SoftswitchError
from softswitch.events import CallEnded, CallInfo, EndedBy
from softswitch.news import ActionEnded, CallFinished, CallStarted, StateSaved, TrunkChanged, TurnFinished
from softswitch.publish import mqtt, topics
from softswitch.publish import outgoing as outgoing_room
from softswitch.publish.mqtt import Broker as Connection
from softswitch.publish.outgoing import Outgoing
from softswitch.sections.mqtt import Mqtt
from softswitch.store import migrate
from softswitch.store.mailbox import Mailbox
from softswitch.store.writer import Records

__all__ = ["database_url", "postgres_cluster", "postgres_url"]
CALL = "0123456789abcdef0123456789abcdef"
DAY = 86400.0


@pytest.fixture
async def broker(tmp_path: Path) -> AsyncIterator[Broker]:
    broker = Broker(tmp_path)
    await broker.start()
    yield broker
    await broker.stop()


class Publisher:
    """A node's records, its messages and its connection."""

    def __init__(self, url: str, settings: Mqtt, node: str = "n1") -> None:
        migrate.upgrade(url)
        self.records = Records(url, node, encode=topics.encode)
        self.records.start()
        self.connection = Connection(settings, node)
        self.mailbox = Mailbox(url, node, self.records)
        self.outgoing = self.outgoing_of(node, settings)
        self.records.on_messages = self.outgoing.wake
        self._settings = settings
        self.tasks: list[asyncio.Task[None]] = []

    def outgoing_of(self, node: str, settings: Mqtt | None = None) -> Outgoing:
        settings = settings or self._settings
        return Outgoing(node, self.mailbox, self.connection, settings.outbox, settings.outbox_age)

    async def start(self) -> None:
        await self.outgoing.begin()
        self.tasks += map(asyncio.create_task, (self.connection.run(), self.outgoing.run()))

    async def stop(self) -> None:
        for task in self.tasks:
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)
        await self.outgoing.close()
        await self.mailbox.close()
        await self.records.close()


@contextlib.asynccontextmanager
async def publishing(url: str, settings: Mqtt, node: str = "n1") -> AsyncIterator[Publisher]:
    publisher = Publisher(url, settings, node)
    await publisher.start()
    try:
        yield publisher
    finally:
        await publisher.stop()


def started(call_id: str = CALL) -> CallStarted:
    return CallStarted(
        CallInfo(call_id, "x@y", "sip:a@b", "sip:c@d", "192.0.2.1:5060", 1.5), "reception", "1", 1.5
    )


def turn(number: int, call_id: str = CALL) -> TurnFinished:
    return TurnFinished(call_id, number, "menu", "speech", "straße", 0.9, "", "", 1.0, 1.0, "", 2.0)


async def until(condition, seconds: float = 20.0) -> None:
    async with asyncio.timeout(seconds):
        while not condition():
            await asyncio.sleep(0.01)


async def receive(client: aiomqtt.Client, count: int, seconds: float = 10) -> list[tuple[str, dict]]:
    messages: list[tuple[str, dict]] = []
    async with asyncio.timeout(seconds):
        while len(messages) < count:
            message = await anext(aiter(client.messages))
            messages.append((str(message.topic), json.loads(message.payload)))
    return messages


def numbers(messages: list[tuple[str, dict]]) -> list[int]:
    return [payload["number"] for _, payload in messages]


async def test_a_calls_events_arrive_in_order_as_json_under_its_topic(broker: Broker, database_url: str):
    told = (
        started(),
        StateSaved(CALL, "menu", '{"secret": 1}', 2.0),
        turn(1),
        CallFinished(CALL, CallEnded(16, 200, EndedBy.CALLER), "menu", 3.0),
        TrunkChanged("berlin", "down", "up", "no answer", 4.0),
        ActionEnded(7, "order", "shop", CALL, "dead", 1, "422", 5.0),
    )
    async with broker.client() as client, publishing(database_url, Mqtt(url=broker.url)) as publisher:
        await client.subscribe("softswitch/v1/n1/+/+/+", qos=1)
        for event in told:
            await publisher.records.submit(event)
        messages = await receive(client, 5)
    of_call = f"softswitch/v1/n1/calls/{CALL}"
    assert [topic for topic, _ in messages] == [
        *(f"{of_call}/{name}" for name in ("started", "turn", "finished")),
        "softswitch/v1/n1/trunks/berlin/changed",
        "softswitch/v1/n1/actions/7/dead",
    ]
    payloads = [payload for _, payload in messages]
    assert (payloads[0]["from_uri"], payloads[0]["node"]) == ("sip:a@b", "n1")
    assert payloads[1]["heard"] == "straße"
    assert payloads[2]["ended"]["ended_by"] == "caller"
    assert [payload["event"] for payload in payloads] == ["started", "turn", "finished", "changed", "dead"]


async def test_what_cannot_be_recorded_is_not_published(broker: Broker, tmp_path: Path):
    async with (
        broker.client() as client,
        publishing(f"sqlite:///{tmp_path}/r.db", Mqtt(url=broker.url)) as publisher,
    ):
        await client.subscribe("softswitch/v1/n1/calls/#", qos=1)
        await publisher.records.submit(turn(1))  # of a call that is not known
        await publisher.records.submit(started())
        ((topic, _),) = await receive(client, 1)
        assert topic.endswith("/started")


async def test_what_the_broker_has_is_removed_and_not_published_again(broker: Broker, tmp_path: Path):
    url = f"sqlite:///{tmp_path}/r.db"
    async with broker.client() as client:
        await client.subscribe("softswitch/v1/+/calls/#", qos=1)
        for number in (1, 2):
            async with publishing(url, Mqtt(url=broker.url)) as publisher:
                await publisher.records.record(started(f"{number:032x}"))
                assert await publisher.outgoing.flush(5)
                assert publisher.outgoing.depth == 0
            ((_, payload),) = await receive(client, 1)
            assert payload["call_id"] == f"{number:032x}"


async def test_a_broker_that_goes_away_under_load_again_and_again_costs_no_event_and_no_order(
    tmp_path: Path, database_url: str, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(mqtt, "LAST_DELAY", 0.5)
    broker = Broker(tmp_path, keeps=True)
    await broker.start()
    calls = [f"{number:032x}" for number in range(10)]
    received: dict[str, list[int]] = defaultdict(list)

    async def listen() -> None:
        while True:
            with contextlib.suppress(aiomqtt.MqttError):
                async with aiomqtt.Client(
                    "127.0.0.1", broker.port, identifier="listener", clean_session=False
                ) as client:
                    await client.subscribe("softswitch/v1/n1/calls/+/turn", qos=1)
                    async for message in client.messages:
                        payload = json.loads(message.payload)
                        received[payload["call_id"]].append(payload["number"])
            await asyncio.sleep(0.02)

    async with publishing(database_url, Mqtt(url=broker.url)) as publisher:
        listening = asyncio.create_task(listen())
        for call in calls:
            await publisher.records.submit(started(call))
        for number in range(1, 101):
            for call in calls:
                await publisher.records.submit(turn(number, call))
            await asyncio.sleep(0.02)
            if number % 30 == 0:
                await broker.stop()
                await asyncio.sleep(0.1)
                await broker.start()
        assert await publisher.outgoing.flush(20)
        assert publisher.outgoing.dropped == 0
        await asyncio.sleep(0.2)
        listening.cancel()
        await asyncio.gather(listening, return_exceptions=True)
    await broker.stop()
    for call in calls:
        assert sorted(set(received[call])) == list(range(1, 101))
        assert_in_order(received[call])


def assert_in_order(seen: list[int]) -> None:
    """Each time a stream goes back, to publish again what was not acknowledged, it goes on from there."""
    highest, fresh = 0, []
    for number in seen:
        if number > highest:
            fresh.append(number)
            highest = number
    assert fresh == sorted(set(seen)), "something older came after something newer for the first time"


PUBLISHER = """
import asyncio, sys
from softswitch.events import CallInfo
from softswitch.news import CallStarted, TurnFinished
from softswitch.publish import topics
from softswitch.publish.mqtt import Broker
from softswitch.publish.outgoing import Outgoing
from softswitch.sections.mqtt import Mqtt
from softswitch.store.mailbox import Mailbox
from softswitch.store.writer import Records

async def call(records, call_id):
    await records.record(CallStarted(CallInfo(call_id, "", "", "", "", 1.0), "plan", "v1", 1.0))
    number = 0
    while True:
        number += 1
        await records.record(TurnFinished(call_id, number, "", "", "", 0.0, "", "", 0.0, 0.0, "", 1.0))
        sys.stdout.write(f"turn {call_id} {number}\\n")
        sys.stdout.flush()

async def main(url, broker, first):
    records = Records(url, "n1", encode=topics.encode)
    records.start()
    connection = Broker(Mqtt(url=broker), "n1")
    outgoing = Outgoing("n1", Mailbox(url, "n1", records), connection, 100_000, 86400.0)
    records.on_messages = outgoing.wake
    await asyncio.gather(connection.run(), outgoing.run(),
                         *(call(records, f"{int(first) + number:032x}") for number in range(5)))

asyncio.run(main(*sys.argv[1:]))
"""


async def publish_until_killed(url: str, broker_url: str, first: int, seconds: float) -> dict[str, int]:
    """The last turn of each call that was on disk when the process got its SIGKILL."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", PUBLISHER, url, broker_url, str(first)), stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout
    lines = [b""]
    while not lines[-1].startswith(b"turn"):
        lines.append(await process.stdout.readline())
    reading = asyncio.create_task(process.stdout.read())
    await asyncio.sleep(seconds)
    os.kill(process.pid, signal.SIGKILL)
    lines += (await reading).splitlines(keepends=True)
    assert await process.wait() == -signal.SIGKILL
    whole = [line.split() for line in lines if line.startswith(b"turn") and line.endswith(b"\n")]
    return {call_id.decode(): int(number) for _, call_id, number in whole}


@pytest.mark.slow
async def test_kill_9_of_a_publisher_loses_no_event_and_no_order(broker: Broker, database_url: str):
    """Killed while it publishes, and killed while the broker is away; the next process publishes the rest."""
    migrate.upgrade(database_url)
    received: dict[str, list[int]] = defaultdict(list)
    recorded = await publish_until_killed(database_url, f"mqtt://127.0.0.1:{broker.port + 1}", 100, 0.3)
    async with broker.client() as client:
        await client.subscribe("softswitch/v1/n1/calls/+/turn", qos=1)

        async def listen() -> None:
            async for message in client.messages:
                payload = json.loads(message.payload)
                received[payload["call_id"]].append(payload["number"])

        listening = asyncio.create_task(listen())
        for first in (200, 300):
            recorded |= await publish_until_killed(database_url, broker.url, first, 0.5)
        async with publishing(database_url, Mqtt(url=broker.url)) as publisher:
            await until(lambda: publisher.connection.connected)
            assert await publisher.outgoing.flush(30)
        await asyncio.sleep(0.3)
        listening.cancel()
        await asyncio.gather(listening, return_exceptions=True)
    assert len(recorded) == 15
    for call, last in recorded.items():
        assert sorted(set(received[call]))[:last] == list(range(1, last + 1)), (
            "every turn on disk has arrived"
        )
        assert_in_order(received[call])


async def test_while_the_broker_is_away_the_newest_are_kept_and_what_is_dropped_is_counted(
    broker: Broker, database_url: str, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(outgoing_room, "TIDY_S", 0.05)
    await broker.stop()
    async with publishing(database_url, Mqtt(url=broker.url, outbox=10)) as publisher:
        outgoing = publisher.outgoing
        await publisher.records.submit(started())
        for number in range(1, 30):
            await publisher.records.submit(turn(number))
        await until(lambda: outgoing.dropped == 20)
        assert outgoing.depth == 10
        await broker.start()
        async with broker.client() as client:
            await client.subscribe("softswitch/v1/n1/calls/#", qos=1)
            assert numbers(await receive(client, 10)) == list(range(20, 30))


async def test_what_waits_longer_than_it_may_is_dropped(
    broker: Broker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(outgoing_room, "TIDY_S", 0.05)
    await broker.stop()
    settings = Mqtt(url=broker.url, outbox_age="200ms")
    async with publishing(f"sqlite:///{tmp_path}/r.db", settings) as publisher:
        await publisher.records.record(started())
        await until(lambda: publisher.outgoing.dropped == 1)
        assert publisher.outgoing.depth == 0


async def test_what_a_dead_node_left_is_published_by_another_and_by_one_only(
    broker: Broker, database_url: str, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(inheriting, "LOOK_S", 0.1)
    monkeypatch.setattr(inheriting, "DEAD_S", 0.5)
    settings = Mqtt(url=broker.url)
    dead = Publisher(database_url, settings, "dead")
    await dead.records.record(started())
    for number in range(1, 51):
        await dead.records.submit(turn(number))
    await dead.mailbox.beat()
    await dead.stop()
    async with (
        broker.client() as client,
        publishing(database_url, settings, "n2") as second,
        publishing(database_url, settings, "n3") as third,
    ):
        await client.subscribe("softswitch/v1/dead/calls/+/turn", qos=1)
        heirs = [Inheriting(each.mailbox, each.outgoing_of) for each in (second, third)]
        second.tasks.append(asyncio.create_task(heirs[0].run()))
        third.tasks.append(asyncio.create_task(heirs[1].run()))
        assert numbers(await receive(client, 50)) == list(range(1, 51))
        await until(lambda: sum(heir.taken_over for heir in heirs) == 51)
        with pytest.raises(TimeoutError):
            await receive(client, 1, 0.5)
        assert await second.mailbox.count("dead") == 0


async def test_a_node_that_lives_keeps_its_messages_though_its_broker_is_away(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(inheriting, "LOOK_S", 0.05)
    monkeypatch.setattr(inheriting, "DEAD_S", 0.3)
    url, settings = f"sqlite:///{tmp_path}/r.db", Mqtt(url="mqtt://127.0.0.1:1")
    async with publishing(url, settings, "n1") as first, publishing(url, settings, "n2") as second:
        await first.records.record(started())
        heirs = [Inheriting(each.mailbox, each.outgoing_of) for each in (first, second)]
        for each, heir in zip((first, second), heirs, strict=True):
            each.tasks.append(asyncio.create_task(heir.run()))
        await asyncio.sleep(0.8)
        assert heirs[1]._heirs == {}
        first.tasks[-1].cancel()  # now it is dead
        await until(lambda: "n1" in heirs[1]._heirs)


async def presence(client: aiomqtt.Client) -> tuple[str, str]:
    ((_, payload),) = await receive(client, 1)
    assert payload["event"] == "presence"
    return payload["state"], payload["version"]


async def test_the_presence_of_a_node_is_retained_and_the_broker_tells_of_its_death(
    broker: Broker, tmp_path: Path
):
    script = tmp_path / "node.py"
    script.write_text(
        "import asyncio, sys\nfrom softswitch.publish.mqtt import Broker\n"
        "from softswitch.sections.mqtt import Mqtt\n"
        "asyncio.run(Broker(Mqtt(url=sys.argv[1]), 'n9').run())\n"
    )
    topic = "softswitch/v1/n9/presence"
    process = await asyncio.create_subprocess_exec(sys.executable, str(script), broker.url)
    try:
        async with broker.client() as client:
            await client.subscribe(topic, qos=1)
            assert await presence(client) == ("online", "0.1.0")
            process.kill()
            assert await presence(client) == ("offline", "0.1.0")
        async with broker.client() as late:
            await late.subscribe(topic, qos=1)
            assert (await presence(late))[0] == "offline"
            connection = Connection(Mqtt(url=broker.url), "n9")
            running = asyncio.create_task(connection.run())
            assert (await presence(late))[0] == "online"
            await connection.say("draining")
            assert (await presence(late))[0] == "draining"
            await connection.say("offline")
            assert (await presence(late))[0] == "offline"
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)
            with pytest.raises(TimeoutError):
                await receive(late, 1, 0.3)
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def test_a_broker_that_never_acknowledges_is_left_and_the_message_refused(
    monkeypatch: pytest.MonkeyPatch,
):
    monkeypatch.setattr(mqtt, "ACKNOWLEDGE_S", 0.3)

    async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(500)
        writer.write(b"\x20\x02\x00\x00")  # CONNACK, accepted
        while await reader.read(500):
            pass
        writer.close()

    async with await asyncio.start_server(accept, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        connection = Connection(Mqtt(url=f"mqtt://127.0.0.1:{port}"), "n1")
        running = asyncio.create_task(connection.run())
        await until(lambda: connection.connected)
        with pytest.raises(SoftswitchError, match=r"did not acknowledge|is away"):
            await connection.publish("a", b"b")
        await until(lambda: not connection.connected)
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
    with pytest.raises(SoftswitchError, match="is away"):
        await connection.publish("a", b"b")


async def connects(settings: Mqtt, seconds: float = 1.0) -> bool:
    connection = Connection(settings, "n1")
    running = asyncio.create_task(connection.run())
    try:
        await until(lambda: connection.connected, seconds)
        await connection.publish("a", b"b")
        return True
    except TimeoutError:
        return False
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


async def test_the_password_comes_from_its_file_and_a_wrong_one_is_refused(tmp_path: Path):
    broker = Broker(tmp_path, user="node", password="open sesame")
    await broker.start()
    secret = tmp_path / "secret"
    settings = Mqtt(url=broker.url, username="node", password_file=secret)
    try:
        secret.write_text("wrong\n")
        assert not await connects(settings)
        secret.write_text("open sesame\nnot this line\n")
        assert await connects(settings)
    finally:
        await broker.stop()


# paho leaves it to the garbage collector to close a socket whose handshake failed.
@pytest.mark.filterwarnings("ignore:unclosed <ssl:ResourceWarning")
@pytest.mark.filterwarnings("ignore:Exception ignored in. <ssl:pytest.PytestUnraisableExceptionWarning")
async def test_mqtts_is_encrypted_and_believes_its_own_authorities_only(tmp_path: Path):
    ours, other = authority(tmp_path / "ours"), authority(tmp_path / "other")
    broker = Broker(tmp_path, tls=signed(tmp_path, "broker", ours, ["localhost"]))
    await broker.start()
    url = f"mqtts://localhost:{broker.port}"
    try:
        assert await connects(Mqtt(url=url, ca_file=ours.certificate_file))
        assert not await connects(Mqtt(url=url, ca_file=other.certificate_file))
        assert not await connects(
            Mqtt(url=url.replace("localhost", "127.0.0.1"), ca_file=ours.certificate_file)
        )
    finally:
        await broker.stop()


def test_an_unreadable_password_or_authority_is_one_sentence(tmp_path: Path):
    with pytest.raises(SoftswitchError, match=r"mqtt\.password_file .*/absent: No such file.*readable"):
        Connection(Mqtt(url="mqtt://127.0.0.1", password_file=tmp_path / "absent"), "n1")
    (tmp_path / "bad.pem").write_text("no certificate")
    with pytest.raises(SoftswitchError, match=r"mqtt\.ca_file .*bad\.pem"):
        Connection(Mqtt(url="mqtts://127.0.0.1", ca_file=tmp_path / "bad.pem"), "n1")
