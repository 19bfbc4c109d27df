"""Trunks at run time against a real database and a gateway that only listens: every change, in time."""

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
from nameserver import Nameserver
from stopwatch import Stopwatch

from softswitch.app.trunking import telling
from softswitch.app.trunking.trunking import Trunking
from softswitch.config import Config
from softswitch.gateway import messages, wire
from softswitch.gateway.messages import Probe, Probed, Registered, Trunks
from softswitch.news import TrunkChanged
from softswitch.store import migrate, secrets, trunks
from softswitch.store.trunks import Row
from softswitch.trunks.targets import Connection

PEER = {"kind": "ip", "hosts": ["192.0.2.1"], "health": {"every": 0}}
MEMBER = {
    "kind": "register",
    "hosts": ["192.0.2.7", "192.0.2.8"],
    "username": "line1",
    "health": {"every": 0},
}


class Gateway:
    """Hears what a node's trunks tell it."""

    def __init__(self, config: Config) -> None:
        self.heard: list[messages.Message] = []
        self.connected = True
        self.changes: list[TrunkChanged] = []
        self.trunking = Trunking(config, self.heard.append, lambda: self.connected, self.changes.append)

    @property
    def sets(self) -> list[dict[str, Connection]]:
        return [
            {each.trunk.name: each for each in message.connections}
            for message in self.heard
            if isinstance(message, Trunks)
        ]

    @property
    def now(self) -> dict[str, Connection]:
        return self.sets[-1] if self.sets else {}

    @property
    def probes(self) -> list[Probe]:
        return [message for message in self.heard if isinstance(message, Probe)]

    def says_registered(self, name: str, status: int, reason: str = "", expires: float = 300) -> None:
        at = self.now[name].register_at
        assert at
        self.trunking.on_news(Registered(name, at, status, reason, expires))

    def status(self, name: str) -> dict[str, Any]:
        (told,) = telling.status(self.trunking, {}, name)["trunks"]
        return dict(told)


async def so(condition: Callable[[], object], seconds: float = 1.0) -> float:
    """How long it took until that was so."""
    watch = Stopwatch()
    while not condition():
        assert watch.own_s < seconds, f"not so within {seconds:g} s"
        await asyncio.sleep(0.01)
    return watch.own_s


@pytest.fixture
def config(tmp_path: Path) -> Config:
    config = Config(data_dir=tmp_path, trunks_file=tmp_path / "trunks.yaml", node="node1")
    (tmp_path / "trunks.yaml").write_text("trunks: []\n")
    migrate.upgrade(config.database_url)
    return config


@pytest.fixture
async def gateway(config: Config) -> AsyncIterator[Gateway]:
    gateway = Gateway(config)
    running = asyncio.create_task(gateway.trunking.run())
    yield gateway
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


def put(config: Config, name: str, settings: dict[str, Any], password: str = "") -> None:
    secret = secrets.find_or_make(config).seal(name, password) if password else None
    trunks.add(config.database_url, Row(name, settings, secret))


def change(config: Config, name: str, **settings: Any) -> None:
    trunks.change(
        config.database_url, name, lambda row: Row(row.name, {**row.settings, **settings}, row.secret)
    )


async def test_adding_editing_disabling_and_removing_takes_effect_within_a_second(
    config: Config, gateway: Gateway
):
    await so(lambda: gateway.sets)
    put(config, "a", PEER)
    assert await so(lambda: gateway.now.get("a") and gateway.now["a"].targets) <= 1
    change(config, "a", hosts=["192.0.2.2:5080"])
    await so(lambda: [each.hostport for each in gateway.now["a"].targets] == ["192.0.2.2:5080"])
    change(config, "a", enabled=False)
    await so(lambda: not gateway.now["a"].trunk.enabled and not gateway.now["a"].targets)
    assert gateway.status("a")["state"] == "disabled"
    change(config, "a", enabled=True)
    await so(lambda: gateway.now["a"].targets)
    trunks.remove(config.database_url, "a")
    await so(lambda: "a" not in gateway.now)


async def test_a_change_of_one_trunk_leaves_the_others_as_they_were(config: Config, gateway: Gateway):
    put(config, "a", PEER)
    put(config, "member", MEMBER, "secret")
    await so(lambda: gateway.now.get("member") and gateway.now["member"].register_at)
    before = gateway.now["member"]
    change(config, "a", codecs=["PCMA"])
    await so(lambda: gateway.now["a"].trunk.codecs == ("PCMA",))
    assert gateway.now["member"] == before
    sets = len(gateway.sets)
    await asyncio.sleep(0.6)
    assert len(gateway.sets) == sets, "nothing is told twice"


async def test_the_file_counts_beside_the_database_and_follows_its_changes(config: Config, gateway: Gateway):
    assert config.trunks_file
    put(config, "a", PEER)
    config.trunks_file.write_text("trunks: [{name: b, kind: ip, hosts: 192.0.2.9}]\n")
    await so(lambda: set(gateway.now) == {"a", "b"})
    assert gateway.status("b")["source"] == "file"
    config.trunks_file.write_text("trunks: []\n")
    await so(lambda: set(gateway.now) == {"a"})


async def test_a_password_in_a_file_of_its_own_is_read_anew_when_that_file_changes(
    config: Config, gateway: Gateway
):
    assert config.trunks_file
    secret = config.trunks_file.with_name("secret")
    config.trunks_file.write_text(
        "trunks: [{name: m, kind: register, hosts: 192.0.2.9, username: u, password_file: secret}]\n"
    )
    await so(lambda: gateway.trunking.problems)
    assert "secret: No such file" in gateway.trunking.problems[0]
    secret.write_text("first\n")
    await so(lambda: gateway.now.get("m") and gateway.now["m"].password == "first")
    assert not gateway.trunking.problems
    secret.with_suffix(".new").write_text("second\n")
    secret.with_suffix(".new").replace(secret)
    await so(lambda: gateway.now["m"].password == "second")


async def test_a_broken_file_keeps_the_old_trunks_and_says_so_while_the_database_is_followed(
    config: Config, gateway: Gateway, caplog: pytest.LogCaptureFixture
):
    assert config.trunks_file
    config.trunks_file.write_text("trunks: [{name: b, kind: ip, hosts: 192.0.2.9}]\n")
    await so(lambda: "b" in gateway.now)
    config.trunks_file.write_text("trunks: [{name: b, kind: carrier}]\n")
    await so(lambda: gateway.trunking.problems)
    (problem,) = gateway.trunking.problems
    assert "stay as they were" in problem and "trunks.yaml:1" in problem and problem in caplog.text
    put(config, "a", PEER)
    await so(lambda: set(gateway.now) == {"a", "b"})
    config.trunks_file.write_text("trunks: [{name: c, kind: ip, hosts: 192.0.2.9}]\n")
    await so(lambda: set(gateway.now) == {"a", "c"})
    assert not gateway.trunking.problems


async def test_one_name_in_both_places_is_told_and_changes_nothing(config: Config, gateway: Gateway):
    assert config.trunks_file
    put(config, "a", PEER)
    await so(lambda: "a" in gateway.now)
    config.trunks_file.write_text("trunks: [{name: a, kind: ip, hosts: 192.0.2.9}]\n")
    await so(lambda: gateway.trunking.problems)
    assert "declared twice" in gateway.trunking.problems[0]
    assert gateway.now["a"].targets[0].address == "192.0.2.1"


async def test_a_registration_fails_over_and_its_end_is_told(config: Config, gateway: Gateway):
    put(config, "member", MEMBER, "secret")
    await so(lambda: gateway.now.get("member") and gateway.now["member"].register_at)
    first = gateway.now["member"]
    assert first.password == "secret" and first.register_at and first.register_at.address == "192.0.2.7"
    gateway.says_registered("member", 200)
    assert gateway.status("member")["state"] == "up"
    assert 299 < gateway.status("member")["registration"]["expires_in"] <= 300
    gateway.says_registered("member", 503, "Service Unavailable")
    await so(lambda: gateway.now["member"].register_at != first.register_at)
    assert gateway.now["member"].attempt == first.attempt + 1
    assert gateway.status("member")["state"] == "degraded"
    gateway.says_registered("member", 0)
    told = gateway.status("member")
    assert (told["state"], told["registration"]["phase"]) == ("down", "waiting")
    assert 0 < told["registration"]["next_try_in"] <= 1.2
    await so(lambda: gateway.now["member"].attempt == first.attempt + 2, 2)


async def test_refused_credentials_wait_until_somebody_changes_them(config: Config, gateway: Gateway):
    put(config, "member", MEMBER, "wrong")
    await so(lambda: gateway.now.get("member") and gateway.now["member"].register_at)
    gateway.says_registered("member", 403, "Forbidden")
    told = gateway.status("member")
    assert told["state"] == "down" and "REGISTER: 403 Forbidden" in told["error"]
    assert told["registration"]["next_try_in"] > 20
    secret = secrets.find_or_make(config).seal("member", "right")
    trunks.change(config.database_url, "member", lambda row: Row(row.name, row.settings, secret))
    await so(lambda: gateway.now["member"].register_at and gateway.now["member"].password == "right")


async def test_another_setting_leaves_the_registration_alone(config: Config, gateway: Gateway):
    put(config, "member", MEMBER, "secret")
    await so(lambda: gateway.now.get("member") and gateway.now["member"].register_at)
    gateway.says_registered("member", 200)
    before = gateway.now["member"]
    change(config, "member", codecs=["PCMA"])
    await so(lambda: gateway.now["member"].trunk.codecs == ("PCMA",))
    assert gateway.now["member"].attempt == before.attempt
    assert gateway.status("member")["registration"]["phase"] == "registered"
    change(config, "member", username="line2")
    await so(lambda: gateway.now["member"].attempt == before.attempt + 1)


async def test_a_trunk_whose_password_cannot_be_read_is_down_and_does_not_register(
    config: Config, gateway: Gateway
):
    trunks.add(config.database_url, Row("member", MEMBER, b"\x01sealed with another key than ours"))
    await so(lambda: "member" in gateway.now)
    assert gateway.now["member"].register_at is None
    assert gateway.status("member")["state"] == "down"
    assert "cannot be decrypted" in gateway.status("member")["error"]


async def test_a_new_gateway_is_told_everything_and_one_that_is_away_nothing(
    config: Config, gateway: Gateway
):
    put(config, "a", PEER)
    await so(lambda: "a" in gateway.now)
    gateway.connected = False
    put(config, "b", PEER)
    await so(lambda: gateway.trunking.find("b"))
    heard = len(gateway.heard)
    await asyncio.sleep(0.3)
    assert len(gateway.heard) == heard
    gateway.connected = True
    gateway.trunking.introduce()
    await so(lambda: set(gateway.now) == {"a", "b"})


async def test_probes_go_to_each_target_and_make_its_state(
    config: Config, gateway: Gateway, caplog: pytest.LogCaptureFixture
):
    caplog.set_level(logging.INFO, "softswitch")
    put(config, "a", {**PEER, "health": {"every": "1h", "timeout": "1s", "fall": 2}})
    await so(lambda: gateway.probes)
    (probe,) = gateway.probes
    assert (probe.trunk, probe.timeout) == ("a", 1.0)
    gateway.trunking.on_news(Probed("a", probe.target, 200, "OK", 0.012))
    told = gateway.status("a")
    assert (told["state"], told["latency_ms"]) == ("up", {"last": 12.0, "p50": 12.0})
    route = gateway.trunking.routes("+49301234567")[0]
    gateway.trunking.tried(route, 408, "Request Timeout")
    assert gateway.status("a")["state"] == "degraded"
    await so(lambda: len(gateway.probes) == 2)
    gateway.trunking.on_news(Probed("a", probe.target, 0, "", 0.0))
    assert gateway.status("a")["state"] == "down"
    assert "trunk a is down: 192.0.2.1:5060 OPTIONS: no answer" in caplog.text
    assert [(each.before, each.state) for each in gateway.changes] == [
        ("unknown", "up"),
        ("up", "degraded"),
        ("degraded", "down"),
    ]
    assert gateway.changes[-1].reason == "192.0.2.1:5060 OPTIONS: no answer"
    for _ in range(2):
        gateway.trunking.on_news(Probed("a", probe.target, 404, "Not Found", 0.02))
    assert gateway.status("a")["state"] == "up"


async def test_after_one_timeout_the_next_call_goes_to_the_next_trunk(config: Config, gateway: Gateway):
    put(config, "a", {**PEER, "priority": 1})
    put(config, "b", {**PEER, "hosts": ["192.0.2.2"], "priority": 2})
    await so(lambda: len(gateway.trunking.routes("+49301234567")) == 2)
    first, _ = gateway.trunking.routes("+49301234567")
    assert first.trunk.name == "a"
    gateway.trunking.tried(first, 408, "Request Timeout")
    assert [route.trunk.name for route in gateway.trunking.routes("+49301234567")] == ["b", "a"]


async def test_dns_that_changes_moves_the_trunk(config: Config):
    with Nameserver() as names:
        names.put("peer.test", "A", "192.0.2.1")
        own = config.model_copy(
            update={"sip": config.sip.model_copy(update={"nameserver": f"127.0.0.1:{names.port}"})}
        )
        gateway = Gateway(own)
        running = asyncio.create_task(gateway.trunking.run())
        put(config, "a", {**PEER, "hosts": ["peer.test:5060"]})
        await so(lambda: gateway.now.get("a") and gateway.now["a"].targets)
        names.put("peer.test", "A", "192.0.2.2")
        for entry in gateway.trunking._hosts._entries.values():
            entry.due = 0.0
        await so(lambda: gateway.now["a"].targets[0].address == "192.0.2.2")
        names.put("peer.test", "A")
        put(config, "b", {**PEER, "hosts": ["nowhere.test"]})
        await so(lambda: gateway.trunking.find("b") and gateway.status("b")["state"] == "down")
        assert "nowhere.test has no IPv4 address" in gateway.status("b")["error"]
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


async def test_a_password_is_in_no_log_and_no_status(
    config: Config, gateway: Gateway, caplog: pytest.LogCaptureFixture
):
    caplog.set_level(logging.DEBUG)
    put(config, "member", MEMBER, "hunter2")
    await so(lambda: gateway.now.get("member") and gateway.now["member"].register_at)
    gateway.says_registered("member", 403, "Forbidden")
    told = json.dumps(telling.status(gateway.trunking, {}))
    assert "hunter2" not in told + caplog.text + repr(gateway.now)


async def test_two_hundred_registrations_begin_within_seconds_in_few_messages(config: Config):
    rows = [Row(f"line{number}", MEMBER) for number in range(200)]
    trunks.merge(config.database_url, lambda there: rows)
    gateway = Gateway(config)
    running = asyncio.create_task(gateway.trunking.run())
    await so(lambda: sum(each.register_at is not None for each in gateway.now.values()) == 200, 8)
    assert len(gateway.sets) <= 40
    assert all(len(wire.encode(Trunks(tuple(each.values())))) < wire.MAX_BYTES for each in gateway.sets)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
