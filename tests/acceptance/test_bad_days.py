"""Faults on purpose on a running node with real calls: every rung of the ladder, and no dead air."""

import json
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flower_shop import ANSWERS, FILES, HOURS, Shop, open_shop
from node import wait_for
from rawsip import Phone

from softswitch.store.queries import CallHistory

PLAN = """
variables: {weekday: {type: text}}
universal:
  on: {human: person}
human: sip:desk@127.0.0.1
filler: {after: 1s, say: One moment please.}
repair: {no_input: Hello?, no_match: Pardon?, then: person}
"""
FLOW = """
steps:
  start:
    say: Hello.
    listen:
      on: {opening_hours: asked, delivery: asked, day: told}
      dtmf: {"1": opening_hours, "2": delivery, "3": day}
  asked:
    answer: {next: more, unknown: nobody}
  told:
    set: {weekday: "'a wonderful monday'"}
    next: telling
  telling:
    say: "Today is {weekday}."
    next: more
  more:
    say: Anything else?
    listen: {dtmf: {"9": closing}}
  nobody:
    say: I do not know that.
    next: more
  person:
    say: I will find somebody for you.
    transfer: {to: human, failed: closing}
  closing:
    say: Goodbye.
    hangup: yes
"""


class Suffering:
    """`with` a fault; afterwards `told` is what callers experienced."""

    def __init__(self, command: list[str]) -> None:
        self._command = command

    def __enter__(self) -> "Suffering":
        self._process = subprocess.Popen(
            self._command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        time.sleep(0.6)
        return self

    def __exit__(self, *_: object) -> None:
        out, err = self._process.communicate(timeout=60)
        assert self._process.returncode == 0, err
        self.told: dict[str, Any] = json.loads(out)


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory, prompts: Path) -> Iterator[Shop]:
    day = {"intents/day.yaml": "sentences: [which day]"}
    files = FILES | day | {"plan.yaml": ANSWERS + PLAN, "flows/main.yaml": FLOW}
    with open_shop(tmp_path_factory.mktemp("shop"), prompts, files, "chaos=yes") as shop:
        yield shop


def command(shop: Shop, *arguments: str) -> list[str]:
    return [*shop.node.command[:-1], *arguments]


def suffer(shop: Shop, *fault: str) -> Suffering:
    return Suffering(command(shop, "chaos", *fault, "--json"))


def rungs(history: CallHistory) -> list[str]:
    return [turn.rung for turn in history.turns]


@pytest.mark.slow
def test_every_rung_of_an_answer_is_in_the_record(shop: Shop) -> None:
    assert rungs(shop.ask("1", HOURS))[:2] == ["static", "thought"]
    wait_for(lambda: shop.node.metrics()["softswitch_answers_remembered"] == 1, "the answer is remembered")
    assert rungs(shop.ask("1", HOURS))[:2] == ["static", "remembered"]
    assert rungs(shop.ask("3", "wonderful"))[:2] == ["static", "composed"]


@pytest.mark.slow
def test_a_model_that_hangs_is_filled_and_given_up_without_dead_air(shop: Shop) -> None:
    with suffer(shop, "llm", "--hang", "--for", "8s") as day:
        history = shop.ask("2", "I do not know that.")
    assert rungs(history)[1:3] == ["unanswered", "static"]
    assert day.told["longest_silence_s"] <= 1.5
    assert day.told["fillers"] >= 1
    assert day.told["dropped"] == 0


@pytest.mark.slow
def test_a_voice_that_fails_leads_to_a_person(shop: Shop) -> None:
    with suffer(shop, "synthesiser", "--errors", "1", "--for", "7s") as day:
        history = shop.ask("3", "I will find somebody")
    assert ("unspoken", "static") in [(turn.via, turn.rung) for turn in history.turns]
    assert day.told["longest_silence_s"] <= 2.0
    assert day.told["dropped"] == 0


@pytest.mark.slow
def test_a_database_and_a_disk_that_fail_are_not_noticed_and_nothing_is_missing(shop: Shop) -> None:
    with suffer(shop, "sql", "--errors", "1", "--for", "6s") as day, Phone(shop.node.sip_port) as phone:
        assert phone.invite() == 200
        wait_for(lambda: shop.node.metrics()["softswitch_journal_events"] > 0, "the journal is written")
        phone.key("1")
        time.sleep(2.0)
        assert shop.node.metrics()["softswitch_database_away"] == 1
        phone.bye()
    assert day.told["longest_silence_s"] <= 1.5
    assert day.told["dropped"] == 0
    wait_for(lambda: shop.node.metrics()["softswitch_journal_events"] == 0, "the journal is read")
    wait_for(lambda: not shop.node.calls(live=True), "the call has ended")
    history = shop.node.history()
    assert rungs(history)[:2] == ["static", "remembered"]
    assert HOURS in history.turns[1].said


@pytest.mark.slow
def test_faults_are_refused_where_they_make_no_sense(shop: Shop) -> None:
    done = subprocess.run(
        command(shop, "chaos", "mqtt", "--disconnect"), capture_output=True, text=True, check=False
    )
    assert (done.returncode, "has no broker" in done.stderr) == (1, True)
