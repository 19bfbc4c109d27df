"""A conversation over a network that loses, delays, reorders and doubles packets: understood all the same,
and told by the record.
"""

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from node import SOFTSWITCH, Node
from rtp_relay import CLEAR, RtpRelay, Weather

pytestmark = pytest.mark.quiet

SAID = ("where can i park", "where is my order", "one zero zero one", "goodbye")
INTENTS = ["", "parking", "order_status", "order_number", "goodbye"]


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory, prompts: Path) -> Iterator[Node]:
    with Node(tmp_path_factory.mktemp("bad-network"), prompts) as node:
        yield node
        print(node.log)


def converse(uri: str, *said: str) -> dict[str, Any]:
    script = [part for words in said for part in ("--barge-in-after", "1.5", "--say", words)]
    command = [str(SOFTSWITCH), "call", uri, "--json", *script]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    report: dict[str, Any] = json.loads(done.stdout)
    return report


@pytest.mark.slow
def test_a_caller_is_understood_over_a_bad_network_and_the_record_tells_of_it(node: Node) -> None:
    with RtpRelay(node.sip_port, CLEAR) as relay:
        converse(relay.uri, SAID[0], SAID[-1])
        assert relay.passed > 300
    clear = node.history()
    with RtpRelay(node.sip_port, Weather()) as relay:
        converse(relay.uri, *SAID)
        assert relay.lost > 20
        assert relay.doubled > 5
        assert relay.overtaken > 100
    bad = node.history()

    assert [turn.intent for turn in clear.turns] == ["", "parking", "goodbye"]
    assert [turn.intent for turn in bad.turns] == INTENTS
    assert clear.call.packets_lost == 0
    assert 0.01 < bad.call.packets_lost / (bad.call.packets_lost + bad.call.packets_received) < 0.1
    assert clear.call.jitter_ms < 8 < bad.call.jitter_ms < 60
    assert clear.call.round_trip_ms < 30 < bad.call.round_trip_ms < 200
    assert 1 < bad.call.mos < clear.call.mos - 0.2
    assert clear.call.mos > 4
