"""A whole node and a real Mosquitto: what a call tells, what can be commanded, and a death in between."""

import asyncio
import json
import secrets
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiomqtt
import pytest
from callees import Callee, Callees
from conftest import StartNode
from far_end import FarEnd
from figures.mosquitto import broker as mosquitto
from jsonschema import Draft202012Validator
from mosquitto import Broker
from node import Node, wait_for

from softswitch.publish import schemas
from softswitch.publish.orders import FUTURE_S, sign
from softswitch.publish.topics import TOPICS
from softswitch.store.people import agents
from softswitch.store.people.agents import Hired

pytestmark = pytest.mark.slow
SECRET = "5" * 32
COMMANDS = "originate,hangup,transfer,drain,agent.state"
NUMBER = "+442079460001"


def settings(folder: Path, port: int) -> tuple[str, ...]:
    (folder / "secret").write_text(f"{SECRET}\n")
    user = "mqtt.commands.crm"
    url = f"mqtt.url=mqtt://127.0.0.1:{port}"
    return "node=n1", url, f"{user}.secret_file={folder / 'secret'}", f"{user}.allow={COMMANDS}"


@dataclass
class Lab:
    node: Node
    port: int
    callees: Callees


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory, prompts: Path) -> Iterator[Lab]:
    folder = tmp_path_factory.mktemp("mqtt")
    with mosquitto() as port, Callees() as callees:
        trunks = folder / "trunks.yaml"
        way = f"{{name: a, kind: ip, hosts: '127.0.0.1:{callees.port}', prefixes: +44, allow: 192.0.2.1}}"
        trunks.write_text(f"trunks: [{way}]\n")
        dialling = f"trunks_file={trunks}", "dialing.prefixes=+44"
        with Node(folder / "node", prompts, *settings(folder, port), *dialling) as node:
            wait_for(lambda: node.metrics().get('softswitch_trunk_state{state="up",trunk="a"}'), "a is up")
            time.sleep(FUTURE_S)  # before that it takes no commands
            yield Lab(node, port, callees)
            print(node.log)


class Subscriber:
    """Everything below softswitch/v1/n1, as it comes; and commands, signed."""

    def __init__(self, client: aiomqtt.Client) -> None:
        self._client = client
        self.seen: list[tuple[str, dict[str, Any]]] = []
        self._task = asyncio.create_task(self._listen())

    async def _listen(self) -> None:
        async for message in self._client.messages:
            assert isinstance(message.payload, bytes)
            self.seen.append(
                (str(message.topic).removeprefix("softswitch/v1/n1/"), json.loads(message.payload))
            )

    async def next(self, end: str, seconds: float = 15.0, **wanted: Any) -> tuple[str, dict[str, Any]]:
        """The first message whose topic ends so, and that has these values."""
        async with asyncio.timeout(seconds):
            while True:
                for topic, payload in self.seen:
                    if topic.endswith(end) and wanted.items() <= payload.items():
                        return topic, payload
                await asyncio.sleep(0.02)

    async def command(
        self, name: str, /, secret: str = SECRET, seconds: float = 15.0, **arguments: Any
    ) -> dict[str, Any]:
        """The reply."""
        topic, order_id = f"softswitch/v1/n1/commands/{name}", secrets.token_hex(8)
        order = {"user": "crm", "id": order_id, "at": time.time(), "arguments": arguments}
        text = json.dumps(order)
        payload = {"command": text, "signature": sign(secret.encode(), topic, text)}
        await self._client.publish(topic, json.dumps(payload), qos=1)
        return (await self.next(f"replies/{order_id}", seconds))[1]

    async def close(self) -> None:
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)


@pytest.fixture
async def subscriber(lab: Lab) -> AsyncIterator[Subscriber]:
    async with aiomqtt.Client("127.0.0.1", lab.port) as client:
        subscriber = Subscriber(client)
        await client.subscribe("softswitch/v1/n1/#", qos=1)
        yield subscriber
        await subscriber.close()


def talk(far: FarEnd, node: Node) -> None:
    far.dial(node.sip_port, sdp=far.description())
    far.answered()


async def test_a_call_is_told_by_events_that_keep_their_schemas_and_a_command_ends_it(
    lab: Lab, subscriber: Subscriber
):
    with FarEnd() as far:
        await asyncio.to_thread(talk, far, lab.node)
        _, started = await subscriber.next("/started")
        assert (await subscriber.next("/answered", call_id=started["call_id"]))[1]["codec"] == "PCMU"
        reply = await subscriber.command("hangup", call_id=started["call_id"])
        assert (reply["ok"], reply["error"]) == (True, "")
        await asyncio.to_thread(lambda: far.reply(far.next("BYE"), 200))
        await subscriber.next("/finished", call_id=started["call_id"])
        again = await subscriber.command("hangup", call_id=started["call_id"])
        assert "has no call" in again["error"]
    told = [topic.rpartition("/")[2] for topic, _ in subscriber.seen if started["call_id"] in topic]
    assert told == ["started", "answered", "turn", "finished"]
    by_name = {topic.path.rpartition("/")[2]: schemas.name_of(topic) for topic in TOPICS}
    for topic, payload in subscriber.seen:
        if topic.startswith("commands/"):
            continue
        name = {"presence": "presence", "replies": "replies"}.get(topic.partition("/")[0])
        schema = schemas.published()[name or by_name[payload["event"]]]
        Draft202012Validator(schema).validate(payload)
        assert set(payload) == set(schema["properties"])


async def test_a_caller_is_transferred_by_a_command(lab: Lab, subscriber: Subscriber):
    with FarEnd() as far:
        await asyncio.to_thread(talk, far, lab.node)
        _, started = await subscriber.next("/started")
        await subscriber.next("/answered", call_id=started["call_id"])
        uri = "sip:desk@127.0.0.1:9"
        assert (await subscriber.command("transfer", call_id=started["call_id"], uri=uri))["ok"]
        refer = await asyncio.to_thread(far.next, "REFER")
        assert f"<{uri}>" in refer or f"Refer-To: {uri}" in refer
        far.reply(refer, 603)
        nowhere = await subscriber.command("transfer", call_id=started["call_id"])
        assert "give either uri or queue" in nowhere["error"]
        assert lab.node.calls_up() == 1, "a refusal leaves the caller where he is"
        await subscriber.command("hangup", call_id=started["call_id"])
        await asyncio.to_thread(lambda: far.reply(far.next("BYE"), 200))


async def test_a_number_is_called_by_a_command(lab: Lab, subscriber: Subscriber):
    lab.callees.numbers[NUMBER] = Callee(486)
    busy = await subscriber.command("originate", number=NUMBER, plan="reception")
    assert (busy["ok"], busy["result"]["outcome"]) == (True, "busy")
    wrong = await subscriber.command("originate", number=NUMBER, plan="nowhere")
    assert (wrong["ok"], "runs no dialplan 'nowhere'" in wrong["error"]) == (False, True)
    missing = await subscriber.command("originate", number=NUMBER)
    assert missing["error"].startswith("plan: ")


async def test_an_agents_state_is_set_by_a_command_and_told(lab: Lab, subscriber: Subscriber):
    agents.add(lab.node.database_url, Hired("ann", "sip:ann@127.0.0.1:9"))
    done = await subscriber.command("agent.state", name="ann", state="away", reason="lunch")
    assert done["result"] == {"name": "ann", "state": "away", "before": "available", "next_state": ""}
    _, told = await subscriber.next("agents/ann/state", state="away")
    assert (told["agent"], told["before"], told["reason"]) == ("ann", "available", "lunch")


async def test_what_is_not_signed_or_not_understood_is_answered_and_counted(lab: Lab, subscriber: Subscriber):
    assert "not signed" in (await subscriber.command("drain", secret="6" * 32))["error"]
    assert "may not agent.code" in (await subscriber.command("agent.code"))["error"]
    await subscriber._client.publish("softswitch/v1/n1/commands/drain", b"{}", qos=1)
    assert "not a command" in (await subscriber.next("replies/unknown"))[1]["error"]
    counted = lab.node.metrics()
    assert counted['softswitch_mqtt_commands_total{command="drain",result="refused"}'] == 1
    assert counted['softswitch_mqtt_commands_total{command="drain",result="malformed"}'] == 1
    assert SECRET not in lab.node.log


async def test_a_call_that_ended_with_its_node_is_told_to_have_ended_when_the_node_is_back(
    start_node: StartNode, tmp_path: Path
):
    with mosquitto() as port:
        node = await asyncio.to_thread(start_node, *settings(tmp_path, port))
        async with aiomqtt.Client("127.0.0.1", port) as client:
            subscriber = Subscriber(client)
            await client.subscribe("softswitch/v1/n1/#", qos=1)
            with FarEnd() as far:
                await asyncio.to_thread(talk, far, node)
                _, started = await subscriber.next("/answered")
                await asyncio.to_thread(node.kill_all)
                await subscriber.next("presence", state="offline")
                await asyncio.to_thread(node.start)
            _, finished = await subscriber.next("/finished", call_id=started["call_id"])
            assert (finished["ended"]["reason"], finished["ended"]["cause"]) == ("node died", 38)
            await subscriber.close()
        await asyncio.to_thread(node.stop)


async def test_kill_9_of_control_while_the_broker_is_away_costs_no_event_and_its_call_goes_on(
    start_node: StartNode, tmp_path: Path
):
    broker = Broker(tmp_path)
    await broker.start()
    node = await asyncio.to_thread(start_node, *settings(tmp_path, broker.port))
    await broker.stop()
    with FarEnd() as far:
        await asyncio.to_thread(talk, far, node)
        await asyncio.to_thread(node.wait_for_calls, 1, live=True)
        node.kill_control()
        await asyncio.to_thread(node.wait_for_turn, 40.0, via="resume")
        far.request("BYE")
        await asyncio.to_thread(far.next, "SIP/2.0 200")
        await asyncio.to_thread(node.wait_for_calls, 1)
        async with asyncio.timeout(60):
            await broker.start()
            async with aiomqtt.Client("127.0.0.1", broker.port) as client:
                subscriber = Subscriber(client)
                await client.subscribe("softswitch/v1/n1/#", qos=1)
                await subscriber.next("/finished", 40.0)
                seen = [payload["event"] for topic, payload in subscriber.seen if topic.startswith("calls/")]
                assert seen[:2] == ["started", "answered"]
                assert seen[-1] == "finished"
                turns = [payload for topic, payload in subscriber.seen if topic.endswith("/turn")]
                assert [turn["number"] for turn in turns] == sorted(turn["number"] for turn in turns)
                assert "resume" in {turn["via"] for turn in turns}
                # And the node can be told to stop, which it tells.
                assert (await subscriber.command("drain"))["ok"]
                await subscriber.next("presence", state="offline")
                await subscriber.close()
    await broker.stop()
    wait_for(lambda: not node.alive(), "the node has stopped")
