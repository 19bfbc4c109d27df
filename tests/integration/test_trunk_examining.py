"""`trunk test` without a node: each step fails where it should, says what was met and what to change."""

import json
import socket
import ssl
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import certificates
import pytest
from click.testing import CliRunner
from nameserver import Nameserver
from node import free_port
from sip_answerer import Answerer
from stopwatch import Stopwatch

from softswitch.app.trunking.examining import Examination, Finding
from softswitch.cli.root import softswitch
from softswitch.config import Config
from softswitch.store import migrate, trunks
from softswitch.store.trunks import Row
from softswitch.trunks.settings import Trunk

HEALTH = {"timeout": "500ms"}


@pytest.fixture(scope="module")
def names() -> Iterator[Nameserver]:
    with Nameserver() as server:
        server.put("sip.test", "A", "127.0.0.1")
        server.put("other.test", "A", "127.0.0.1")
        yield server


@pytest.fixture(scope="module")
def trusted(tmp_path_factory: pytest.TempPathFactory) -> certificates.Pair:
    return certificates.authority(tmp_path_factory.mktemp("authority"))


async def examine(
    names: Nameserver, host: str, trusted: certificates.Pair | None = None, **settings: Any
) -> list[Finding]:
    sip: dict[str, Any] = {"nameserver": f"127.0.0.1:{names.port}"}
    if trusted:
        sip["tls"] = {"ca_file": trusted.certificate_file}
    trunk = Trunk.model_validate({"name": "a", "kind": "ip", "hosts": [host], "health": HEALTH, **settings})
    examination = Examination(Config(sip=sip), trunk, None, lambda finding: None)
    await examination.run()
    return examination.findings


def told(findings: list[Finding]) -> list[tuple[str, bool | None]]:
    return [(finding.step, finding.ok) for finding in findings]


async def test_a_trunk_that_is_well_passes_every_step(names: Nameserver):
    with Answerer() as far:
        findings = await examine(names, f"sip.test:{far.port}")
    assert told(findings) == [("resolve", True), ("reach", True), ("options", True)]
    assert "A sip.test: 127.0.0.1" in findings[0].detail
    assert findings[2].status == 200 and findings[2].took_ms is not None and not findings[2].remedy
    assert len(far.requests) == 1, "one OPTIONS shows both that it answers and what"


async def test_a_name_that_dns_does_not_know_ends_it(names: Nameserver):
    (finding,) = await examine(names, "nowhere.test")
    assert (finding.step, finding.ok) == ("resolve", False)
    assert "nowhere.test has no IPv4 address" in finding.detail and "trunk edit a" in finding.remedy


async def test_a_port_where_nobody_listens_is_told(names: Nameserver):
    findings = await examine(names, f"127.0.0.1:{free_port()}")
    assert told(findings) == [("resolve", True), ("reach", False)]
    assert "ICMP" in findings[1].detail and "port" in findings[1].remedy


async def test_silence_is_told_with_what_may_cause_it(names: Nameserver):
    with Answerer() as far:
        far.status["OPTIONS"] = 0
        findings = await examine(names, f"127.0.0.1:{far.port}")
    assert told(findings) == [("resolve", True), ("reach", False)]
    assert "no answer to OPTIONS in 0.5 s" in findings[1].detail and "firewall" in findings[1].remedy


@pytest.mark.parametrize(
    ("status", "ok", "meaning"),
    [
        (404, True, "it is there"),
        (403, True, "it is there"),
        (503, False, "out of service"),
        (408, False, "did not get an answer"),
        (299, True, "So"),
        (399, True, "elsewhere"),
    ],
)
async def test_an_answer_is_told_in_words(names: Nameserver, status: int, ok: bool, meaning: str):
    with Answerer() as far:
        far.status["OPTIONS"] = status
        findings = await examine(names, f"127.0.0.1:{far.port}")
    assert (findings[-1].step, findings[-1].ok, findings[-1].status) == ("options", ok, status)
    assert meaning in findings[-1].detail and (ok or findings[-1].remedy)


async def test_a_slow_answer_is_well_but_told(names: Nameserver):
    watch = Stopwatch()
    with Answerer() as far:
        far.delay = 0.2
        findings = await examine(names, f"127.0.0.1:{far.port}", health={"timeout": "2s", "slow": "100ms"})
    assert findings[-1].ok and "slower than health.slow, 100 ms" in findings[-1].detail
    assert findings[-1].took_ms and 200 <= findings[-1].took_ms < 1000 * (1 + watch.withheld_s)


async def test_one_host_of_two_that_fails_is_a_failure_and_the_other_is_tested(names: Nameserver):
    with Answerer() as far:
        hosts = [f"127.0.0.1:{free_port()}", f"127.0.0.1:{far.port}"]
        findings = await examine(names, "", hosts=hosts)
    assert told(findings)[2:] == [("reach", False), ("reach", True), ("options", True)]


async def test_tcp_is_connected_to_and_asked(names: Nameserver):
    with Answerer(tcp=True) as far:
        findings = await examine(names, f"127.0.0.1:{far.port}", transport="tcp")
    assert told(findings) == [("resolve", True), ("reach", True), ("options", True)]


async def test_a_refused_connection_is_told(names: Nameserver):
    findings = await examine(names, f"127.0.0.1:{free_port(socket.SOCK_STREAM)}", transport="tcp")
    assert told(findings) == [("resolve", True), ("reach", False)]
    assert "refused" in findings[1].detail and "TCP" in findings[1].remedy


async def test_a_server_that_connects_and_says_nothing_is_told(names: Nameserver):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        findings = await examine(names, f"127.0.0.1:{port}", transport="tcp")
    assert told(findings)[-1] == ("options", False) and "no answer to OPTIONS" in findings[-1].detail


def server_context(pair: certificates.Pair) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pair.certificate_file, pair.key_file)
    return context


async def test_a_good_certificate_is_described(names: Nameserver, trusted: certificates.Pair, tmp_path: Path):
    pair = certificates.signed(tmp_path, "sip", trusted, ["sip.test"])
    with Answerer(tls=server_context(pair)) as far:
        findings = await examine(names, f"sip.test:{far.port}", trusted, transport="tls")
    assert told(findings) == [("resolve", True), ("reach", True), ("tls", True), ("options", True)]
    detail = findings[2].detail
    assert (
        detail.startswith("TLSv1.3, certificate for sip.test by authority, until 20")
        and not findings[2].remedy
    )


BAD = {
    "wrong name": (["other.test"], True, 30, "it is for other.test, not for sip.test", "write the host as"),
    "expired": (["sip.test"], True, -1, "certificate has expired", "renew"),
    "self-signed": (["sip.test"], False, 30, "self-signed certificate", "ca_file"),
}


@pytest.mark.parametrize("kind", BAD)
@pytest.mark.parametrize("verify", [True, False])
async def test_a_bad_certificate_is_told_and_only_stops_whoever_wants_a_good_one(
    names: Nameserver, trusted: certificates.Pair, tmp_path: Path, kind: str, verify: bool
):
    hosts, by_authority, days, fault, remedy = BAD[kind]
    pair = certificates.signed(
        tmp_path, "sip", trusted if by_authority else None, hosts, timedelta(days=days)
    )
    with Answerer(tls=server_context(pair)) as far:
        findings = await examine(names, f"sip.test:{far.port}", trusted, transport="tls", tls_verify=verify)
    assert (findings[2].step, findings[2].ok) == ("tls", not verify)
    assert fault in findings[2].detail.lower()
    assert (remedy in findings[2].remedy) == verify
    assert told(findings)[3:] == ([] if verify else [("options", True)])


async def test_a_certificate_that_expires_soon_is_well_but_told(
    names: Nameserver, trusted: certificates.Pair, tmp_path: Path
):
    pair = certificates.signed(tmp_path, "sip", trusted, ["sip.test"], timedelta(days=3))
    with Answerer(tls=server_context(pair)) as far:
        findings = await examine(names, f"sip.test:{far.port}", trusted, transport="tls")
    assert findings[2].ok and "renewed" in findings[2].remedy


async def test_a_server_without_tls_is_told(names: Nameserver):
    with Answerer(tcp=True) as far:
        findings = await examine(names, f"127.0.0.1:{far.port}", transport="tls")
    assert told(findings) == [("resolve", True), ("reach", True), ("tls", False)]
    assert "5061" in findings[2].remedy


async def test_what_needs_a_node_is_left_out(names: Nameserver):
    with Answerer() as far:
        findings = await examine(names, f"127.0.0.1:{far.port}", kind="register", username="u")
    assert told(findings)[-1] == ("register", None) and "running node" in findings[-1].detail


async def test_a_trunk_without_hosts_has_nothing_to_be_tested(names: Nameserver):
    findings = await examine(names, "", hosts=[], allow=["192.0.2.0/24"])
    assert told(findings) == [("resolve", None)]


def test_the_command_prints_each_step_and_fails_when_one_did(tmp_path: Path):
    config = Config(data_dir=tmp_path)
    migrate.upgrade(config.database_url)
    row = {"kind": "ip", "hosts": [f"127.0.0.1:{free_port()}"], "health": HEALTH}
    trunks.add(config.database_url, Row("a", row))

    def run(*arguments: str) -> Any:
        return CliRunner().invoke(softswitch, ["--set", f"data_dir={tmp_path}", "trunk", "test", *arguments])

    watch = Stopwatch()
    result = run("a", "--to", "9196")
    assert result.exit_code == 1 and watch.own_s < 5
    lines = result.output.splitlines()
    assert [line.split()[:2] for line in lines if "->" not in line] == [
        ["ok", "resolve"],
        ["FAIL", "reach"],
        ["skip", "call"],
    ]
    assert "->" in lines[2]
    report = json.loads(run("a", "--json").output)
    assert report["ok"] is False and report["findings"][1]["step"] == "reach"
    assert "there is no trunk b" in str(run("b").exception)
