"""Replays: a small trace with known outcomes, on a clock that jumps; the bundled month; masked records."""

import asyncio
import json
import time
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from xml.etree import ElementTree

import pytest
from click.testing import CliRunner

from softswitch.cli.root import softswitch
from softswitch.dialplan import loader
from softswitch.dialplan.plan import Plan
from softswitch.errors import SoftswitchError
from softswitch.events import CallInfo
from softswitch.news import CallStarted, TurnFinished
from softswitch.replay import comparing, plot, records, trace
from softswitch.replay.both import replay_both
from softswitch.replay.bundled import FOLDER, MONTH, NOBODY
from softswitch.replay.comparing import Prices
from softswitch.replay.model import Script
from softswitch.replay.scripted_llm import Answer
from softswitch.replay.skipping import SkippingLoop
from softswitch.replay.trace import Asked, Call, Pair, Trace, Turn
from softswitch.store import migrate
from softswitch.store.apply import apply
from softswitch.store.engine import transaction

ROSES = Answer("", "Roses are here all year.", "plan")
MINE = Answer("", "Your order is for {order_day}.", "caller", ("order_day",))


@pytest.fixture(scope="module")
def plan() -> Plan:
    return loader.load(FOLDER, NOBODY)


def silent(what: str, done: int, total: int) -> None:
    pass


def small(*calls: Call, pairs: tuple[Pair, ...] = ()) -> Trace:
    answers = {"roses": (ROSES,), "mine": (MINE,), "on": (Answer("", "Yes.", "call"),)}
    return Trace(datetime(2026, 2, 2), answers, calls, pairs)


def test_the_clock_jumps_over_what_is_waited_for_and_nothing_else() -> None:
    with asyncio.Runner(loop_factory=SkippingLoop) as runner:
        began, loop = time.monotonic(), runner.get_loop()
        on_the_clock = loop.time()
        runner.run(asyncio.sleep(3600))
        assert time.monotonic() - began < 1
        assert 3600 <= loop.time() - on_the_clock < 3601


def test_repeats_are_remembered_and_the_first_is_thought(plan: Plan) -> None:
    asks = (Turn("do you have roses", "roses"),)
    calls = [Call(100.0 * number, f"+4477009000{number:02}", asks) for number in range(5)]
    done = replay_both(plan, small(*calls), None, silent)
    assert [took.how for took in done.without.took] == ["thought"] * 5
    assert [took.how for took in done.remembering.took] == ["thought"] + ["remembered"] * 4
    assert (done.without.requests, done.remembering.requests) == (5, 1)
    assert done.without.took[0].first_audio > 0.1 > done.remembering.took[1].first_audio
    comparison = comparing.compare(done.without, done.remembering, Prices(1.0, 2.0))
    assert comparison.saved_tokens == pytest.approx(0.8, abs=0.01)
    assert comparison.remembering.cost and comparison.without.cost
    assert ElementTree.fromstring(plot.text(done.without, done.remembering, "a & b")).tag.endswith("svg")


def test_a_burst_of_one_question_is_one_request(plan: Plan) -> None:
    asks = (Turn("do you have roses", "roses"),)
    calls = [Call(10.0, f"+4477009000{number:02}", asks) for number in range(8)]
    done = replay_both(plan, small(*calls), None, silent)
    assert done.remembering.requests == 1
    assert sorted(took.how for took in done.remembering.took) == ["shared"] * 7 + ["thought"]


def test_answers_expire_on_the_traces_clock(plan: Plan) -> None:
    calls = [Call(86_400.0 * day, "+441", (Turn("do you have roses", "roses"),)) for day in (0, 29, 31)]
    done = replay_both(plan, small(*calls), None, silent)
    assert [took.how for took in done.remembering.took] == ["thought", "remembered", "thought"]


def test_what_follows_something_is_answered_from_what_was_said_before(plan: Plan) -> None:
    turns = (Turn("do you have roses", "roses"), Turn("what colours", "on", follows=True))
    done = replay_both(plan, small(Call(0, "+441", turns), Call(60, "+442", turns)), None, silent)
    assert [took.how for took in done.remembering.took] == ["thought", "thought", "remembered", "thought"]
    assert {took.outcome for took in done.remembering.took} == {"answered"}


def test_a_pair_whose_second_question_is_taken_for_the_first_is_found(plan: Plan) -> None:
    alike = Pair("words", Asked("do you have roses", "roses"), Asked("hello do you have roses", "on"))
    other = Pair("caller", Asked("is my day set", "mine", "+441572800001", {"order_day": "Monday"}),
                 Asked("is my day set", "mine", "+441572800002", {"order_day": "Friday"}))  # fmt: skip
    reused = replay_both(plan, small(pairs=(alike, other)), None, silent).reused
    assert reused and (reused.pairs, reused.kept, reused.wrong) == (2, 2, (alike,))


def test_words_that_mean_two_things_mean_neither() -> None:
    calls = [Call(0, "", (Turn("roses", name),)) for name in ("roses", "on")]
    assert not Script(small(*calls)).answer("roses", "", {}).knows


def test_a_trace_is_read_as_it_was_written_and_a_wrong_line_is_named(tmp_path: Path) -> None:
    given = trace.read(MONTH)
    assert (len(given.calls), len(given.pairs)) == (2000, 1000)
    trace.write(tmp_path / "again.jsonl", given)
    assert trace.read(tmp_path / "again.jsonl") == given
    (tmp_path / "wrong.jsonl").write_text('{"begins": "2026-02-01", "notes": {}}\n{"call": {"at": 1}}\n')
    with pytest.raises(SoftswitchError, match=r"wrong\.jsonl:2:"):
        trace.read(tmp_path / "wrong.jsonl")


def test_words_of_which_the_ear_was_not_sure_at_all_stay_so(tmp_path: Path) -> None:
    given = Trace(datetime(2026, 2, 1), calls=(Call(0.0, "", (Turn("hm", sure=0.0),)),))
    trace.write(tmp_path / "unsure.jsonl", given)
    assert trace.read(tmp_path / "unsure.jsonl") == given


def test_a_damaged_trace_is_told(tmp_path: Path) -> None:
    whole = MONTH.read_bytes()
    (tmp_path / "damaged.gz").write_bytes(whole[:2000] + bytes(200) + whole[2200:])
    with pytest.raises(SoftswitchError, match="expected a trace as JSON lines"):
        trace.read(tmp_path / "damaged.gz")


def test_the_bundled_month_reuses_no_answer_wrongly(plan: Plan) -> None:
    given = trace.read(MONTH)
    some = replace(given, calls=given.calls[:60], pairs=given.pairs[::10])
    done = replay_both(plan, some, None, silent)
    assert done.reused and done.reused.wrong == ()
    assert sum(took.wrong for took in done.remembering.took) == 0


def test_the_command_prints_a_table_and_draws(tmp_path: Path) -> None:
    drawn = tmp_path / "month.svg"
    words = ["replay", "--calls", "20", "--prices", "1,2", "--plot", str(drawn), "--json"]
    ran = CliRunner().invoke(softswitch, words)
    assert ran.exit_code == 0, ran.output
    told = json.loads(ran.stdout)
    assert told["pairs"]["pairs"] == 20
    assert told["remembering"]["requests"] <= told["without"]["requests"]
    assert drawn.read_text().startswith("<svg")
    wrong = CliRunner().invoke(softswitch, ["replay", "--llm", "nobody"])
    assert isinstance(wrong.exception, SoftswitchError)


def test_records_become_a_trace_without_the_numbers_that_were_said(plan: Plan, tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/records.sqlite"
    migrate.upgrade(url)
    call, spoken = "a" * 32, ("my number is one zero three four", "do you have roses", "one zero three four")
    info = CallInfo(call, "x", "sip:+447700900123@host", "sip:desk@host", "192.0.2.1:5060", 1000.0)
    with transaction(url, writes=True) as connection:
        apply(connection, CallStarted(info, plan.name, plan.version, 1000.0))
        for number, heard in enumerate(spoken, 1):
            said = "Roses are here." if "roses" in heard else "Fine."
            turn = TurnFinished(
                call, number, "more", "speech", heard, 0.9, "", said, 1.0, 1.0, said, 1001.0 + number, {}
            )
            apply(connection, turn)
    found = records.trace(url, plan)
    (one,) = found.calls
    assert one.caller.startswith("+999") and "7700900123" not in one.caller
    first, roses, again = (turn.heard for turn in one.turns)
    assert roses == "do you have roses"
    assert first == f"my number is {again}" and again != "one zero three four" and len(again.split()) == 4
    assert found.answers[one.turns[1].answer][0].text == "Roses are here."
    with pytest.raises(SoftswitchError, match="no calls"):
        records.trace(url, loader.load(loader.resolve("reception"), NOBODY))
