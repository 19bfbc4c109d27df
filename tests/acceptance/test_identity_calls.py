"""Signed identities in real calls: the dialplan greets by the verdict, the record has it, and no call waits
longer than its patience.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import plan_files
import pytest
from figures.stir import CALLED, CALLER, SPC, Answer, CertificateServer, Signed, identity, issue, serving
from node import Node
from sipp import Sipp
from stopwatch import Stopwatch

PLAN = """
name: vouched
start: greeting
universal: {on: {human: person, goodbye: farewell, help: unknown}}
repair: {no_input: Hello?, no_match: Pardon?, then: farewell}
"""
FLOW = """
steps:
  greeting: {if: attestation = 'A', then: known, else: unknown}
  known: {say: Good to hear you., next: ask}
  unknown: {say: Who are you?, next: ask}
  ask: {say: What can I do for you?, listen: {}}
  person: {say: One moment., transfer: {to: "sip:desk@127.0.0.1", failed: farewell}}
  farewell: {say: Goodbye., hangup: yes}
"""


@dataclass
class Stir:
    node: Node
    server: CertificateServer
    signer: Signed

    def call(self, identity: str = "") -> float:
        """Call once; the seconds until it was answered."""
        more = {"caller": CALLER, "identity": identity}
        scenario = "identity" if identity else "call"
        before = len(self.node.calls())
        Sipp(scenario, self.node.sip_port, user=CALLED, more=more, last_ms=100).wait()
        call = self.node.wait_for_calls(before + 1)[0]
        return float((call.answered_at or 0) - call.started_at)

    def result(self) -> tuple[str, str]:
        """The latest call's verdict in the record, and its first words."""
        history = self.node.history()
        return history.call.attestation, history.turns[0].said.split(" What")[0]

    def identity(self, path: str) -> str:
        """Signed for this caller and this called number, with the certificate at that path."""
        return identity(self.signer.key, self.server.url(path))


@pytest.fixture(scope="module")
def stir(tmp_path_factory: pytest.TempPathFactory, prompts: Path) -> Iterator[Stir]:
    folder = tmp_path_factory.mktemp("identity")
    plan_files.write(folder / "plan", {"plan.yaml": PLAN, "flows/main.yaml": FLOW})
    root, web = issue("root", ca=True), issue("web", ca=True)
    signer = issue("signer", root, tn_auth_list=SPC)
    (folder / "roots.pem").write_bytes(root.pem)
    (folder / "web.pem").write_bytes(web.pem)
    with serving(folder, web) as server, pytest.MonkeyPatch.context() as patch:
        server.answers["/good"] = Answer(signer.pem)
        server.answers["/slow"] = Answer(signer.pem, slow_s=4)
        patch.setenv("SSL_CERT_FILE", str(folder / "web.pem"))  # whom the node's system trusts for HTTPS
        settings = (f"roots_file={folder / 'roots.pem'}", f"hosts={server.host}", "patience=700ms")
        identities = (f"identity.{setting}" for setting in settings)
        with Node(folder / "node", prompts, f"dialplan={folder / 'plan'}", *identities) as node:
            yield Stir(node, server, signer)
            print(node.log)


@pytest.mark.slow
def test_who_is_vouched_for_is_greeted_as_that_and_the_record_says_so(stir: Stir) -> None:
    stir.call(stir.identity("/good"))
    assert stir.result() == ("A", "Good to hear you.")
    stir.call()
    assert stir.result() == ("none", "Who are you?")
    assert stir.node.metrics()['softswitch_identities_total{verdict="A"}'] == 1


@pytest.mark.slow
def test_a_call_does_not_wait_for_a_slow_server(stir: Stir) -> None:
    watch = Stopwatch()
    assert 0.6 < stir.call(stir.identity("/slow")) < 2 + watch.withheld_s
    assert stir.result() == ("failed: no certificate within 0.7 s", "Who are you?")
