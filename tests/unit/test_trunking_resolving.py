"""Hosts become addresses as RFC 3263 says, by a DNS server of the tests; answers outlive its failures."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import dns.rcode
import pytest
from nameserver import Nameserver
from stopwatch import Stopwatch

from softswitch.app.trunking import resolving
from softswitch.app.trunking.hosts import Hosts
from softswitch.app.trunking.resolving import Answer, Declaration, Resolver, parsed
from softswitch.config import Config
from softswitch.errors import SoftswitchError
from softswitch.trunks.settings import Trunk


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> Iterator[Nameserver]:
    monkeypatch.setattr(resolving, "LIFETIME_S", 0.3)
    with Nameserver() as server:
        yield server


@pytest.fixture
def resolver(names: Nameserver) -> Resolver:
    return Resolver(config(names))


def config(names: Nameserver, **sip: Any) -> Config:
    return Config(sip={"nameserver": f"127.0.0.1:{names.port}", **sip})


def told(answer: Answer) -> list[str]:
    """Places as `address:port priority weight`."""
    return [f"{place.target.hostport} {place.priority} {place.weight}" for place in answer.places]


@pytest.mark.parametrize(
    ("host", "declaration"),
    [
        ("sip.example.com", Declaration("sip.example.com")),
        ("192.0.2.1:5080", Declaration("192.0.2.1", 5080)),
        ("[2001:db8::1]:5061", Declaration("2001:db8::1", 5061)),
        ("[2001:db8::1]", Declaration("2001:db8::1")),
        ("a.b;priority=2;weight=30", Declaration("a.b", None, 2, 30)),
        ("a.b:5070;weight=0", Declaration("a.b", 5070, None, 0)),
    ],
)
def test_a_declared_host_has_its_parts(host: str, declaration: Declaration):
    assert parsed(host) == declaration


async def test_an_address_needs_no_name_server(resolver: Resolver, names: Nameserver):
    answer = await resolver.resolve(parsed("192.0.2.7:5080"), "udp")
    assert told(answer) == ["192.0.2.7:5080 0 0"] and not names.asked
    assert (await resolver.resolve(parsed("192.0.2.7"), "tls")).places[0].target.port == 5061


async def test_srv_gives_ports_priorities_and_weights(resolver: Resolver, names: Nameserver):
    names.put("_sip._udp.example.test", "SRV", "20 0 5070 b.example.test.", "10 60 5060 a.example.test.")
    names.put("a.example.test", "A", "192.0.2.2", "192.0.2.1")
    names.put("b.example.test", "A", "192.0.2.3")
    answer = await resolver.resolve(parsed("example.test"), "udp")
    assert told(answer) == ["192.0.2.1:5060 10 60", "192.0.2.2:5060 10 60", "192.0.2.3:5070 20 0"]
    assert {place.target.name for place in answer.places} == {"example.test"}, "the certificate is for it"
    assert any(line.startswith("SRV _sip._udp.example.test: ") for line in answer.trail)


async def test_naptr_names_the_srv_record_of_the_transport(resolver: Resolver, names: Nameserver):
    names.put(
        "example.test",
        "NAPTR",
        '20 10 "s" "SIPS+D2T" "" _sips._tcp.worse.test.',
        '10 50 "s" "SIP+D2U" "" _sip._udp.example.test.',
        '10 60 "s" "SIPS+D2T" "" _sips._tcp.edge.test.',
    )
    names.put("_sips._tcp.edge.test", "SRV", "1 1 5071 a.edge.test.")
    names.put("a.edge.test", "A", "192.0.2.9")
    assert told(await resolver.resolve(parsed("example.test"), "tls")) == ["192.0.2.9:5071 1 1"]


async def test_a_port_skips_srv(resolver: Resolver, names: Nameserver):
    names.put("_sip._udp.example.test", "SRV", "1 1 5070 b.example.test.")
    names.put("example.test", "A", "192.0.2.4")
    assert told(await resolver.resolve(parsed("example.test:5090"), "udp")) == ["192.0.2.4:5090 0 0"]
    assert not names.asked["_sip._udp.example.test", "SRV"]


async def test_without_srv_it_is_the_name_at_the_usual_port(resolver: Resolver, names: Nameserver):
    names.put("example.test", "A", "192.0.2.4")
    assert told(await resolver.resolve(parsed("example.test"), "tcp")) == ["192.0.2.4:5060 0 0"]


async def test_a_name_server_that_chokes_on_naptr_is_lived_with(resolver: Resolver, names: Nameserver):
    names.put("example.test", "A", "192.0.2.4")
    answering = names._answer

    def refuse_naptr(query: Any, name: str, kind: str) -> Any:
        answer = answering(query, name, kind)
        if kind == "NAPTR":
            answer.set_rcode(dns.rcode.SERVFAIL)
        return answer

    names._answer = refuse_naptr  # type: ignore[method-assign]
    assert told(await resolver.resolve(parsed("example.test"), "udp")) == ["192.0.2.4:5060 0 0"]


async def test_ipv6_addresses_are_asked_for_where_the_node_has_one(names: Nameserver):
    names.put("example.test", "A", "192.0.2.4")
    names.put("example.test", "AAAA", "2001:db8::4")
    both = Resolver(config(names, address6="::1"))
    assert told(await both.resolve(parsed("example.test:5060"), "udp")) == [
        "192.0.2.4:5060 0 0",
        "[2001:db8::4]:5060 0 0",
    ]
    six = Resolver(config(names, address="::1"))
    assert told(await six.resolve(parsed("example.test:5060"), "udp")) == ["[2001:db8::4]:5060 0 0"]


async def test_an_address_of_a_kind_that_the_node_has_not_says_what_to_set(resolver: Resolver):
    with pytest.raises(SoftswitchError, match=r"set sip\.address6"):
        await resolver.resolve(parsed("[2001:db8::4]"), "udp")


@pytest.mark.parametrize("srv", ["", "0 0 0 ."])
async def test_a_host_without_addresses_is_told_with_what_was_asked(
    resolver: Resolver, names: Nameserver, srv: str
):
    names.put("_sip._udp.example.test", "SRV", *([srv] if srv else []))
    with pytest.raises(SoftswitchError, match=r"no IPv4 address.*SRV _sip\._udp\.example\.test"):
        await resolver.resolve(parsed("example.test"), "udp")


async def test_a_silent_name_server_is_told(resolver: Resolver, names: Nameserver):
    names.silent = True
    with pytest.raises(SoftswitchError, match=r"no name server answers about example.test"):
        await resolver.resolve(parsed("example.test:5060"), "udp")


async def test_the_hosts_file_goes_first(
    resolver: Resolver, names: Nameserver, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    (tmp_path / "hosts").write_text("# names\n192.0.2.5 other pbx.lan # ours\n::1 pbx.lan\n")
    monkeypatch.setattr(resolving, "HOSTS", tmp_path / "hosts")
    assert told(await resolver.resolve(parsed("PBX.lan:5060"), "udp")) == ["192.0.2.5:5060 0 0"]
    assert not names.asked


@pytest.mark.parametrize(("ttl", "kept"), [(5, 30), (120, 120), (100_000, 3600)])
async def test_answers_are_good_for_their_ttl_within_bounds(
    resolver: Resolver, names: Nameserver, ttl: int, kept: int
):
    names.put("example.test", "A", "192.0.2.4", ttl=ttl)
    assert (await resolver.resolve(parsed("example.test:5060"), "udp")).ttl == kept


def test_a_name_server_must_be_an_address():
    with pytest.raises(SoftswitchError, match="give one"):
        Resolver(Config(sip={"nameserver": "dns.example.com"}))


# --- all hosts together -------------------------------------------------------------------------------------


class Course:
    """The hosts of one trunk, with a clock of their own."""

    def __init__(self, resolver: Resolver, *hosts: str) -> None:
        self.changes, self.now = 0, 0.0
        self.trunk = Trunk(name="a", kind="ip", hosts=hosts)
        self.hosts = Hosts(resolver, self._changed)
        self.hosts.want([self.trunk])

    def _changed(self) -> None:
        self.changes += 1

    async def at(self, now: float) -> list[str]:
        """Places after a tick at that time, all questions answered."""
        self.hosts.tick(now)
        watch = Stopwatch()
        while any(entry.asking for entry in self.hosts._entries.values()):
            assert watch.own_s < 5
            await asyncio.sleep(0.01)
        return [place.target.address for place in self.hosts.places(self.trunk)]


async def test_a_host_is_asked_for_again_when_its_time_is_over(resolver: Resolver, names: Nameserver):
    names.put("a.test", "A", "192.0.2.1")
    course = Course(resolver, "a.test:5060")
    assert await course.at(0) == ["192.0.2.1"]
    names.put("a.test", "A", "192.0.2.2")
    assert await course.at(59) == ["192.0.2.1"]
    assert await course.at(61) == ["192.0.2.2"]
    assert (course.changes, names.asked["a.test", "A"]) == (2, 2)


async def test_the_last_good_answer_is_kept_while_dns_fails(
    resolver: Resolver, names: Nameserver, caplog: pytest.LogCaptureFixture
):
    names.put("a.test", "A", "192.0.2.1")
    course = Course(resolver, "a.test:5060")
    await course.at(0)
    names.rcode = dns.rcode.SERVFAIL
    assert await course.at(61) == ["192.0.2.1"]
    assert "DNS fails" in course.hosts.errors(course.trunk)[0]
    assert "its last addresses are kept" in caplog.text
    names.rcode = dns.rcode.NOERROR
    assert await course.at(67) == ["192.0.2.1"]
    assert course.hosts.errors(course.trunk) == []


async def test_a_failing_host_is_asked_for_less_and_less_often(resolver: Resolver, names: Nameserver):
    course, asked_at = Course(resolver, "a.test:5060"), []
    for now in range(200):
        before = names.asked["a.test", "A"]
        await course.at(now)
        if names.asked["a.test", "A"] > before:
            asked_at.append(now)
    assert asked_at == [0, 5, 15, 35, 75, 135, 195]


async def test_hosts_go_in_their_order_unless_priorities_are_declared(resolver: Resolver):
    course = Course(resolver, "192.0.2.1", "192.0.2.2")
    await course.at(0)
    first, second = course.hosts.places(course.trunk)
    assert first.priority < second.priority
    declared = Course(resolver, "192.0.2.1;priority=5", "192.0.2.2;priority=1;weight=7")
    await declared.at(0)
    first, second = declared.hosts.places(declared.trunk)
    assert first.priority > second.priority and second.weight == 7


async def test_hosts_that_nobody_wants_are_forgotten(resolver: Resolver):
    course = Course(resolver, "192.0.2.1")
    await course.at(0)
    course.hosts.want([])
    assert course.hosts.places(course.trunk) == () and not course.hosts._entries


async def test_an_address_that_two_hosts_share_is_one_target(resolver: Resolver):
    course = Course(resolver, "192.0.2.1", "192.0.2.1:5060")
    assert await course.at(0) == ["192.0.2.1"]
