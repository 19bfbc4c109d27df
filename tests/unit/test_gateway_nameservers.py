"""Which name servers the gateway asks: the one that is set, else the machine's."""

import pytest

from softswitch.gateway.nameservers import declared, of_machine

RESOLV_CONF = """# made by hand
search example.org
nameserver 192.0.2.1
 nameserver   2001:db8::1
nameserver fe80::1%eth0
nameserver nonsense
nameserver
options ndots:2
nameserver 192.0.2.2
nameserver 192.0.2.3
"""


@pytest.mark.parametrize(
    ("setting", "server"),
    [
        ("192.0.2.1", ("192.0.2.1", 53)),
        ("192.0.2.1:5300", ("192.0.2.1", 5300)),
        ("2001:db8::1", ("2001:db8::1", 53)),
        ("[2001:db8::1]", ("2001:db8::1", 53)),
        ("[2001:db8::1]:5300", ("2001:db8::1", 5300)),
    ],
)
def test_the_server_that_is_set_may_have_a_port(setting: str, server: tuple[str, int]) -> None:
    assert declared(setting) == (server,)


@pytest.mark.parametrize("setting", ["", "dns.example.org", "dns.example.org:53", "192.0.2.1:http", ":53"])
def test_what_is_no_address_is_no_server(setting: str) -> None:
    assert declared(setting) == ()


def test_the_machine_has_those_of_its_resolv_conf_three_at_most() -> None:
    assert of_machine(RESOLV_CONF) == (("192.0.2.1", 53), ("2001:db8::1", 53), ("192.0.2.2", 53))
    assert of_machine("") == ()
