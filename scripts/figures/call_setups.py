"""How many calls per second a node sets up without a fault; and with many trunks, each call checked."""

import json
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from figures import stir
from figures.figure import Measurement, Spec, Workshop
from figures.node import Node
from figures.sipp import Crowd, Outcome

RATES = (50, 100, 125, 150, 175, 200, 250, 300)
RUN_S = 10.0
CALL_S = 1.0
MAX_CALLS = 600
TRUNKS = 200
UNLIMITED = (f"media.max_calls={MAX_CALLS}", "media.setups_per_second=1000")
BELIEVED = 'softswitch_identities_total{verdict="A"}'
TRUSTED = "SSL_CERT_FILE"
"""The variable by which OpenSSL is told whom the system trusts."""


def setups(workshop: Workshop) -> Sequence[float]:
    """The highest rate before the first at which a call failed or SIPp got what it did not expect.

    0 when there was none. One node takes all rates, and takes them without its own limit on set-ups.
    """
    with Node(workshop, "turns", *UNLIMITED) as node:
        return (_highest(workshop, lambda rate: at_rate(workshop, node, rate)),)


def checked(workshop: Workshop) -> Sequence[float]:
    """The same with every check that a call may have to pass: it is of one trunk among many, with limits,
    its number is asserted and rewritten, and signed by a provider whose certificate leads to a root.
    """
    root, web = stir.issue("root", ca=True), stir.issue("web", ca=True)
    signer = stir.issue("signer", root, tn_auth_list=stir.SPC)
    roots = workshop.folder / "stir-roots.pem"
    roots.write_bytes(root.pem)
    with stir.serving(workshop.folder, web) as server, _trusting(workshop.folder, web):
        server.answers["/"] = stir.Answer(signer.pem)
        settings = (f"trunks_file={_file(workshop.folder)}", "sip.allow=192.0.2.0/24")
        vouching = (f"identity.roots_file={roots}", f"identity.hosts={server.host}")
        with Node(workshop, "turns", *UNLIMITED, *settings, *vouching) as node:

            def vouched(rate: float) -> Outcome:
                signed = stir.identity(signer.key, server.url("/"))
                more = {"identity": signed, "caller": stir.CALLER, "called": stir.CALLED}
                before = node.metrics()[BELIEVED]
                outcome = at_rate(workshop, node, rate, "vouched", more)
                missing = outcome.succeeded - round(node.metrics()[BELIEVED] - before)
                if not missing:
                    return outcome
                # The gateway answers by itself what control is late for.
                return replace(outcome, refused=f"{missing} callers had no verdict")

            return (_highest(workshop, vouched),)


def _highest(workshop: Workshop, at: Callable[[float], Outcome]) -> float:
    highest = 0.0
    for rate in RATES:
        outcome = at(rate)
        workshop.tell(
            f"{rate} set-ups/s: {outcome.succeeded} calls, {outcome.failed} failed, "
            f"{outcome.retransmissions} retransmissions"
        )
        if not outcome.clean:
            workshop.tell(outcome.refused[:200])
            break
        highest = rate
    return highest


@contextmanager
def _trusting(folder: Path, authority: stir.Signed) -> Iterator[None]:
    """Nodes that are started meanwhile trust it as their system does others."""
    path = folder / "web.pem"
    path.write_bytes(authority.pem)
    before = os.environ.get(TRUSTED)
    os.environ[TRUSTED] = str(path)
    try:
        yield
    finally:
        if before is None:
            del os.environ[TRUSTED]
        else:
            os.environ[TRUSTED] = before


def at_rate(
    workshop: Workshop, node: Node, rate: float, scenario: str = "", more: Mapping[str, str] | None = None
) -> Outcome:
    """10 s of calls that are answered with the greeting and last a second."""
    calls = round(rate * RUN_S)
    crowd = Crowd(workshop, node, calls=calls, rate=rate, seconds=CALL_S, scenario=scenario, more=more)
    crowd.start()
    try:
        return crowd.wait()
    finally:
        crowd.stop()


def _file(folder: Path) -> Path:
    """The callers' trunk, with limits, believed and numbers rewritten, among many others."""
    callers: dict[str, object] = {
        "allow": "127.0.0.1/32",
        "limits": {"calls": MAX_CALLS, "calls_per_second": 1000},
        "numbers": {"country": "GB", "rewrite_in": [{"match": "0044(.*)", "to": "+44\\1"}]},
    }
    others: list[dict[str, object]] = [{"allow": f"198.51.{number}.0/24"} for number in range(TRUNKS - 1)]
    named = [{"name": f"trunk-{number}", "kind": "ip", **it} for number, it in enumerate([*others, callers])]
    path = folder / "trunks.yaml"
    path.write_text(json.dumps({"trunks": named}, indent=1))
    return path


SETUPS = Measurement(
    f"call set-ups per second, {RUN_S:g} s at each rate",
    (Spec("call set-ups, clean", "1/s", at_least=150),),
    setups,
)
CHECKED = Measurement(
    f"call set-ups per second with {TRUNKS} trunks and all checks on, {RUN_S:g} s at each rate",
    (Spec("call set-ups with trunks and all checks, clean", "1/s", at_least=150),),
    checked,
)
