"""What dies comes back: SIGKILL to each process, to all of them, and a control process that hangs."""

import os
import shutil
import signal
import time
from pathlib import Path

import pytest
from node import Node, wait_for
from sipp import RtpSink, Sipp
from stopwatch import Stopwatch

from softswitch.config import bundled
from softswitch.events import Cause, EndedBy

DEAD_AIR_S = 2.0
"""The silence between two prompts and the start of the holding line lie well below."""


def restarts(node: Node, process: str) -> float:
    return node.metrics()[f'softswitch_restarts_total{{process="{process}"}}']


@pytest.mark.slow
def test_a_call_outlives_the_death_of_control_without_dead_air_and_goes_on_at_its_step(node: Node):
    with RtpSink() as sink, Sipp("call", node.sip_port, rtp_port=sink.port, last_ms=8000) as sipp:
        (call,) = node.wait_for_calls(1, live=True)
        wait_for(lambda: sink.loud > 20, "the greeting is heard")
        gateway, control = node.gateway_pid, node.control_pid
        killed_at, of_day, watch = time.monotonic(), time.time(), Stopwatch()
        node.kill_control()
        resumed = node.wait_for_turn(via="resume").turns[-1]
        assert sink.longest_silence(killed_at) < DEAD_AIR_S + watch.withheld_s
        assert resumed.at - of_day < 3 + watch.withheld_s, f"taken up again after {resumed.at - of_day:.1f} s"
        sipp.wait()
    assert resumed.said.startswith("Sorry, we were cut off")
    assert node.gateway_pid == gateway
    assert node.control_pid != control
    (record,) = node.wait_for_calls(1)
    assert (record.call_id, record.ended_by, record.cause) == (call.call_id, EndedBy.CALLER, 16)
    numbers = [turn.number for turn in node.history().turns]
    assert numbers == sorted(set(numbers))
    assert restarts(node, "control") == 1


@pytest.mark.slow
def test_the_step_that_was_reached_is_where_a_call_goes_on(node: Node):
    with Sipp("press_1", node.sip_port, last_ms=12_000) as sipp:
        node.wait_for_turn(via="start")
        wait_for(lambda: node.history().call.step == "anything_else", "the key is taken")
        node.kill_control()
        resumed = node.wait_for_turn(via="resume").turns[-1]
        sipp.wait()
    assert resumed.step == "anything_else"
    assert "What else can I do for you" in resumed.said


@pytest.mark.slow
def test_while_control_hangs_callers_hear_the_line_and_it_takes_them_up_when_it_moves_again(node: Node):
    with RtpSink() as sink, Sipp("call", node.sip_port, rtp_port=sink.port, last_ms=14_000) as sipp:
        node.wait_for_turn(via="start")  # said and heard; from here on there is silence
        heard, control = sink.loud, node.control_pid
        os.kill(control, signal.SIGSTOP)
        try:
            wait_for(lambda: sink.loud - heard > 50, "the holding line is heard")
            Sipp("call", node.sip_port, last_ms=500).wait()  # new calls are held with the line, too
        finally:
            os.kill(control, signal.SIGCONT)
        resumed = wait_for(
            lambda: any(
                turn.via == "resume" for call in node.calls() for turn in node.history(call.call_id).turns
            ),
            "the call is taken up again",
        )
        sipp.wait()
    assert resumed
    assert node.control_pid == control
    assert [call.ended_by for call in node.wait_for_calls(1)][-1] == EndedBy.CALLER


@pytest.mark.slow
def test_a_gateway_that_dies_is_back_at_once_and_its_calls_are_closed(node: Node):
    with Sipp("call", node.sip_port, calls=2, last_ms=60_000):
        node.wait_for_calls(2, live=True)
        gateway = node.gateway_pid
        watch = Stopwatch()
        node.kill_gateway()
        closed = node.wait_for_calls(2)
        wait_for(
            lambda: node.http("/readyz") == 200 and restarts(node, "gateway") == 1, "the gateway is back"
        )
        assert watch.own_s < 3, f"back after {watch.passed_s:.1f} s"
    assert node.gateway_pid != gateway
    assert [(call.ended_by, call.cause) for call in closed] == [
        (EndedBy.FAILURE, Cause.NETWORK_OUT_OF_ORDER)
    ] * 2
    Sipp("call", node.sip_port, last_ms=300).wait()
    assert node.wait_for_calls(3)[0].ended_by == EndedBy.CALLER


@pytest.mark.slow
def test_after_the_death_of_everything_the_next_start_closes_what_was_up(node: Node):
    with Sipp("call", node.sip_port, last_ms=60_000):
        (call,) = node.wait_for_calls(1, live=True)
        node.kill_all()
        assert [left.call_id for left in node.calls(live=True)] == [call.call_id]
        node.start()
        (closed,) = node.wait_for_calls(1)
    assert (closed.ended_by, closed.cause) == (EndedBy.FAILURE, Cause.NETWORK_OUT_OF_ORDER)
    assert closed.reason == "node died"
    Sipp("call", node.sip_port, last_ms=300).wait()


@pytest.mark.slow
def test_a_supervisor_that_dies_takes_its_processes_with_it_so_that_the_next_can_start(node: Node):
    with Sipp("call", node.sip_port, last_ms=60_000):
        node.wait_for_calls(1, live=True)
        os.kill(node.pid, signal.SIGKILL)
        wait_for(lambda: node.http("/healthz") == 0, "control is gone")
        node.start()
        (closed,) = node.wait_for_calls(1)
    assert closed.ended_at


@pytest.mark.slow
def test_a_node_that_is_told_to_stop_ends_its_calls_and_says_so_in_the_records(node: Node):
    with RtpSink() as sink, Sipp("call", node.sip_port, rtp_port=sink.port, last_ms=60_000):
        node.wait_for_calls(1, live=True)
        assert node.stop() == 0
        (call,) = node.wait_for_calls(1)
    assert call.ended_by == EndedBy.NODE
    assert [turn.via for turn in node.history().turns] == ["start"]


@pytest.mark.slow
def test_a_plan_that_is_broken_on_disk_does_not_hurt_a_node_that_runs_it(start_node, tmp_path: Path):
    plan = shutil.copytree(bundled("dialplans") / "reception", tmp_path / "shop")
    node = start_node(f"dialplan={plan}")
    (plan / "plan.yaml").write_text("start: [nowhere\n")
    with Sipp("call", node.sip_port, last_ms=8000) as sipp:
        node.wait_for_calls(1, live=True)
        node.kill_control()
        assert node.wait_for_turn(via="resume").call.plan == "reception"
        sipp.wait()
