"""Faults on purpose on a running node with real calls: every rung of the ladder, and no dead air."""

import contextlib
import json
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from acting import Receiver
from figures import mosquitto
from flower_shop import ANSWERS, FILES, HOURS, Shop, open_shop
from node import wait_for
from rawsip import Phone
from stopwatch import Stopwatch

from softswitch.cli import call_audio
from softswitch.store.queries import CallHistory

PLAN = """
variables: {weekday: {type: text}}
actions: {find_price: {kind: lookup, arguments: [], result: weekday}}
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
      dtmf: {"1": opening_hours, "2": delivery, "3": day, "4": finding, "5": never_said}
  finding:
    lookup: {action: find_price, within: 1s, found: more, not_found: more, late: nobody}
  asked:
    answer: {next: more, unknown: nobody}
  told:
    set: {weekday: "'a wonderful monday'"}
    next: telling
  never_said:
    set: {weekday: "'a rainy tuesday'"}
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
    """`with` faults, each for so many seconds from its beginning; `told` is what callers experienced."""

    def __init__(self, command: list[str]) -> None:
        self._command = command

    def __enter__(self) -> "Suffering":
        self.process = subprocess.Popen(
            self._command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        return self

    def __exit__(self, *_: object) -> None:
        out, err = self.process.communicate(timeout=60)
        assert self.process.returncode == 0, err
        self.told: dict[str, Any] = json.loads(out)


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory, prompts: Path) -> Iterator[Shop]:
    day = {"intents/day.yaml": "sentences: [which day]"}
    files = FILES | day | {"plan.yaml": ANSWERS + PLAN, "flows/main.yaml": FLOW}
    folder = tmp_path_factory.mktemp("shop")
    actions = folder / "actions.yaml"
    with Receiver() as prices, mosquitto.broker() as port:
        actions.write_text(
            "hosts: 127.0.0.1\nlookups:\n"
            f"  find_price: {{kind: http, url: '{prices.url}', result: {{weekday: day}}}}\n"
        )
        settings = "chaos=yes", f"mqtt.url=mqtt://127.0.0.1:{port}", f"actions_file={actions}"
        with open_shop(folder, prompts, files, *settings) as shop:
            yield shop


def command(shop: Shop, *arguments: str) -> list[str]:
    return [*shop.node.command[:-1], *arguments]


@contextlib.contextmanager
def suffer(shop: Shop, *faults: str, seconds: float) -> Iterator[list[Suffering]]:
    """As on the command line; all at once."""
    before = shop.node.log.count("chaos: ")
    lasting = "--for", f"{seconds}s", "--json"
    with contextlib.ExitStack() as stack:
        found = [
            stack.enter_context(Suffering(command(shop, "chaos", *fault.split(), *lasting)))
            for fault in faults
        ]
        wait_for(lambda: shop.node.log.count("chaos: ") == before + len(faults), f"there is {faults}")
        yield found


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
    watch = Stopwatch()
    with suffer(shop, "llm --hang", seconds=7) as (day,):
        history = shop.ask("2", "I do not know that.")
    assert rungs(history)[1:3] == ["unanswered", "static"]
    assert day.told["longest_silence_s"] <= 1.5 + watch.withheld_s
    assert day.told["fillers"] >= 1
    assert day.told["dropped"] == 0


@pytest.mark.slow
def test_a_voice_that_fails_leads_to_a_person(shop: Shop) -> None:
    watch = Stopwatch()
    with suffer(shop, "synthesiser --errors 1", seconds=6) as (day,):
        history = shop.ask("5", "I will find somebody")
    assert ("unspoken", "static") in [(turn.via, turn.rung) for turn in history.turns]
    assert day.told["longest_silence_s"] <= 2.0 + watch.withheld_s
    assert day.told["dropped"] == 0


@pytest.mark.slow
def test_a_database_and_a_disk_that_fail_are_not_noticed_and_nothing_is_missing(shop: Shop) -> None:
    watch = Stopwatch()
    with suffer(shop, "sql --errors 1", seconds=5) as (day,), Phone(shop.node.sip_port) as phone:
        assert phone.invite() == 200
        wait_for(lambda: shop.node.metrics()["softswitch_journal_events"] > 0, "the journal is written")
        phone.key("1")
        time.sleep(2.0)
        assert shop.node.metrics()["softswitch_database_away"] == 1
        phone.bye()
    assert day.told["longest_silence_s"] <= 1.5 + watch.withheld_s
    assert day.told["dropped"] == 0
    wait_for(lambda: shop.node.metrics()["softswitch_journal_events"] == 0, "the journal is read")
    wait_for(lambda: not shop.node.calls(live=True), "the call has ended")
    history = shop.node.history()
    assert rungs(history)[:2] == ["static", "remembered"]
    assert HOURS in history.turns[1].said


@pytest.mark.slow
def test_all_else_that_can_go_wrong_does_so_at_once_and_is_over_in_time(shop: Shop) -> None:
    faults = ("integration find_price --errors 1", "recogniser --hang", "mqtt --disconnect", "disk --full")
    words, node = call_audio.voice("embedded")("opening hours"), shop.node
    watch = Stopwatch()
    steps = 'softswitch_steps_total{{step="{}"}}'.format
    with suffer(shop, *faults, "clock --jump -1h", seconds=8) as told, Phone(node.sip_port) as phone:
        began = time.time()
        assert phone.invite() == 200
        phone.key("4")
        wait_for(
            lambda: node.metrics().get(
                'softswitch_lookup_answers_total{lookup="find_price",result="failed"}'
            ),
            "it is late",
        )
        wait_for(lambda: node.metrics().get(steps("nobody")), "the lower rung")
        time.sleep(2.5)  # until that was heard
        phone.say(words + bytes(16_000))
        wait_for(
            lambda: node.metrics().get('softswitch_turns_total{matched="no",via="speech"}'),
            "he is asked again",
        )
        away = node.metrics()
        assert (away["softswitch_mqtt_connected"], away["softswitch_database_away"]) == (0, 1)
        phone.key("9")
        wait_for(lambda: node.metrics().get(steps("closing")), "keys work")
        phone.bye()
    assert max(each.told["longest_silence_s"] for each in told) <= 2.0 + watch.withheld_s
    assert sum(each.told["dropped"] for each in told) == 0
    assert all(8 <= each.told["seconds"] < 9 + watch.withheld_s for each in told)
    wait_for(lambda: node.metrics()["softswitch_mqtt_connected"], "the broker is back")
    wait_for(
        lambda: not node.calls(live=True) and not node.metrics()["softswitch_database_away"], "all is written"
    )
    turns = node.history().turns
    assert turns[0].at < began - 3000, "by the clock of that hour"
    assert [turn.via for turn in turns[2:5]] == ["action", "speech", "dtmf"]


@pytest.mark.slow
def test_processes_are_killed_when_asked_for_and_a_fault_ends_with_who_asked_for_it(shop: Shop) -> None:
    node = shop.node
    endless = Suffering(command(shop, "chaos", "llm", "--hang", "--for", "10m", "--json"))
    endless.__enter__()
    wait_for(lambda: "chaos: llm for 600 s" in node.log, "the model hangs")
    endless.process.kill()
    endless.process.communicate()
    wait_for(lambda: node.log.count("chaos: llm is over") == 2, "it answers again", 3.0)
    control, gateway = node.control_pid, node.gateway_pid
    done = subprocess.run(
        command(shop, "chaos", "control", "--kill"), capture_output=True, text=True, check=True
    )
    assert "control is back after" in done.stdout
    assert node.control_pid != control
    subprocess.run(
        command(shop, "chaos", "gateway", "--kill", "--for", "1s"), capture_output=True, check=True
    )
    assert node.gateway_pid != gateway
    wait_for(lambda: node.http("/readyz") == 200, "it takes calls again")
