"""A whole node and a phone that knows only audio: its keys are tones, and how it sounded is recorded."""

import numpy as np
import pytest
from far_end import FarEnd, tone
from node import Node, wait_for


@pytest.mark.slow
def test_keys_that_are_only_tones_are_taken_and_the_calls_quality_is_recorded(node: Node) -> None:
    with FarEnd() as far:
        far.dial(node.sip_port, sdp=far.description(events=False))
        far.answered()
        wait_for(lambda: far.sound.loud > 20, "the greeting is heard")
        far.sound.send(np.concatenate([np.zeros(800), tone(697, 0.1) + tone(1336, 0.1), np.zeros(2400)]))
        turn = node.wait_for_turn(via="dtmf", heard="2").turns[-1]
        assert turn.said.startswith("You find us at twelve Green Street")
        far.request("BYE")
        far.next("SIP/2.0 200")
    (call,) = node.wait_for_calls(1)
    assert call.packets_received >= 20
    assert 4.2 < call.mos < 4.5
