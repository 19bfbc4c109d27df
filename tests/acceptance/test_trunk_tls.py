"""SIP over TLS: registrars with right and wrong certificates, phones, and a certificate that is renewed."""

import re
import shutil
import socket
import ssl
import subprocess
from collections.abc import Iterator
from datetime import timedelta

import pytest
from baresip import Phone
from certificates import Pair, authority, signed
from gateway_alone import GatewayAlone
from kamailio import PASSWORD, Kamailio
from node import free_port, wait_for

from softswitch.events import CallConfirmed, CallEnded
from softswitch.gateway import messages
from softswitch.trunks.settings import Trunk
from softswitch.trunks.targets import Connection, Target

pytestmark = pytest.mark.slow
NAME = "sip.carrier.example"
OPTIONS = "\r\n".join(
    (
        "OPTIONS sip:node.example SIP/2.0",
        "Via: SIP/2.0/TLS {host}:{port};branch=z9hG4bKoptions{port}",
        "From: <sip:phone@{host}>;tag=1",
        "To: <sip:node.example>",
        "Call-ID: options-{port}",
        "CSeq: 1 OPTIONS",
        "Max-Forwards: 70",
        "Content-Length: 0\r\n\r\n",
    )
)


@pytest.fixture(scope="module")
def issuer(tmp_path_factory: pytest.TempPathFactory) -> Pair:
    return authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory, issuer: Pair) -> Pair:
    return signed(tmp_path_factory.mktemp("own"), "node", issuer, ["node.example", "127.0.0.1"])


@pytest.fixture(scope="module")
def gateway(tmp_path_factory: pytest.TempPathFactory, issuer: Pair, own: Pair) -> Iterator[GatewayAlone]:
    port = free_port()
    with GatewayAlone(
        tmp_path_factory.mktemp("gateway"),
        "sip.address6=::1",
        f"sip.tls.port={port}",
        f"sip.tls.certificate_file={own.certificate_file}",
        f"sip.tls.key_file={own.key_file}",
        f"sip.tls.ca_file={issuer.certificate_file}",
    ) as started:
        yield started
    print(started.log)


def register(gateway: GatewayAlone, registrar: Kamailio, name: str, *, verify: bool) -> messages.Registered:
    target = Target(NAME, "127.0.0.1", registrar.tls_port, "tls")
    trunk = Trunk(
        name=name, kind="register", hosts=(NAME,), username=name, transport="tls", tls_verify=verify
    )
    gateway.order(messages.Trunks((Connection(trunk, (target,), PASSWORD, target, 1),)))
    return gateway.registration(name)


CERTIFICATES = {
    "wrong-name": (
        True,
        ["other.carrier.example"],
        timedelta(days=9),
        "is for other.carrier.example, not for",
    ),
    "expired": (True, [NAME], timedelta(days=-9), "not good"),
    "self-signed": (False, [NAME], timedelta(days=9), "not good"),
}


@pytest.mark.parametrize("kind", CERTIFICATES)
def test_a_bad_certificate_is_refused_unless_the_trunk_does_not_check(gateway, issuer, tmp_path, kind):
    is_signed, hosts, lasts, said = CERTIFICATES[kind]
    bad = signed(tmp_path, kind, issuer if is_signed else None, hosts, lasts)
    with Kamailio(tmp_path / "kamailio", tls=bad) as registrar:
        told = register(gateway, registrar, f"{kind}-checked", verify=True)
        assert told.status == 0
        assert said in told.reason
        assert not registrar.asked(f"{kind}-checked"), "something was sent"
        assert register(gateway, registrar, f"{kind}-unchecked", verify=False).status == 200


def test_a_good_certificate_for_the_trunks_host_is_accepted(gateway, issuer, tmp_path):
    good = signed(tmp_path, "good", issuer, ["alias.example", NAME])
    with Kamailio(tmp_path / "kamailio", tls=good) as registrar:
        assert register(gateway, registrar, "good", verify=True).status == 200
        probe = messages.Probe("good", Target(NAME, "127.0.0.1", registrar.tls_port, "tls"), 4.0)
        gateway.order(probe)
        answer = gateway.wait(messages.Probed)
    assert (answer.status, answer.reason) == (200, "Keepalive")
    assert 0 < answer.latency < 1


def test_a_registrar_of_many_names_is_asked_for_the_trunks(gateway, issuer, tmp_path):
    others = signed(tmp_path, "others", issuer, ["other.carrier.example"])
    ours = signed(tmp_path, "ours", issuer, [NAME])
    with Kamailio(tmp_path / "kamailio", tls=others, tls_for=(NAME, ours)) as registrar:
        assert register(gateway, registrar, "named", verify=True).status == 200


def handshake(gateway: GatewayAlone, *options: str) -> str:
    command = ["openssl", "s_client", "-connect", f"127.0.0.1:{gateway.config.sip.tls.port}", *options]
    return subprocess.run(command, input="", capture_output=True, text=True, timeout=10).stdout


def serial_served(gateway: GatewayAlone) -> str:
    found = subprocess.run(
        ["openssl", "x509", "-noout", "-serial"],
        input=handshake(gateway),
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    return found.strip().partition("=")[2]


def test_versions_1_2_and_1_3_are_spoken_and_1_1_is_not(gateway):
    assert "Cipher is ECDHE" in handshake(gateway, "-tls1_2")
    assert "TLSv1.3, Cipher is TLS_" in handshake(gateway, "-tls1_3")
    weak = handshake(gateway, "-tls1_1", "-cipher", "DEFAULT@SECLEVEL=0")
    assert "Cipher is (NONE)" in weak


def ask(port: int, address: str = "127.0.0.1", shown: Pair | None = None) -> bytes:
    """The answer to OPTIONS over TLS, with that certificate shown; "" where there is none."""
    trusting = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    trusting.check_hostname, trusting.verify_mode = False, ssl.CERT_NONE
    if shown:
        trusting.load_cert_chain(shown.certificate_file, shown.key_file)
    plain = socket.create_connection((address, port), timeout=5)
    try:
        with plain, trusting.wrap_socket(plain) as connection:
            host, own_port = connection.getsockname()[:2]
            host = f"[{host}]" if ":" in host else host
            connection.sendall(OPTIONS.format(host=host, port=own_port).encode())
            return connection.recv(4096)
    except (ssl.SSLError, ConnectionError):
        return b""


def test_requests_are_answered_over_tls_on_both_addresses(gateway):
    for address in ("127.0.0.1", "::1"):
        assert ask(gateway.config.sip.tls.port, address).startswith(b"SIP/2.0 200")


def test_callers_show_a_certificate_where_that_is_asked(tmp_path, issuer, own):
    port = free_port()
    settings = {
        "port": port,
        "certificate_file": own.certificate_file,
        "key_file": own.key_file,
        "ca_file": issuer.certificate_file,
        "verify_client": "yes",
    }
    with GatewayAlone(tmp_path, *(f"sip.tls.{key}={value}" for key, value in settings.items())):
        assert ask(port, shown=signed(tmp_path, "known", issuer, [])).startswith(b"SIP/2.0 200")
        assert not ask(port, shown=signed(tmp_path, "stranger", None, []))
        assert not ask(port)


def test_a_renewed_certificate_is_served_while_a_call_over_tls_goes_on(gateway, issuer, own, tmp_path):
    assert serial_served(gateway) == own.serial.zfill(len(own.serial) + len(own.serial) % 2)
    with Phone(tmp_path / "phone") as phone:
        phone.do("dial", f"sip:reception@127.0.0.1:{gateway.config.sip.tls.port};transport=tls")
        gateway.answer(gateway.wait(messages.Offered))
        gateway.wait(CallConfirmed)
        renewed = signed(tmp_path, "renewed", issuer, ["node.example"])
        shutil.copy(renewed.certificate_file, own.certificate_file)  # for a moment it fits no key
        wait_for(lambda: "stays as it was" in gateway.log, "the half of a renewal is not served")
        assert serial_served(gateway) != renewed.serial
        shutil.copy(renewed.key_file, own.key_file)
        wait_for(lambda: int(serial_served(gateway), 16) == int(renewed.serial, 16), "it is served")
        phone.hang_up()
        assert gateway.wait(CallEnded).sip_status == 200


def test_a_missing_certificate_stops_the_node_with_the_files_name(tmp_path):
    missing = tmp_path / "missing.pem"
    port = free_port()
    with pytest.raises(AssertionError, match=re.escape(f"{missing}: cannot be read")):
        GatewayAlone(
            tmp_path,
            f"sip.tls.port={port}",
            f"sip.tls.certificate_file={missing}",
            f"sip.tls.key_file={missing}",
        ).__enter__()
