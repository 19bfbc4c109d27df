"""Dialplans are loaded anew while calls go on: each call ends in the version that it began with."""

import os
import signal
from collections.abc import Callable
from pathlib import Path

import pytest
from node import Node, wait_for
from small_plans import Calling, write

from softswitch import config, status
from softswitch.cli.reloading import reload
from softswitch.config import Config
from softswitch.errors import SoftswitchError

StartNode = Callable[..., Node]
STEPS = """
  hello:
    say: This is the {word} text. Press one.
    listen: {{dtmf: {{"1": more}}}}
  more:
    say: Still the {word} text.
    listen: {{dtmf: {{"1": bye}}}}
"""


def shop(folder: Path, word: str) -> Path:
    return write(folder, "name: shop\nstart: hello\n", STEPS.format(word=word))


def settings(node: Node) -> Config:
    return config.load(overrides=(f"data_dir={node.data_dir}",))


def said(node: Node, call_id: str) -> str:
    return " ".join(turn.said for turn in node.history(call_id).turns)


def versions(node: Node) -> set[str]:
    known = "softswitch_dialplan_info{"
    return {name.partition('version="')[2][:12] for name in node.metrics() if name.startswith(known)}


def call_up(node: Node) -> str:
    """The id of the one call that is up, once its greeting was said."""
    (call,) = node.wait_for_calls(1, live=True)
    wait_for(lambda: node.history(call.call_id).turns, "the greeting was heard")
    return call.call_id


@pytest.mark.slow
def test_a_call_in_progress_keeps_its_text_and_the_next_call_hears_the_new_one(
    start_node: StartNode, tmp_path: Path
) -> None:
    plan = shop(tmp_path / "shop", "first")
    node = start_node(f"dialplan={plan}")
    with Calling(node, "--wait", "8", "--dtmf", "1", "--wait", "2") as first:
        begun = call_up(node)
        shop(plan, "second")
        (told,) = reload(settings(node)).plans
        assert told.result == "active"
        assert versions(node) == {told.version, node.history(begun).call.plan_version}
        with Calling(node, "--dtmf", "1") as second:
            second.wait()
        first.wait()
    calls = {call.plan_version: said(node, call.call_id) for call in node.wait_for_calls(2)}
    old, new = calls.pop(node.history(begun).call.plan_version), calls.pop(told.version)
    assert "Still the first text." in old
    assert "second" not in old
    assert "This is the second text." in new
    assert "first" not in new
    wait_for(lambda: versions(node) == {told.version}, "the old version is let go")
    assert node.metrics()['softswitch_dialplan_reloads_total{result="active"}'] == 1


@pytest.mark.slow
def test_a_plan_that_does_not_check_is_refused_with_every_problem_and_the_old_one_stays(
    start_node: StartNode, tmp_path: Path
) -> None:
    plan = shop(tmp_path / "shop", "first")
    node = start_node(f"dialplan={plan}")
    (before,) = versions(node)
    flow = plan / "flows/main.yaml"
    flow.write_text(flow.read_text().replace("more}", "mroe}").replace("say: Still", "sya: Still"))
    (told,) = reload(settings(node)).plans
    assert (told.result, told.version) == ("refused", before)
    assert {Path(problem.file) for problem in told.problems} == {flow}
    for problem in told.problems:
        assert str(problem) in node.log
    with Calling(node, "--dtmf", "1") as call:
        call.wait()
    (heard,) = node.wait_for_calls(1)
    assert "Still the first text." in said(node, heard.call_id)
    metrics = node.metrics()
    assert metrics['softswitch_dialplan_reloads_total{result="refused"}'] == 1
    assert metrics['softswitch_dialplan_reloads_total{result="active"}'] == 0
    assert versions(node) == {before}


@pytest.mark.slow
def test_control_that_dies_takes_its_calls_up_in_the_versions_they_began_with(
    start_node: StartNode, tmp_path: Path
) -> None:
    plan = shop(tmp_path / "shop", "first")
    node = start_node(f"dialplan={plan}")
    with Calling(node, "--wait", "25", "--dtmf", "1", "--wait", "2") as first:
        begun = call_up(node)
        shop(plan, "second")
        (told,) = reload(settings(node)).plans
        (plan / "plan.yaml").write_text("broken: [\n")  # nor does it read the author's files
        node.kill_control()
        wait_for(lambda: "resume" in [t.via for t in node.history(begun).turns], "it is taken up again", 25)
        with Calling(node, "--dtmf", "1") as second:
            second.wait()
        first.wait()
    old = node.history(begun)
    assert "This is the first text." in old.turns[-1].said or "Still the first text." in said(node, begun)
    assert "second" not in said(node, begun)
    (new,) = [call for call in node.wait_for_calls(2) if call.call_id != begun]
    assert new.plan_version == told.version != old.call.plan_version
    assert "This is the second text." in said(node, new.call_id)


@pytest.mark.slow
def test_only_versions_that_run_are_kept_on_disk(start_node: StartNode, tmp_path: Path) -> None:
    plan = shop(tmp_path / "shop", "first")
    node = start_node(f"dialplan={plan}")
    kept = node.data_dir / "run/plans/shop"
    for word in ("second", "third", "fourth"):
        shop(plan, word)
        (told,) = reload(settings(node)).plans
        wait_for(
            lambda only=told.version: [folder.name for folder in kept.iterdir()] == [only],
            "what does not run any more is gone",
        )
    assert "fourth" in (kept / told.version / "flows/main.yaml").read_text()


@pytest.mark.slow
def test_a_hangup_signal_to_the_node_is_enough(start_node: StartNode, tmp_path: Path) -> None:
    plan = shop(tmp_path / "shop", "first")
    node = start_node(f"dialplan={plan}")
    before = versions(node)
    shop(plan, "second")
    os.kill(node.pid, signal.SIGHUP)
    wait_for(lambda: versions(node) != before, "the new version takes calls")


@pytest.mark.slow
def test_files_that_change_are_loaded_where_they_are_watched(start_node: StartNode, tmp_path: Path) -> None:
    plan = shop(tmp_path / "shop", "first")
    node = start_node(f"dialplan={plan}", "dialplan_watch=yes")
    before = versions(node)
    shop(plan, "second")
    wait_for(lambda: versions(node) != before, "the new version takes calls")
    before = versions(node)
    (plan / "plan.yaml").write_text("broken: [\n")
    refused = 'softswitch_dialplan_reloads_total{result="refused"}'
    wait_for(lambda: node.metrics()[refused] == 1, "the broken version is refused")
    assert versions(node) == before


def test_without_a_node_there_is_nobody_to_ask(tmp_path: Path) -> None:
    with pytest.raises(SoftswitchError, match=r"no node is running with .*softswitch serve"):
        reload(config.load(overrides=(f"data_dir={tmp_path}",)))


@pytest.mark.slow
def test_a_node_that_does_not_answer_is_told_of_in_time(start_node: StartNode, tmp_path: Path) -> None:
    node = start_node()
    control = node.control_pid
    os.kill(control, signal.SIGSTOP)
    try:
        with pytest.raises(SoftswitchError, match=r"not begun to load its dialplans within 0\.5 s"):
            reload(settings(node), patience=0.5)
    finally:
        os.kill(control, signal.SIGCONT)
    known = status.read(settings(node).run_dir)
    assert known
    assert not known.refused
