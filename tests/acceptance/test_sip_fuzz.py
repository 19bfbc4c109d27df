"""Mutated SIP messages and SDP bodies, always the same ones, beside a call that must not notice.

`scripts/bench trunks` sends 100,000 of them.
"""

from pathlib import Path

import pytest
from figures import hostile
from node import Node, wait_for
from rawsip import Phone

MESSAGES = 10_000
PER_SECOND = 1500.0


@pytest.mark.slow
def test_a_call_does_not_notice_thousands_of_mutated_messages(prompts: Path, tmp_path: Path) -> None:
    node = Node(tmp_path, prompts, "media.max_calls=20", "media.setups_per_second=20")
    with node, Phone(node.sip_port) as phone:
        assert phone.invite() == 200
        gateway, control = node.gateway_pid, node.control_pid
        assert hostile.send(hostile.mutations(MESSAGES), node.sip_port, PER_SECOND) == MESSAGES
        assert (node.gateway_pid, node.control_pid) == (gateway, control), node.log
        assert phone.hears()
        phone.bye()
        wait_for(
            lambda: [call for call in node.calls() if call.sip_call_id == phone.call_id and call.ended_at],
            "the call is recorded",
        )
        (call,) = (call for call in node.calls() if call.sip_call_id == phone.call_id)
        assert (call.ended_by, call.cause) == ("caller", 16)
        assert "Traceback" not in node.log
        assert node.http("/readyz") == 200


def test_the_mutations_are_the_same_each_time() -> None:
    assert list(hostile.mutations(50)) == list(hostile.mutations(50))
    assert list(hostile.mutations(50, seed=1)) != list(hostile.mutations(50, seed=2))
