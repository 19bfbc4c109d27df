"""Remembered answers are audio before anybody asks again, like a dialplan's own text."""

import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from plan_text import plan_of
from speech_parts import pool, synthesizer

from softswitch.answer.remembering import Remembered
from softswitch.app.answering.rehearsing import Rehearsal
from softswitch.events import Say
from softswitch.speech.pool import SpeechPool
from softswitch.speech.prompts import PromptCache
from softswitch.speech.synthesizer import PiperSynthesizer
from softswitch.speech.voices import PlanVoice

__all__ = ["pool", "synthesizer"]

PLAN = """
plan:
  name: shop
  answers: {instructions: You are a shop.%s}
flows:
  main:
    steps:
      start: {say: Hello., hangup: yes}
"""
SHOP = plan_of(PLAN % "")
ANSWER = Remembered(
    *(1, "shop", SHOP.version, "en", "when do you open", "We open at nine. We close at six.", "plan"),
    fields={"today": "2026-11-02"},
    known=frozenset({"today"}),
    caller="",
    state="new",
    made_at=time.time(),
    expires_at=time.time() + 3600,  # counted from the collection of the tests
)


class Room:
    """A plan's voice, and what rehearses with it."""

    def __init__(self, pool: SpeechPool, voice: PiperSynthesizer, folder: Path) -> None:
        self.cache = PromptCache(pool, folder)
        self.voice = PlanVoice({"en": voice}, self.cache)
        self.rehearsal = Rehearsal()
        self.rehearsal.speak_with(SHOP, self.voice)

    async def learn(self, *answers: Remembered) -> None:
        self.rehearsal.learn(answers)
        await self.rehearsal.catch_up()

    def ready(self, text: str) -> bool:
        return self.voice.get(Say(text, static=False)) is not None


Make = Callable[[], Room]


@pytest.fixture
def make(pool: SpeechPool, synthesizer: PiperSynthesizer, tmp_path: Path) -> Make:
    (tmp_path / "prompts").mkdir()
    return lambda: Room(pool, synthesizer, tmp_path / "prompts")


async def test_each_sentence_of_an_answer_is_ready_and_found_again_after_a_start(make: Make) -> None:
    room, again = make(), make()
    await room.learn(ANSWER)
    assert room.ready("We open at nine.")
    assert room.ready("We close at six.")
    assert not room.ready("We never close.")
    await again.learn(ANSWER)
    assert again.ready("We open at nine.")
    assert (room.cache.rendered, again.cache.rendered) == (2, 0)


async def test_what_a_person_has_changed_is_said_as_it_is_now(make: Make) -> None:
    room = make()
    await room.learn(ANSWER, replace(ANSWER, answer="We open at ten.", state="approved"))
    assert room.ready("We open at ten.")


async def test_what_is_about_a_caller_is_on_no_disk(make: Make, tmp_path: Path) -> None:
    room = make()
    await room.learn(
        replace(ANSWER, answer="Your order left.", scope="caller", caller="+441"),
        replace(ANSWER, answer="Order 1234 left.", fields={"order": "1234"}),
    )
    assert room.ready("Your order left.")
    assert room.ready("Order 1234 left.")
    assert list((tmp_path / "prompts").iterdir()) == []


@pytest.mark.parametrize(
    "answer",
    [
        replace(ANSWER, state="forgotten"),
        replace(ANSWER, version="another"),
        replace(ANSWER, plan="another"),
        replace(ANSWER, expires_at=0.0),
    ],
)
async def test_what_is_given_to_nobody_is_not_rendered(make: Make, answer: Remembered) -> None:
    room = make()
    await room.learn(answer)
    assert not room.ready("We open at nine.")


async def test_where_a_plan_demands_approval_what_is_not_approved_waits_for_it(make: Make) -> None:
    room = make()
    strict = plan_of(PLAN % ", reuse: approved")
    room.rehearsal.speak_with(strict, room.voice)
    answer = replace(ANSWER, version=strict.version)
    await room.learn(answer)
    assert not room.ready("We open at nine.")
    await room.learn(replace(answer, state="approved"))
    assert room.ready("We open at nine.")
