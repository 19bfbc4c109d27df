"""Who we are at a trunk."""

import pytest

from softswitch.gateway.account_settings import domain
from softswitch.trunks.settings import Trunk


@pytest.mark.parametrize(
    ("hosts", "stated", "expected"),
    [
        (("sip.example.com:5080;priority=1",), "", "sip.example.com"),
        (("[2001:db8::1]:5061",), "", "[2001:db8::1]"),
        (("192.0.2.1",), "example.com", "example.com"),
        ((), "", "[::1]"),
    ],
)
def test_the_domain_of_our_addresses_is_the_stated_one_or_the_first_host_or_our_own(hosts, stated, expected):
    trunk = Trunk(name="t", kind="ip", hosts=hosts, domain=stated, allow=("192.0.2.0/24",))
    assert domain(trunk, "::1") == expected
