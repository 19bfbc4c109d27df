"""To whom a TLS connection of ours may lead."""

from types import SimpleNamespace

import pjsua2 as pj
import pytest

from softswitch.gateway.peers import Peers
from softswitch.trunks.settings import Trunk
from softswitch.trunks.targets import Connection, Target

UNTRUSTED = pj.PJ_SSL_CERT_EUNTRUSTED


def connection(name: str = "sip.example", *, verify: bool = True, address: str = "192.0.2.1") -> Connection:
    trunk = Trunk(name="t", kind="ip", hosts=(name,), transport="tls", tls_verify=verify)
    return Connection(trunk, (Target(name, address, 5061, "tls"),))


def peer(*names: str, faults: int = 0, place: str = "192.0.2.1:5061", common: str = "") -> SimpleNamespace:
    stated = [SimpleNamespace(name=name) for name in names]
    return SimpleNamespace(
        remoteAddr=place,
        verifyStatus=faults | pj.PJ_SSL_CERT_EIDENTITY_NOT_MATCH,  # PJSIP compares with the address
        verifyMsgs=["The certificate is not trusted.", "The server identity does not match"],
        remoteCertInfo=SimpleNamespace(subjectAltName=stated, subjectCn=common),
    )


@pytest.fixture
def peers():
    made = Peers()
    made.expect([connection()])
    return made


def test_a_good_certificate_for_the_trunks_host_is_trusted(peers):
    assert peers.refuse(peer("other.example", "sip.example")) == ""
    assert peers.refuse(peer(common="SIP.example")) == ""
    assert peers.refusal("192.0.2.1", 5061) == ""


def test_a_good_certificate_for_somebody_else_is_refused_and_said(peers):
    assert "is for evil.example, not for sip.example" in peers.refuse(peer("evil.example"))
    assert "evil.example" in peers.refusal("192.0.2.1", 5061)


def test_a_common_name_counts_only_without_alternative_names(peers):
    assert peers.refuse(peer("evil.example", common="sip.example"))


def test_a_certificate_that_is_not_good_is_refused_with_pjsips_reason(peers):
    assert "not trusted" in peers.refuse(peer("sip.example", faults=UNTRUSTED))
    assert "identity" not in peers.refusal("192.0.2.1", 5061)


def test_a_trunk_may_forgo_the_check_for_all_ports_of_its_address(peers):
    peers.expect([connection(verify=False)])
    assert peers.refuse(peer("evil.example", faults=UNTRUSTED)) == ""
    assert peers.refuse(peer("evil.example", faults=UNTRUSTED, place="192.0.2.1:5099")) == ""
    assert peers.refuse(peer("evil.example", faults=UNTRUSTED, place="192.0.2.2:5061"))


def test_one_trunk_that_checks_is_enough_for_an_address(peers):
    peers.expect([connection(verify=False), connection()])
    assert peers.refuse(peer("sip.example", faults=UNTRUSTED))


def test_an_unknown_place_needs_a_good_certificate_of_whatever_name(peers):
    assert peers.refuse(peer("sbc7.example", place="[2001:db8::1]:5061")) == ""
    assert peers.refuse(peer("sbc7.example", place="[2001:db8::1]:5061", faults=UNTRUSTED))


def test_connections_ask_for_hosts_by_name_but_not_for_addresses(peers):
    v6, plain = (
        connection("other.example", address="2001:db8::1"),
        connection("192.0.2.9", address="192.0.2.9"),
    )
    peers.expect([connection(), v6, plain])
    assert peers.names() == {"192.0.2.1:5061": "sip.example", "[2001:db8::1]:5061": "other.example"}
