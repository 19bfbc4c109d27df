"""`softswitch broker`: a broker of our own that serves a node, on loopback unless it is told otherwise."""

import asyncio
import json
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import aiomqtt
import pytest
from mosquitto import free_port

from softswitch.publish.mqtt import Broker as Connection
from softswitch.sections.mqtt import Mqtt

SOFTSWITCH = Path(sys.executable).with_name("softswitch")


@pytest.fixture
async def port() -> AsyncIterator[int]:
    port = free_port()
    process = await asyncio.create_subprocess_exec(
        *(SOFTSWITCH, "broker", "--port", str(port)), stdout=asyncio.subprocess.PIPE
    )
    try:
        assert process.stdout
        async with asyncio.timeout(10):
            assert await process.stdout.readline() == f"listening at mqtt://127.0.0.1:{port}\n".encode()
        yield port
        process.terminate()
        assert await asyncio.wait_for(process.wait(), 10) == 0
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def test_a_node_publishes_and_is_commanded_by_it_and_its_death_is_told(port: int):
    heard: list[bytes] = []
    connection = Connection(Mqtt(url=f"mqtt://127.0.0.1:{port}"), "n1")
    connection.subscribe(
        "softswitch/v1/n1/commands/+", lambda topic, payload, retained: heard.append(payload)
    )
    running = asyncio.create_task(connection.run())
    async with asyncio.timeout(10), aiomqtt.Client("127.0.0.1", port) as client:
        await client.subscribe("softswitch/#", qos=1)
        states = [json.loads((await anext(aiter(client.messages))).payload)["state"]]
        await connection.publish("softswitch/v1/n1/calls/c/turn", b"{}")
        assert (await anext(aiter(client.messages))).payload == b"{}"
        await client.publish("softswitch/v1/n1/commands/drain", b"x", qos=1)
        assert (await anext(aiter(client.messages))).payload == b"x"
        while not heard:
            await asyncio.sleep(0.01)
        await connection.say("offline")
        states.append(json.loads((await anext(aiter(client.messages))).payload)["state"])
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    assert states == ["online", "offline"]


def complaint(*options: str) -> str:
    done = subprocess.run([SOFTSWITCH, "broker", *options], capture_output=True, text=True, timeout=30)
    assert done.returncode == 1
    return done.stderr


def test_it_listens_for_others_only_when_that_is_meant():
    assert "whoever reaches 0.0.0.0 could read and publish all: --anyone" in complaint("--address", "0.0.0.0")


async def test_a_port_that_is_taken_is_one_sentence(port: int):
    said = await asyncio.to_thread(complaint, "--port", str(port))
    assert f"cannot listen on 127.0.0.1:{port}" in said
    assert "choose another --port" in said
    assert "Traceback" not in said
