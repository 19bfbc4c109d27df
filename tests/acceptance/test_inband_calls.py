"""A whole node and a phone that knows only audio: its keys are tones, and how it sounded is recorded."""

import numpy as np
import pytest
from far_end import tone
from node import Node
from sipp import Sipp

KEY = tone(697, 0.1) + tone(1336, 0.1)
"""The key 2."""


@pytest.mark.slow
def test_keys_that_are_only_tones_are_taken_and_the_calls_quality_is_recorded(node: Node) -> None:
    tones = np.concatenate([np.zeros(800), KEY, np.zeros(4000)])
    with Sipp("inband", node.sip_port, tones=tones, last_ms=2000) as phone:
        turn = node.wait_for_turn(via="dtmf", heard="2").turns[-1]
        assert turn.said.startswith("You find us at twelve Green Street")
        phone.wait()
    (call,) = node.wait_for_calls(1)
    assert call.packets_received >= 20
    assert 4.2 < call.mos < 4.5
