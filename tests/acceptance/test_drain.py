"""A node that is drained: no new calls, those up go on and end in their own time, and then it stops."""

import json
import os
import re
import signal
import subprocess
import sys
import time

from conftest import StartNode
from node import Node, wait_for
from rawsip import Phone
from stopwatch import Stopwatch

from softswitch.events import EndedBy


def drain(node: Node, *options: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "softswitch", *node.command[1:-1], "drain", *options]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def has_stopped(node: Node, drained: subprocess.Popen[str]) -> str:
    """What the command said, once the node is gone."""
    said, _ = drained.communicate(timeout=20)
    assert drained.returncode == 0, node.log
    assert node.stop() == 0
    return said


def test_calls_that_are_up_go_on_and_new_ones_are_sent_elsewhere(start_node: StartNode):
    node = start_node("drain_limit=60s")
    with Phone(node.sip_port) as caller, Phone(node.sip_port) as late:
        assert caller.invite() == 200
        drained = drain(node)
        wait_for(lambda: node.http("/readyz") == 503, "the node says that it is not ready for more")
        late.ring()
        refusal = late.final()
        assert refusal.startswith("SIP/2.0 503")
        assert re.search(r"^Retry-After: \d+", refusal, re.M)
        assert caller.hears()
        assert drained.poll() is None
        caller.bye()
        said = has_stopped(node, drained)
    assert said.startswith("1 calls up, which may go on for ")
    assert "the node has stopped after" in said
    assert [call.ended_by for call in node.calls()] == [EndedBy.CALLER]


def test_a_call_that_does_not_end_is_ended_at_the_limit(start_node: StartNode):
    node = start_node("drain_limit=1s")
    with Phone(node.sip_port) as caller:
        assert caller.invite() == 200
        began = time.monotonic()
        said = json.loads(has_stopped(node, drain(node, "--json")))
        assert time.monotonic() - began > 1
    assert said["calls_up"] == 1
    assert said["seconds"] >= 1
    assert [call.ended_by for call in node.calls()] == [EndedBy.NODE]


def test_a_second_signal_does_not_wait(start_node: StartNode):
    node = start_node("drain_limit=60s")
    with Phone(node.sip_port) as caller:
        assert caller.invite() == 200
        os.kill(node.pid, signal.SIGTERM)
        wait_for(lambda: node.http("/readyz") == 503, "the node drains")
        watch = Stopwatch()
        has_stopped(node, drain(node, "--now"))
        assert watch.own_s < 10
    assert [call.ended_by for call in node.calls()] == [EndedBy.NODE]


def test_control_that_dies_while_draining_takes_its_caller_up_again(start_node: StartNode):
    node = start_node("drain_limit=60s")
    with Phone(node.sip_port) as caller:
        assert caller.invite() == 200
        drained = drain(node)
        wait_for(lambda: node.http("/readyz") == 503, "the node drains")
        node.kill_control()
        node.wait_for_turn(via="resume")
        caller.bye()
        has_stopped(node, drained)
    assert [call.ended_by for call in node.calls()] == [EndedBy.CALLER]


def test_a_node_without_calls_stops_at_once(start_node: StartNode):
    node = start_node("drain_limit=60s")
    watch = Stopwatch()
    assert has_stopped(node, drain(node)).startswith("0 calls up\n")
    assert watch.own_s < 10
