"""Each kind of integration against the real thing: an HTTP server, a broker, programs."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import aiomqtt
import psutil
import pytest
from acting import Receiver, action, run
from mosquitto import Broker
from stopwatch import Stopwatch

from softswitch.actions.action import Done, Later, Refused, Result
from softswitch.actions.templates import Unfilled
from softswitch.app.acting import web
from softswitch.publish.mqtt import Broker as Connection
from softswitch.sections.mqtt import Mqtt


async def ask(receiver: Receiver, rest: str, **arguments: str) -> Result:
    text = f"hosts: [127.0.0.1, localhost]\nactions:\n  order:\n    kind: http\n    {rest}\n"
    return await run(
        text.replace("URL", receiver.url), action(**arguments), grace=5.0
    )  # it notices by itself


# --- http ------------------------------------------------------------------------------------------------


async def test_a_request_carries_what_the_file_says_and_the_key(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("s3cret")
    with Receiver() as receiver:
        text = (
            "hosts: 127.0.0.1\nsecrets: {token: {file: token}}\n"
            "actions:\n  order:\n    kind: http\n    method: PUT\n"
            f"    url: '{receiver.url}/orders/{{n}}?by={{who}}'\n"
            "    headers: {Authorization: 'Bearer {secret:token}', X-Who: '{who}'}\n"
            "    json: {item: '{item}', count: '{n:number}'}\n"
        )
        given = action(n="2", who="a/b&c=d\r\nX-Evil: 1", item='"}, "admin": "1')
        assert await run(text, given, tmp_path) == Done()
    (asked,) = receiver.requests
    assert (asked["method"], asked["path"]) == ("PUT", "/orders/2?by=a%2Fb%26c%3Dd%0D%0AX-Evil%3A+1")
    headers = asked["headers"]
    assert (headers["authorization"], headers["idempotency-key"]) == ("Bearer s3cret", "k" * 32)
    assert headers["x-who"] == "a/b&c=d X-Evil: 1"
    assert "x-evil" not in headers
    assert json.loads(asked["body"]) == {"item": '"}, "admin": "1', "count": 2}


async def test_a_form_is_sent_as_one() -> None:
    with Receiver() as receiver:
        await ask(
            receiver, "url: URL/sms\n    form: {to: '{to}', text: 'Hello {name}'}", to="+441", name="A&b=c"
        )
    (asked,) = receiver.requests
    assert parse_qs(asked["body"]) == {"to": ["+441"], "text": ["Hello A&b=c"]}
    assert asked["headers"]["content-type"] == "application/x-www-form-urlencoded"


@pytest.mark.parametrize("n", ["", ".", "..", "%2e%2e/x"])
async def test_what_a_caller_said_does_not_change_the_path(n: str) -> None:
    with Receiver() as receiver:
        if n.strip("."):
            await ask(receiver, "url: 'URL/orders/{n}/lines'", n=n)
            assert [each["path"] for each in receiver.requests] == ["/orders/%252e%252e%2Fx/lines"]
        else:
            with pytest.raises(Unfilled, match="the URL would be another one"):
                await ask(receiver, "url: 'URL/orders/{n}/lines'", n=n)
            assert receiver.requests == []


async def test_what_is_mapped_of_the_answer_is_kept_as_text() -> None:
    answer = {"id": 17, "lines": [{"ok": True}], "deep": {"x": [1]}, "long": "y" * 20_000}
    with Receiver() as receiver:
        receiver.answers = lambda path, n: (201, {}, json.dumps(answer).encode())
        mapped = "result: {id: id, ok: lines.0.ok, none: lines.7.ok, no_value: deep, long: long}"
        result = await ask(receiver, f"url: URL/orders\n    {mapped}")
    assert result == Done({"id": "17", "ok": "true", "long": "y" * 10_000})


async def test_an_answer_that_is_too_long_is_not_kept() -> None:
    with Receiver() as receiver:
        body = json.dumps({"id": 17, "more": "y" * web.MOST_BYTES}).encode()
        receiver.answers = lambda path, n: (200, {}, body)
        assert await ask(receiver, "url: URL/orders\n    result: {id: id}") == Done()


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        *((200, Done), (204, Done), (400, Refused), (401, Later), (404, Refused), (409, Later)),
        *((422, Refused), (429, Later), (500, Later), (503, Later), (302, Refused), (307, Refused)),
    ],
)
async def test_an_answer_is_done_or_tried_later_or_refused(status: int, kind: type[Result]) -> None:
    with Receiver() as receiver:
        receiver.answers = lambda path, n: (status, {"Location": "/elsewhere", "Retry-After": "7"}, b"")
        result = await ask(receiver, "url: URL/orders")
        assert isinstance(result, kind)
        if isinstance(result, Later):
            assert result.after_s == 7
    assert [each["path"] for each in receiver.requests] == ["/orders"], "a redirect is not followed"


async def test_nobody_there_is_tried_later_and_so_is_who_answers_too_slowly() -> None:
    with Receiver() as receiver:
        receiver.delay_s = 1.0
        result = await ask(receiver, "url: URL/orders\n    timeout: 200ms")
        assert result == Later("no answer within 0.2 s")
    gone = await ask(receiver, "url: URL/orders")
    assert isinstance(gone, Later)
    assert "Connect call failed" in gone.error


@asynccontextmanager
async def resolving_to(monkeypatch: pytest.MonkeyPatch, *addresses: str) -> AsyncIterator[None]:
    """Every name is at these addresses, as whoever holds the zone of a listed name could have it."""

    async def resolve(self: object, host: str, port: int = 0, family: int = 0) -> list[dict[str, Any]]:
        return [
            {"hostname": host, "host": each, "port": port, "family": 2, "proto": 6, "flags": 4}
            for each in addresses
        ]

    with monkeypatch.context() as patch:
        patch.setattr(web.aiohttp.ThreadedResolver, "resolve", resolve)
        yield


@pytest.mark.parametrize("address", ["127.0.0.1", "169.254.169.254", "10.0.0.7", "::1", "::ffff:127.0.0.1"])
async def test_a_listed_name_that_leads_to_a_private_address_is_not_contacted(
    address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Receiver() as receiver:
        async with resolving_to(monkeypatch, address):
            text = f"hosts: crm.example.com\nactions:\n  order: {{kind: http, url: 'http://crm.example.com:{receiver.port}/x'}}"
            result = await run(text, action())
    assert isinstance(result, Later)
    assert f"crm.example.com is at {address}, which is not public" in result.error
    assert receiver.requests == []


async def test_of_several_addresses_only_those_that_may_be_reached_are_tried(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with Receiver() as receiver, socket.create_server(("127.0.0.2", receiver.port)) as neighbour:
        async with resolving_to(monkeypatch, "127.0.0.2", "127.0.0.1"):
            text = (
                "hosts: [crm.example.com, 127.0.0.1]\nactions:\n"
                f"  order: {{kind: http, url: 'http://crm.example.com:{receiver.port}/x'}}"
            )
            assert await run(text, action()) == Done()
        neighbour.setblocking(False)
        with pytest.raises(BlockingIOError):  # nobody has connected there
            neighbour.accept()
    assert receiver.requests[0]["headers"]["host"] == f"crm.example.com:{receiver.port}"


async def test_a_proxy_of_the_environment_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    with Receiver() as receiver, Receiver() as proxy:
        monkeypatch.setenv("http_proxy", proxy.url)
        assert await ask(receiver, "url: URL/orders") == Done()
    assert (len(receiver.requests), len(proxy.requests)) == (1, 0)


# --- script ----------------------------------------------------------------------------------------------


def script(folder: Path, body: str) -> str:
    program = folder / "do-it"
    program.write_text(f"#!/bin/sh\n{body}\n")
    program.chmod(0o755)
    return f"actions:\n  order: {{kind: script, command: [{program}, 'a b', $HOME], timeout: 1s}}\n"


async def test_a_script_gets_the_action_as_json_and_answers_in_json(tmp_path: Path) -> None:
    noted = 'cat > in; echo "$1|$2|$IDEMPOTENCY_KEY|$OLDPWD" > how; env > env'
    body = f"cd {tmp_path}; {noted}; echo '{{\"id\": 5}}'"
    assert await run(script(tmp_path, body), action(n="2; rm -rf /")) == Done({"id": 5})
    told = json.loads((tmp_path / "in").read_text())
    assert told["arguments"] == {"n": "2; rm -rf /"}
    assert (told["action"], told["plan"], told["idempotency_key"], told["attempt"]) == (
        "order",
        "shop",
        "k" * 32,
        1,
    )
    assert (tmp_path / "how").read_text() == f"a b|$HOME|{'k' * 32}|/\n"
    names = {line.partition("=")[0] for line in (tmp_path / "env").read_text().splitlines()}
    assert "PYTEST_CURRENT_TEST" not in names


@pytest.mark.parametrize(
    ("body", "result"),
    [
        ("exit 0", Done()),
        ("echo all well", Done()),
        ("echo x; echo no such customer >&2; exit 65", Refused("exit status 65: no such customer")),
        ("echo one >&2; echo database away >&2; exit 1", Later("exit status 1: database away")),
        ("kill -9 $$", Later("killed by signal 9")),
        ("head -c 3000000 /dev/zero; exit 0", Done()),
    ],
)
async def test_a_scripts_exit_says_what_came_of_it(tmp_path: Path, body: str, result: Result) -> None:
    assert await run(script(tmp_path, body), action()) == result


async def test_a_script_that_takes_too_long_is_ended_with_all_that_it_started(tmp_path: Path) -> None:
    watch = Stopwatch()
    with pytest.raises(TimeoutError):
        await run(script(tmp_path, f"sleep 61 & echo $! > {tmp_path}/pid; wait"), action())
    assert watch.own_s < 5.0
    child = int((tmp_path / "pid").read_text())
    for _ in range(100):
        if not psutil.pid_exists(child) or psutil.Process(child).status() == psutil.STATUS_ZOMBIE:
            return
        await asyncio.sleep(0.02)
    raise AssertionError("what it started lives on")


# --- mqtt ------------------------------------------------------------------------------------------------


async def until(condition: Callable[[], object]) -> None:
    async with asyncio.timeout(40):
        while not condition():
            await asyncio.sleep(0.02)


async def test_a_message_is_done_when_the_broker_has_it_and_later_when_it_is_away(tmp_path: Path) -> None:
    text = "actions: {order: {kind: mqtt, topic: 'shop/orders/{n}'}}"
    broker = Broker(tmp_path)
    publisher = Connection(Mqtt(url=broker.url), "node1")
    assert isinstance(await run(text, action(n="1"), publish=publisher.publish), Later)
    await broker.start()
    running = asyncio.create_task(publisher.run())
    try:
        await until(lambda: publisher.connected)
        async with aiomqtt.Client("127.0.0.1", broker.port) as client:
            await client.subscribe("shop/#")
            assert await run(text, action(n="a/#+b"), publish=publisher.publish) == Done()
            message = await anext(aiter(client.messages))
        assert str(message.topic) == "shop/orders/a___b"
        told = json.loads(message.payload)  # type: ignore[arg-type]
        assert (told["idempotency_key"], told["arguments"]) == ("k" * 32, {"n": "a/#+b"})
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        await broker.stop()
