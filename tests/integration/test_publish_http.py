"""The operators' port, spoken to over real sockets."""

import asyncio
import urllib.error
import urllib.request

import pytest

from softswitch.errors import SoftswitchError
from softswitch.publish import http
from softswitch.publish.http import MetricsServer
from softswitch.publish.metrics import CONTENT_TYPE, Metrics


@pytest.fixture
async def server():
    server = MetricsServer("127.0.0.1", 0, Metrics().render, CONTENT_TYPE)
    await server.start()
    yield server
    await server.stop()


async def exchange(server: MetricsServer, request: bytes) -> tuple[int, str, bytes]:
    """Send raw bytes; status, header text and body of what came back until the server closed."""
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    writer.write(request)
    reply = await asyncio.wait_for(reader.read(), 10)
    writer.close()
    head, _, body = reply.partition(b"\r\n\r\n")
    return int(head.split()[1]), head.decode(), body


async def get(server: MetricsServer, path: str) -> tuple[int, str, bytes]:
    return await exchange(server, f"GET {path} HTTP/1.1\r\nHost: node\r\n\r\n".encode())


async def test_metrics_are_served_to_a_stock_http_client(server):
    def fetch() -> tuple[str, str]:
        with urllib.request.urlopen(f"{server.url}/metrics", timeout=5) as reply:
            return reply.headers["Content-Type"], reply.read().decode()

    content_type, text = await asyncio.to_thread(fetch)
    assert content_type == CONTENT_TYPE
    assert "# TYPE softswitch_calls gauge" in text


async def test_port_zero_picks_a_free_one_and_tells_which(server):
    assert server.port > 0
    assert server.url == f"http://127.0.0.1:{server.port}"


async def test_a_port_in_use_is_one_sentence_with_the_remedy(server):
    second = MetricsServer("127.0.0.1", server.port, bytes, CONTENT_TYPE)
    with pytest.raises(SoftswitchError, match=rf"127\.0\.0\.1:{server.port}.*in use.*--set metrics\.port"):
        await second.start()


async def test_a_living_process_is_healthy_though_it_is_not_ready(server):
    server.require("gateway", lambda: "away for 3 s")
    assert (await get(server, "/healthz"))[::2] == (200, b"alive\n")


async def test_readiness_names_each_reason_and_returns_when_they_are_gone(server):
    reasons = {"gateway": "away", "database": "locked"}
    for name in reasons:
        server.require(name, lambda name=name: reasons[name])
    assert (await get(server, "/readyz"))[::2] == (503, b"gateway: away\ndatabase: locked\n")
    reasons.update(gateway="", database="")
    assert (await get(server, "/readyz"))[::2] == (200, b"ready\n")


async def test_a_check_that_fails_is_an_internal_error_and_the_server_goes_on(server):
    server.require("broken", lambda: str(1 / 0))
    assert (await get(server, "/readyz"))[0] == 500
    assert (await get(server, "/healthz"))[0] == 200


@pytest.mark.parametrize(
    ("request_bytes", "status"),
    [
        (b"GET /metrics?x=1 HTTP/1.1\r\n\r\n", 200),
        (b"GET /other HTTP/1.1\r\n\r\n", 404),
        (b"POST /metrics HTTP/1.1\r\nContent-Length: 3\r\n\r\nabc", 405),
        (b"nonsense\r\n\r\n", 400),
        (b"GET /metrics SIP/2.0\r\n\r\n", 400),
        (b"\x16\x03\x01\x02\x00\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nX: " + b"a" * 30_000 + b"\r\n\r\n", 431),
    ],
)
async def test_requests_are_answered_by_the_standard(server, request_bytes, status):
    found, head, _ = await exchange(server, request_bytes)
    assert found == status
    assert ("Allow: GET" in head) == (status == 405)


async def test_a_client_that_sends_nothing_is_cut_off(server, monkeypatch):
    monkeypatch.setattr(http, "TIMEOUT", 0.1)
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    assert await asyncio.wait_for(reader.read(), 5) == b""
    writer.close()


async def test_idle_clients_cannot_take_all_connections_for_long(server, monkeypatch):
    monkeypatch.setattr(http, "TIMEOUT", 0.5)
    idle = [await asyncio.open_connection("127.0.0.1", server.port) for _ in range(http.MAX_CONNECTIONS)]
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    assert await asyncio.wait_for(reader.read(), 0.4) == b""
    await asyncio.sleep(0.7)
    assert (await get(server, "/healthz"))[0] == 200
    for open_writer in (writer, *(writer for _, writer in idle)):
        open_writer.close()


async def test_stopping_cuts_connections_and_frees_the_port(server):
    _, writer = await asyncio.open_connection("127.0.0.1", server.port)
    await asyncio.sleep(0.05)
    await asyncio.wait_for(server.stop(), 2)
    writer.close()
    with pytest.raises(urllib.error.URLError):
        await asyncio.to_thread(urllib.request.urlopen, f"{server.url}/healthz")
