"""Signed caller identities against a server of certificates on loopback: believed, or why not."""

import asyncio
import ssl
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from figures.stir import (
    CALLED,
    CALLER,
    DAY,
    SPC,
    Answer,
    CertificateServer,
    Signed,
    identity,
    issue,
    numbers,
    serving,
)
from stopwatch import Stopwatch

from softswitch.app.identity import Vouching
from softswitch.errors import SoftswitchError
from softswitch.events import CallInfo, Signalled
from softswitch.sections.incoming import Identity
from softswitch.trunks.settings import Trunk

INFO = CallInfo("c" * 32, "1@host", f"sip:{CALLER}@192.0.2.9", f"sip:{CALLED}@host", "192.0.2.9:5060", 0.0)
TRUNK = Trunk.model_validate(
    {"name": "main", "kind": "ip", "allow": "192.0.2.9", "numbers": {"country": "GB"}}
)


@dataclass
class Stir:
    """A root, an authority below it and a signer; the server has the signer's chain at /signer."""

    folder: Path
    server: CertificateServer
    root: Signed
    authority: Signed
    signer: Signed
    tls: ssl.SSLContext

    def put(self, path: str, *chain: Signed, **about: Any) -> str:
        self.server.answers[path] = Answer(b"".join(each.pem for each in chain), **about)
        return self.server.url(path)

    def vouching(self, **settings: Any) -> Vouching:
        given = {"roots_file": self.folder / "roots.pem", "hosts": self.server.host} | settings
        return Vouching(Identity.model_validate(given), tls=self.tls)

    async def verdict(self, *fields: str, info: CallInfo = INFO, **settings: Any) -> str:
        return await self.vouching(**settings).verdict(replace(info, signalled=Signalled(identity=fields)))

    def sign(self, path: str = "/signer", **changed: Any) -> str:
        return identity(self.signer.key, self.server.url(path), **changed)


@pytest.fixture(scope="module")
def stir(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stir]:
    folder = tmp_path_factory.mktemp("stir")
    root, web = issue("root", ca=True), issue("web", ca=True)
    authority = issue("authority", root, ca=True)
    signer = issue("signer", authority, tn_auth_list=SPC)
    (folder / "roots.pem").write_bytes(issue("another root", ca=True).pem + root.pem)
    tls = ssl.create_default_context(cadata=web.pem.decode())
    with serving(folder, web) as server:
        stir = Stir(folder, server, root, authority, signer, tls)
        stir.put("/signer", signer, authority)
        yield stir


@pytest.mark.parametrize("attest", ["A", "B", "C"])
async def test_an_identity_is_believed_and_says_how_well_the_caller_is_known(stir: Stir, attest: str) -> None:
    assert await stir.verdict(stir.sign(attest=attest)) == attest


async def test_a_call_without_an_identity_has_none(stir: Stir) -> None:
    assert await stir.verdict() == "none"
    assert await stir.verdict(stir.sign(ppt="div")) == "none"
    assert await stir.vouching().verdict(INFO) == "none"


async def test_of_several_identities_one_is_enough(stir: Stir) -> None:
    good, bad = stir.sign(), stir.sign(orig={"tn": "1"})
    assert await stir.verdict(bad, good) == "A"
    assert await stir.verdict(bad, bad) == "failed: orig is not who calls"


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"orig": {"tn": "442079460009"}}, "orig is not who calls"),
        ({"dest": {"tn": ["442079460009"]}}, "dest is not who is called"),
        ({"iat": round(time.time()) - 7200}, "iat is +"),
        ({"iat": round(time.time()) + 7200}, "iat is -"),
        ({"iat": "now"}, "iat is no time"),
        ({"alg": "none"}, "it is no PASSporT"),
        ({"alg": "HS256"}, "alg is not ES256"),
        ({"alg": "None"}, "alg is not ES256"),
        ({"typ": "JWT"}, "typ is not passport"),
        ({"attest": "A+"}, "attest is not A, B or C"),
        ({"orig": {"uri": "sip:me@example.org"}}, "orig has no number"),
        ({"dest": {"tn": []}}, "dest has no numbers"),
        ({"crit": ["exp"]}, "it needs an extension"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
async def test_what_is_not_about_this_call_or_not_as_it_must_be_is_not_believed(
    stir: Stir, changed: dict[str, Any], why: str
) -> None:
    asked = len(stir.server.asked)
    assert (await stir.verdict(stir.sign(**changed))).startswith(f"failed: {why}")
    assert len(stir.server.asked) == asked  # nobody is asked for what is wrong by itself


async def test_a_wrong_signature_is_not_believed(stir: Stir) -> None:
    forged = identity(ec.generate_private_key(ec.SECP256R1()), stir.server.url("/signer"))
    assert await stir.verdict(forged) == "failed: the signature is wrong"
    head, _, signature = stir.sign().split(";")[0].split(".")
    payload = stir.sign(attest="C").split(";")[0].split(".")[1]
    x5u = stir.server.url("/signer")
    changed = f"{head}.{payload}.{signature};info=<{x5u}>;alg=ES256;ppt=shaken"
    assert await stir.verdict(changed) == "failed: the signature is wrong"
    assert await stir.verdict(changed[: changed.index(";")]) == "none"


@pytest.mark.parametrize(
    ("chain", "why"),
    [
        ("unknown root", "the certificate leads to no configured root"),
        ("no authority", "the certificate leads to no configured root"),
        ("expired", "the certificate is not valid at this time"),
        ("not yet", "the certificate is not valid at this time"),
        ("expired authority", "the certificate leads to no configured root"),
        ("signed by no authority", "the certificate leads to no configured root"),
        ("an authority's own", "the certificate is an authority's"),
        ("may not sign", "the certificate may not sign"),
        ("another curve", "the certificate's key is not of P-256"),
        ("no TNAuthList", "the certificate has no TNAuthList"),
        ("other numbers", "the certificate is not for orig"),
        ("broken TNAuthList", "the TNAuthList cannot be read"),
    ],
)
async def test_a_certificate_that_must_not_sign_is_not_believed(stir: Stir, chain: str, why: str) -> None:
    def leaf(by: Signed = stir.authority, **about: Any) -> Signed:
        return issue("leaf", by, **{"tn_auth_list": SPC, **about})

    old = issue("old authority", stir.root, ca=True, begins=-2 * DAY, ends=-DAY)
    stranger = issue("stranger", ca=True)
    chains = {
        "unknown root": [leaf(stranger), stranger],
        "no authority": [leaf()],
        "expired": [leaf(begins=-2 * DAY, ends=-timedelta(minutes=1)), stir.authority],
        "not yet": [leaf(begins=timedelta(minutes=1)), stir.authority],
        "expired authority": [leaf(old), old],
        "signed by no authority": [leaf(stir.signer), stir.signer, stir.authority],
        "an authority's own": [leaf(ca=True), stir.authority],
        "may not sign": [leaf(signs=False), stir.authority],
        "another curve": [leaf(curve=ec.SECP384R1()), stir.authority],
        "no TNAuthList": [leaf(tn_auth_list=None), stir.authority],
        "other numbers": [
            leaf(tn_auth_list=numbers(("442079460009", 1), ("442079460010", 9))),
            stir.authority,
        ],
        "broken TNAuthList": [leaf(tn_auth_list=b"\x30\x7f\x01"), stir.authority],
    }
    url = stir.put(f"/{chain.replace(' ', '-')}", *chains[chain])
    assert await stir.verdict(identity(chains[chain][0].key, url)) == f"failed: {why}"


@pytest.mark.parametrize(
    "spans", [[(CALLER[1:], 1)], [("1", 1), ("442079460000", 100)], [("442079459990", 100)]]
)
async def test_a_certificate_for_numbers_signs_for_those(stir: Stir, spans: list[tuple[str, int]]) -> None:
    leaf = issue("numbers", stir.authority, tn_auth_list=numbers(*spans), critical=True)
    url = stir.put(f"/numbers-{spans[-1][0]}", leaf, stir.authority)
    assert await stir.verdict(identity(leaf.key, url)) == "A"


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (Answer(b"x" * 100_000), "the certificate is too large"),
        (Answer(b"hello"), "what x5u gives is no certificate"),
        (Answer(b"", 404), "the server of the certificate answers 404"),
        (Answer(b"", 302, {"Location": "https://127.0.0.1:1/"}), "the server of the certificate answers 302"),
        (Answer(b"hello", headers={"Content-Length": "4000"}), "the certificate cannot be fetched"),
    ],
    ids=["huge", "no certificate", "not there", "a redirect", "cut off"],
)
async def test_an_answer_that_is_no_certificate_is_not_believed(stir: Stir, answer: Answer, why: str) -> None:
    stir.server.answers["/bad"] = answer
    assert (await stir.verdict(stir.sign("/bad"))).startswith(f"failed: {why}")


async def test_a_call_waits_no_longer_than_its_patience_and_the_next_one_not_at_all(stir: Stir) -> None:
    stir.put("/slow", stir.signer, stir.authority, slow_s=0.5)
    vouching = stir.vouching(patience="100ms")
    info = replace(INFO, signalled=Signalled(identity=(stir.sign("/slow"),)))
    watch = Stopwatch()
    assert await vouching.verdict(info) == "failed: no certificate within 0.1 s"
    assert watch.own_s < 0.3
    await asyncio.sleep(0.7)
    assert await vouching.verdict(info) == "A"
    assert stir.server.asked.count("/slow") == 1


@pytest.mark.parametrize(
    "x5u",
    [
        "https://evil.example/cert.pem",
        "http://127.0.0.1:{port}/signer",
        "https://127.0.0.1:{port}@evil.example/",
        "https://evil.example/?127.0.0.1:{port}",
        "https://127.0.0.1:1/signer",
        "file:///etc/passwd",
        "https://[",
        "",
    ],
)
async def test_nobody_is_asked_but_the_hosts_that_are_configured(stir: Stir, x5u: str) -> None:
    field = identity(stir.signer.key, x5u.format(port=stir.server.port))
    assert (await stir.verdict(field)).startswith("failed: ")


async def test_a_server_that_nobody_vouches_for_is_not_believed(stir: Stir) -> None:
    settings = Identity(roots_file=stir.folder / "roots.pem", hosts=(stir.server.host,))
    vouching = Vouching(settings)  # by the system's authorities
    verdict = await vouching.verdict(replace(INFO, signalled=Signalled(identity=(stir.sign(),))))
    assert verdict == "failed: the certificate cannot be fetched (SSLCertVerificationError)"


async def test_a_certificate_is_kept_for_as_long_as_its_server_says(stir: Stir) -> None:
    now = [0.0]
    stir.put("/kept", stir.signer, stir.authority, headers={"Cache-Control": "public, max-age=120"})
    vouching = stir.vouching()
    vouching._fetcher._clock = lambda: now[0]
    info = replace(INFO, signalled=Signalled(identity=(stir.sign("/kept"),)))
    for at, asked in ((0, 1), (119, 1), (121, 2)):
        now[0] = at
        assert await vouching.verdict(info) == "A"
        assert stir.server.asked.count("/kept") == asked


async def test_many_calls_at_once_ask_once(stir: Stir) -> None:
    stir.put("/crowd", stir.signer, stir.authority, slow_s=0.1)
    vouching = stir.vouching()
    info = replace(INFO, signalled=Signalled(identity=(stir.sign("/crowd"),)))
    assert await asyncio.gather(*(vouching.verdict(info) for _ in range(50))) == ["A"] * 50
    assert stir.server.asked.count("/crowd") == 1


async def test_numbers_are_compared_as_the_trunk_makes_them(stir: Stir) -> None:
    """National numbers, and the one that the trunk asserts: that is who the dialplan is told calls."""
    settings = Identity(roots_file=stir.folder / "roots.pem", hosts=(stir.server.host,))
    vouching = Vouching(settings, lambda name: TRUNK, tls=stir.tls)
    national = replace(INFO, trunk="main", from_uri="sip:02079460000@host", to_uri="sip:02079460001@host")
    signed = (stir.sign(),)
    assert await vouching.verdict(replace(national, signalled=Signalled(identity=signed))) == "A"
    withheld = replace(national, from_uri="sip:anonymous@anonymous.invalid")
    signalled = Signalled(f"sip:{CALLER}@host", private=True, identity=signed)
    assert await vouching.verdict(replace(withheld, signalled=signalled)) == "A"
    other = Signalled("sip:+442079460009@host", identity=signed)
    assert await vouching.verdict(replace(national, signalled=other)) == "failed: orig is not who calls"


def test_roots_that_cannot_be_read_are_told(stir: Stir) -> None:
    with pytest.raises(SoftswitchError, match=r"identity.roots_file: .* is not read"):
        stir.vouching(roots_file=stir.folder / "nothing.pem")
    (stir.folder / "empty.pem").write_text("hello")
    with pytest.raises(SoftswitchError, match="holds no certificate"):
        stir.vouching(roots_file=stir.folder / "empty.pem")
