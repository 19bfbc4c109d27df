"""Which trunk a request belongs to, by where it comes from."""

import time

import pytest

from softswitch.trunks.matching import Networks, Sources
from softswitch.trunks.settings import Trunk
from softswitch.trunks.targets import Connection, Target


def connection(name: str, *addresses: str, allow: tuple[str, ...] = (), **settings: object) -> Connection:
    trunk = Trunk(name=name, kind="ip", allow=allow, hosts=("sip.example.com",), **settings)
    return Connection(trunk, tuple(Target("sip.example.com", address, 5060, "udp") for address in addresses))


SOURCES = Sources(
    [
        connection("carrier", "198.51.100.7", "2001:db8:1::7"),
        connection("office", allow=("192.0.2.0/24", "2001:db8:2::/48")),
        connection("branch", allow=("192.0.2.128/25",), username="4912345", domain="pbx.example.com"),
        connection("closed", "203.0.113.9", enabled=False),
    ],
    allow=("127.0.0.0/8", "::1/128"),
)


@pytest.mark.parametrize(
    ("source", "trunk"),
    [
        ("198.51.100.7:5060", "carrier"),
        ("198.51.100.7:33000", "carrier"),
        ("[2001:db8:1::7]:5060", "carrier"),
        ("192.0.2.1:5060", "office"),
        ("[::ffff:192.0.2.1]:5060", "office"),
        ("[2001:db8:2:ffff::1]:5060", "office"),
        ("127.0.0.1:5060", ""),
        ("[::1]:5060", ""),
        ("198.51.100.8:5060", None),
        ("203.0.113.9:5060", None),  # of a trunk that is disabled
        ("[2001:db8:3::]:5060", None),
        ("nonsense", None),
        ("", None),
    ],
)
def test_a_source_belongs_to_the_trunk_whose_network_or_host_it_is(source: str, trunk: str | None) -> None:
    assert SOURCES.trunk_of(source, "sip:100@192.0.2.250") == trunk
    assert SOURCES.knows(source) == (trunk is not None)


@pytest.mark.parametrize(
    ("uri", "trunk"),
    [
        ("sip:4912345@192.0.2.250", "branch"),
        ("sip:4912345:secret@192.0.2.250;user=phone", "branch"),
        ("sips:100@PBX.example.com:5061;transport=tls", "branch"),
        ("sip:100@sip.example.com", "office"),
        ("sip:100@192.0.2.250", "branch"),  # neither: the first by name
        ("tel:+4912345", "branch"),
        ("", "branch"),
    ],
)
def test_of_two_trunks_for_an_address_the_one_that_the_request_names_is_meant(uri: str, trunk: str) -> None:
    assert SOURCES.trunk_of("192.0.2.200:5060", uri) == trunk


def test_the_screen_gets_every_network() -> None:
    assert set(SOURCES.networks) == {
        "198.51.100.7",
        "2001:db8:1::7",
        "192.0.2.0/24",
        "2001:db8:2::/48",
        "192.0.2.128/25",
        "127.0.0.0/8",
        "::1/128",
    }
    assert SOURCES.is_trunks("192.0.2.1")
    assert not SOURCES.is_trunks("127.0.0.1")


def test_a_network_of_everybody_has_everybody() -> None:
    networks = Networks()
    networks.add("0.0.0.0/0")
    assert "203.0.113.1" in networks
    assert "2001:db8::1" not in networks


def test_matching_among_200_trunks_takes_less_than_20_microseconds() -> None:
    many = Sources(
        [
            connection(f"t{i}", f"198.51.{i}.1", f"2001:db8:{i}::1", allow=(f"10.{i}.0.0/{16 + i % 16}",))
            for i in range(200)
        ],
        allow=("127.0.0.0/8",),
    )
    asked = [f"198.51.{i % 250}.1:{5000 + i}" for i in range(2000)]

    def once() -> float:
        began = time.process_time()
        for source in asked:
            many.trunk_of(source, "sip:100@192.0.2.250")
        return (time.process_time() - began) / len(asked)

    assert min(once() for _ in range(5)) < 20e-6
