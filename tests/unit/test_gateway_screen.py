"""Strangers at the screen: what it is told, who is banned, and the wheel that has no screen."""

import time
from dataclasses import dataclass, field
from types import SimpleNamespace

import pjsua2 as pj
import pytest

from softswitch.config import Config
from softswitch.gateway.messages import Banned, Bans, Message, Refused
from softswitch.gateway.rings import Node, Region
from softswitch.gateway.screen import UNKNOWN, Screen
from softswitch.sections.incoming import Bans as BanSettings
from softswitch.sections.sip import Sip
from softswitch.trunks.settings import Trunk
from softswitch.trunks.targets import Connection, Target

HOUR = 3600.0


@dataclass
class Native:
    """Stands for the extension: keeps what it is told, gives out what strangers sent."""

    silent: bool | None = None
    allowed: list[str] = field(default_factory=list)
    banned: list[str] = field(default_factory=list)
    strangers: list[SimpleNamespace] = field(default_factory=list)

    def start(self, silent: bool) -> None:
        self.silent = silent

    def allow(self, networks: pj.StringVector) -> None:
        self.allowed = list(networks)

    def ban(self, addresses: pj.StringVector) -> None:
        self.banned = list(addresses)

    def take(self) -> list[SimpleNamespace]:
        taken, self.strangers = self.strangers, []
        return taken

    def asked(self, address: str, requests: int, user_agent: str = "", calls: int = 0) -> None:
        self.strangers.append(
            SimpleNamespace(
                address=address, userAgent=user_agent, requests=requests, refused=requests, calls=calls
            )
        )


@dataclass
class Setup:
    native: Native
    region: Region
    screen: Screen
    sent: list[Message]


def set_up(native: Native | None, trunks: tuple[Connection, ...] | None = (), **sip: object) -> Setup:
    config = Config(
        sip=Sip(allow=("127.0.0.1/32", "192.0.2.0/24"), **sip),
        bans=BanSettings(requests=20, never=("203.0.113.0/24",)),
    )
    region = Region(Region.create(1, 8000), 1, 8000)
    sent: list[Message] = []
    setup = Setup(native or Native(), region, Screen(config, region, sent.append), sent)
    if trunks is not None:
        setup.screen.set_trunks(trunks)
    return setup


@pytest.fixture
def setup(monkeypatch: pytest.MonkeyPatch) -> Setup:
    native = Native()
    monkeypatch.setattr(pj, "Screen", native, raising=False)
    return set_up(native)


def carrier(address: str) -> Connection:
    trunk = Trunk(name="carrier", kind="ip", hosts=("sip.example.com",))
    return Connection(trunk, (Target("sip.example.com", address, 5060, "udp"),))


def test_the_screen_knows_trunks_and_allowed_networks(setup: Setup) -> None:
    assert setup.native.allowed == ["127.0.0.1/32", "192.0.2.0/24"]
    setup.screen.set_trunks([carrier("198.51.100.7")])
    assert setup.native.allowed == ["198.51.100.7", "127.0.0.1/32", "192.0.2.0/24"]
    assert setup.screen.trunk_of("198.51.100.7:5060", "sip:1@x") == "carrier"
    assert setup.screen.trunk_of("198.51.100.8:5060", "sip:1@x") is None


def test_a_source_that_asks_too_often_is_banned_and_control_is_told(setup: Setup) -> None:
    setup.native.asked("198.51.100.66", 19, calls=1)
    setup.screen.tick(100.0)
    assert setup.native.banned == []
    setup.native.asked("198.51.100.66", 1)
    setup.screen.tick(101.0)
    assert setup.native.banned == ["198.51.100.66"]
    assert setup.sent == [
        Refused(403, UNKNOWN),
        Banned("198.51.100.66", "20 requests of an unknown source", HOUR),
    ]
    node = setup.region.node
    assert (node[Node.STRANGERS_REFUSED], node[Node.STRANGERS_DROPPED], node[Node.BANS]) == (20, 0, 1)


def test_neither_a_trunk_nor_what_is_in_never_nor_this_machine_is_banned(setup: Setup) -> None:
    setup.screen.set_trunks([carrier("198.51.100.7")])
    for address in ("198.51.100.7", "203.0.113.5", "127.0.0.1", "::1"):
        setup.native.asked(address, 1000, "friendly-scanner")
    setup.screen.tick(100.0)
    assert setup.native.banned == []
    setup.screen.set_bans(Bans({"198.51.100.7": 60.0, "198.51.100.66": 60.0}))
    assert setup.native.banned == ["198.51.100.66"]


def test_a_ban_ends_by_itself(setup: Setup) -> None:
    setup.screen.set_bans(Bans({"198.51.100.66": 60.0}))
    now = time.monotonic()
    setup.screen.tick(now + 59)
    assert setup.native.banned == ["198.51.100.66"]
    setup.screen.tick(now + 61)
    assert setup.native.banned == []


def test_an_allowed_source_that_is_banned_gets_no_call(setup: Setup) -> None:
    assert setup.screen.trunk_of("192.0.2.9:5060", "sip:1@x") == ""
    setup.screen.set_bans(Bans({"192.0.2.9": 60.0}))
    assert setup.screen.trunk_of("192.0.2.9:5060", "sip:1@x") is None
    assert setup.native.banned == ["192.0.2.9"]


def test_the_wheel_without_a_screen_refuses_calls_and_counts_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(pj, "Screen", raising=False)
    setup = set_up(None)
    for _ in range(20):
        assert setup.screen.trunk_of("198.51.100.66:5060", "sip:1@x") is None
        setup.screen.seen_call("198.51.100.66:5060", 100.0)
    assert setup.sent == [Banned("198.51.100.66", "20 requests of an unknown source", HOUR)]
    setup.screen.tick(101.0)
    assert setup.region.node[Node.STRANGERS_REFUSED] == 20


def test_silence_for_strangers_is_told_to_the_screen(monkeypatch: pytest.MonkeyPatch) -> None:
    native = Native()
    monkeypatch.setattr(pj, "Screen", native, raising=False)
    set_up(native, unknown="drop")
    assert native.silent is True


def test_until_control_has_named_the_trunks_strangers_get_silence_and_are_not_counted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    native = Native()
    monkeypatch.setattr(pj, "Screen", native, raising=False)
    setup = set_up(native, trunks=None)
    assert native.silent is True
    native.asked("198.51.100.7", 1000)
    setup.screen.tick(100.0)
    assert native.banned == []
    setup.screen.set_trunks([carrier("198.51.100.7")])
    assert native.silent is False
    setup.native.asked("198.51.100.8", 1000)
    setup.screen.tick(101.0)
    assert native.banned == ["198.51.100.8"]
