"""The desk: requests in, progress and answers out, whatever its clients do."""

import asyncio
import json
import socket
import stat
import threading
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from softswitch.app.desk import LINE_LIMIT, MOST_CLIENTS, SOCKET, Desk, Tell
from softswitch.cli import desk as client
from softswitch.config import Config
from softswitch.errors import SoftswitchError

Connection = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class Handlers:
    """What the tests' desk can do, and what became of it."""

    def __init__(self) -> None:
        self.cancelled = asyncio.Event()
        self.waiting = 0

    async def echo(self, request: dict[str, Any], tell: Tell) -> Any:
        return request["text"]

    async def count(self, request: dict[str, Any], tell: Tell) -> Any:
        for number in range(request["to"]):
            tell({"number": number})
        return {"counted": request["to"]}

    async def fail(self, request: dict[str, Any], tell: Tell) -> Any:
        raise SoftswitchError("there is no such trunk: add it first")

    async def bug(self, request: dict[str, Any], tell: Tell) -> Any:
        return request["missing"]

    async def no_json(self, request: dict[str, Any], tell: Tell) -> Any:
        return object()

    async def wait(self, request: dict[str, Any], tell: Tell) -> Any:
        tell({"waiting": True})
        self.waiting += 1
        try:
            await asyncio.Event().wait()
        finally:
            self.cancelled.set()

    async def flood(self, request: dict[str, Any], tell: Tell) -> Any:
        try:
            while True:
                tell({"much": "x" * 60_000})
                await asyncio.sleep(0)
        finally:
            self.cancelled.set()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    (tmp_path / "run").mkdir()
    return tmp_path / "run" / SOCKET


@pytest.fixture
async def handlers(path: Path) -> AsyncIterator[Handlers]:
    handlers, desk = Handlers(), Desk(path)
    for name in ("echo", "count", "fail", "bug", "no_json", "wait", "flood"):
        desk.register(name, getattr(handlers, name))
    await desk.open()
    yield handlers
    await desk.close()


async def connect(path: Path) -> Connection:
    return await asyncio.open_unix_connection(str(path))


async def send(connection: Connection, line: bytes) -> dict[str, Any]:
    """The first line of the answer."""
    connection[1].write(line + b"\n")
    return await receive(connection)


async def receive(connection: Connection) -> dict[str, Any]:
    answer: dict[str, Any] = json.loads(await asyncio.wait_for(connection[0].readline(), 5))
    return answer


async def request(path: Path, do: str, **args: Any) -> dict[str, Any]:
    connection = await connect(path)
    answer = await send(connection, json.dumps({"do": do, **args}).encode())
    connection[1].close()
    return answer


@pytest.mark.usefixtures("handlers")
async def test_several_requests_may_follow_on_one_connection(path: Path):
    connection = await connect(path)
    connection[1].write(b'{"do": "echo", "text": "one"}\n{"do": "echo", "text": "zwei \xc3\xa4"}\n')
    assert await receive(connection) == {"ok": True, "result": "one"}
    assert await receive(connection) == {"ok": True, "result": "zwei ä"}
    connection[1].close()


@pytest.mark.usefixtures("handlers")
@pytest.mark.parametrize("line", [b"hello", b"[1]", b'"do"', b"{}", b"\xff\xfe", b"[" * 30_000, b""])
async def test_what_is_no_request_is_refused_and_the_next_one_served(path: Path, line: bytes):
    connection = await connect(path)
    assert "expected one JSON object" in (await send(connection, line))["error"]
    assert (await send(connection, b'{"do": "echo", "text": 1}'))["ok"]
    connection[1].close()


@pytest.mark.usefixtures("handlers")
@pytest.mark.parametrize("name", ["dance", 7, None])
async def test_an_unknown_request_is_an_error(path: Path, name: object):
    connection = await connect(path)
    answer = await send(connection, json.dumps({"do": name}).encode())
    assert answer["ok"] is False and "no answer" in answer["error"]
    connection[1].close()


@pytest.mark.usefixtures("handlers")
async def test_a_line_that_is_too_long_ends_the_connection(path: Path):
    connection = await connect(path)
    answer = await send(connection, b'{"do": "echo", "text": "' + b"x" * (2 * LINE_LIMIT) + b'"}')
    assert str(LINE_LIMIT) in answer["error"]
    with pytest.raises((ConnectionError, json.JSONDecodeError)):
        await receive(connection)
    connection[1].close()
    assert (await request(path, "echo", text="still there"))["ok"]


@pytest.mark.usefixtures("handlers")
async def test_an_expected_failure_is_its_sentence(path: Path):
    assert await request(path, "fail") == {"ok": False, "error": "there is no such trunk: add it first"}


@pytest.mark.usefixtures("handlers")
@pytest.mark.parametrize("name", ["bug", "no_json"])
async def test_a_bug_is_an_error_line_and_a_log(path: Path, name: str, caplog: pytest.LogCaptureFixture):
    answer = await request(path, name)
    assert answer["ok"] is False and "a bug in the node" in answer["error"]
    assert name in caplog.text and "Traceback" in caplog.text
    assert (await request(path, "echo", text=""))["ok"]


async def test_no_more_clients_than_the_limit_and_their_end_makes_room(path: Path, handlers: Handlers):
    connections = [await connect(path) for _ in range(MOST_CLIENTS)]
    for connection in connections:
        await send(connection, b'{"do": "wait"}')
    refused = await connect(path)
    assert str(MOST_CLIENTS) in (await receive(refused))["error"]
    refused[1].close()
    connections[0][1].close()
    await asyncio.wait_for(handlers.cancelled.wait(), 5)
    assert (await request(path, "echo", text="room"))["ok"]
    for connection in connections:
        connection[1].close()


async def test_what_is_done_for_a_client_that_left_is_cancelled(path: Path, handlers: Handlers):
    connection = await connect(path)
    assert await send(connection, b'{"do": "wait"}') == {"progress": {"waiting": True}}
    connection[1].close()
    await asyncio.wait_for(handlers.cancelled.wait(), 5)


async def test_a_client_that_reads_nothing_is_let_go(path: Path, handlers: Handlers):
    connection = await connect(path)
    connection[1].write(b'{"do": "flood"}\n')
    await asyncio.wait_for(handlers.cancelled.wait(), 10)
    connection[1].close()


@pytest.mark.usefixtures("handlers")
def test_only_its_user_may_open_the_socket(path: Path):
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [found.name for found in path.parent.iterdir()] == [SOCKET]


async def test_the_socket_of_a_killed_node_is_replaced(path: Path):
    with socket.socket(socket.AF_UNIX) as killed:
        killed.bind(str(path))
    desk = Desk(path)
    desk.register("echo", Handlers().echo)
    await desk.open()
    assert (await request(path, "echo", text="new"))["ok"]
    await desk.close()
    with pytest.raises(FileNotFoundError):
        await connect(path)


async def test_a_path_too_long_for_a_socket_says_what_to_do(tmp_path: Path):
    with pytest.raises(SoftswitchError, match="data_dir"):
        await Desk(tmp_path / ("x" * 120)).open()


async def test_the_end_of_the_node_ends_what_is_under_way(path: Path):
    handlers, desk = Handlers(), Desk(path)
    desk.register("wait", handlers.wait)
    await desk.open()
    connection = await connect(path)
    await send(connection, b'{"do": "wait"}')
    await asyncio.wait_for(desk.close(), 5)
    assert handlers.cancelled.is_set()
    connection[1].close()


@pytest.fixture
def config(tmp_path: Path) -> Config:
    return Config(data_dir=tmp_path)


@pytest.mark.usefixtures("handlers")
async def test_the_client_gets_results_and_progress(config: Config):
    def follow() -> tuple[list[dict[str, Any]], Any]:
        asking, told = client.follow(config, "count", to=3), []
        while True:
            try:
                told.append(next(asking))
            except StopIteration as answered:
                return told, answered.value

    assert await asyncio.to_thread(client.ask, config, "echo", text="ä") == "ä"
    told, result = await asyncio.to_thread(follow)
    assert told == [{"number": 0}, {"number": 1}, {"number": 2}] and result == {"counted": 3}


@pytest.mark.usefixtures("handlers")
async def test_the_client_raises_the_nodes_sentence(config: Config):
    with pytest.raises(SoftswitchError, match="no such trunk"):
        await asyncio.to_thread(client.ask, config, "fail")


async def test_a_client_that_stops_listening_stops_the_node_too(config: Config, handlers: Handlers):
    def leave() -> None:
        asking = client.follow(config, "wait")
        next(asking)
        asking.close()

    await asyncio.to_thread(leave)
    await asyncio.wait_for(handlers.cancelled.wait(), 5)


def test_without_a_node_the_client_says_so(config: Config):
    with pytest.raises(SoftswitchError, match="no node is running"):
        client.ask(config, "echo", text="")


def test_a_node_that_dies_meanwhile_is_said_to_have_ended(config: Config, path: Path):
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(str(path))
    listener.listen(1)

    def die() -> None:
        connection, _ = listener.accept()
        connection.recv(100)
        connection.close()

    dying = threading.Thread(target=die)
    dying.start()
    with pytest.raises(SoftswitchError, match="ended before"):
        client.ask(config, "echo", text="")
    dying.join()
    listener.close()
