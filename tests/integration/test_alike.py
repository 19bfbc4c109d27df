"""Questions in other words find remembered answers by a server's embedding model, over real HTTP."""

import asyncio
import time
from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from typing import Any

import pytest
from stopwatch import Stopwatch

from softswitch.answer.answerer import Answer as Answered
from softswitch.answer.answerer import Answerer, Brief, Question, Settings
from softswitch.answer.asking import Embedding, Llm, Model
from softswitch.answer.guarding import Guards, known_figures
from softswitch.answer.prompting import messages
from softswitch.answer.questions import key
from softswitch.answer.remembering import Asked
from softswitch.dialplan.language import ENGLISH
from softswitch.replay.scripted_llm import Answer, Moods, ScriptedLlm
from softswitch.replay.shop import Kept

ANSWERS = [
    Answer("langham|round", "We deliver to Langham."),
    Answer("order", "Your order is on its way.", "caller"),
    Answer("where", "In the High Street."),
    Answer("open|hours", "We open at nine."),
    Answer("park", "", knows=False),
    Answer("", "Something else."),
]
KNOWN = "We open at 9."
ASKED, AGAIN = "when do you open", "at what hour does the shop start serving people"


class Room:
    """One plan's answerer, with a memory that learns, and the server that it asks."""

    def __init__(self, server: ScriptedLlm, embedding: Mapping[str, Any] | None, **settings: Any) -> None:
        self.server = server
        found = Embedding("embed", server.url, "secret", **embedding) if embedding is not None else None
        self.llm = Llm(Model("main", server.url, "scripted", embedding=found))
        names = frozenset({"langham", "oakham"})
        self.answerer = Answerer(self.llm, Settings(remember=60, names=names, **settings))
        self.kept = Kept(time.time, self.answerer.likeness)
        self.used: list[str] = []
        self.answerer.remember(self.kept.book, self.kept, lambda answer: self.used.append(answer.key))

    def ask(self, text: str, caller: str = "+441", **context: str) -> Answered:
        private = frozenset(context)
        asked = Asked("shop", "v1", "en", key(text, "en"), text, "", caller, context, private)
        guards = Guards(ENGLISH, known_figures([KNOWN, text], ENGLISH), most_words=30)
        brief = Brief(messages(text, language="English", instructions=KNOWN), guards)
        return self.answerer.answer(Question(asked, lambda: brief, shareable=not context))

    async def say(self, text: str, caller: str = "+441", **context: str) -> tuple[str, str]:
        """How it was answered, and what was said."""
        answer = self.ask(text, caller, **context)
        spoken = " ".join([sentence async for sentence in answer.sentences])
        await self.learnt()
        return answer.how, spoken

    async def learnt(self) -> None:
        """What was kept can be compared with."""
        likeness = self.answerer.likeness
        await asyncio.sleep(0)
        while likeness and likeness.under_way:
            await asyncio.sleep(0.005)

    @property
    def results(self) -> dict[str, int]:
        assert self.answerer.likeness
        return {name: count for name, count in self.answerer.likeness.results.items() if count}

    async def close(self) -> None:
        await self.answerer.close()
        await self.llm.close()


@pytest.fixture
async def server() -> AsyncIterator[ScriptedLlm]:
    async with ScriptedLlm(ANSWERS, Moods(median=0.01, sigma=0.1, pace=0.001)) as server:
        server.means = {AGAIN: ASKED}
        yield server


@pytest.fixture
async def room(server: ScriptedLlm) -> AsyncIterator[Room]:
    room = Room(server, {"patience": 1.0})
    await room.llm.prepare()
    yield room
    await room.close()


async def test_what_was_answered_is_remembered_for_who_asks_it_in_other_words(room: Room) -> None:
    assert await room.say(ASKED) == ("thought", "We open at nine.")
    assert await room.say(AGAIN, "+442") == ("remembered", "We open at nine.")
    assert len(room.server.asked) == 1
    assert room.server.embedded == [ASKED, AGAIN]
    assert (room.results, room.used) == ({"found": 1}, [key(ASKED, "en")])
    assert room.answerer.figures.outcomes["remembered", "answered"] == 1


async def test_without_an_embedding_model_nobody_is_asked_for_vectors(server: ScriptedLlm) -> None:
    room = Room(server, None)
    await room.say(ASKED)
    assert (await room.say(AGAIN))[0] == "thought"
    assert server.embedded == []
    await room.close()


async def test_while_nothing_is_remembered_no_vector_is_asked_for(room: Room) -> None:
    await room.say("what did I say to you")
    assert room.server.embedded == ["what did I say to you"], "only once it was remembered"
    assert room.results == {}


async def test_a_question_that_is_not_alike_is_thought_about(room: Room) -> None:
    await room.say(ASKED)
    assert await room.say("is there a garden") == ("thought", "Something else.")
    assert room.results == {"none": 1}


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("do you deliver fifteen wreaths", "could fifty wreaths be brought to somebody"),
        ("when do you open on sunday", "what are the opening hours for the shop each monday"),
        ("do you deliver to langham", "might flowers be brought over towards oakham"),
        ("do you open at easter", "i hear the shop is not open over easter"),
        ("is there a bus from langham to oakham", "can i take a bus from oakham to langham"),
        ("do you open on sunday", "do you deliver on sunday"),
        ("do you open", "do you open on bank holidays"),
        ("do you sell roses", "do you buy up old roses"),
    ],
)
async def test_what_keeps_questions_apart_no_model_brings_together(
    room: Room, first: str, second: str
) -> None:
    room.server.means = {second: first}
    await room.say(first)
    assert (await room.say(second))[0] == "thought"
    assert room.results == {"none": 1}


async def test_an_answer_about_one_caller_is_given_to_him_alone_in_whatever_words(room: Room) -> None:
    first, second = "where is my order", "did my order get put in the van"
    room.server.means = {second: first}
    await room.say(first, "+441")
    assert (await room.say(second, "+442"))[0] == "thought"
    assert await room.say(second, "+441") == ("remembered", "Your order is on its way.")


async def test_what_is_known_of_a_caller_must_be_the_same(room: Room) -> None:
    await room.say(ASKED, state="lost")
    assert (await room.say(AGAIN, state="sent"))[0] == "thought"
    assert room.results == {"none": 1}


@pytest.mark.parametrize(
    ("changes", "approved_only", "how"),
    [
        ({}, True, "thought"),
        ({"state": "approved"}, True, "remembered"),
        ({"state": "approved", "expires_at": 1.0}, True, "thought"),
        ({"state": "forgotten"}, False, "thought"),
    ],
)
async def test_review_and_expiry_hold_for_other_words_too(
    server: ScriptedLlm, changes: Mapping[str, Any], approved_only: bool, how: str
) -> None:
    room = Room(server, {"patience": 1.0}, approved_only=approved_only)
    await room.llm.prepare()
    await room.say(ASKED)
    room.kept.book.put([replace(answer, **changes) for answer in list(room.kept.book)])
    assert (await room.say(AGAIN))[0] == how
    await room.close()


@pytest.mark.parametrize(("rival", "how"), [("where do you open", "thought"), ("we open", "remembered")])
async def test_where_two_are_as_near_an_answer_is_given_only_if_it_is_the_same(
    room: Room, rival: str, how: str
) -> None:
    room.server.means = {AGAIN: ASKED, rival: ASKED}
    assert (await room.say(ASKED))[0] == (await room.say(rival))[0] == "thought"
    assert (await room.say(AGAIN))[0] == how


async def test_that_nobody_knew_is_not_said_to_another_question(room: Room) -> None:
    room.server.means = {"can customers leave cars by the shop": "is there a car park"}
    await room.say("is there a car park")
    assert (await room.say("can customers leave cars by the shop"))[0] == "thought"


async def test_those_who_ask_the_same_at_once_cause_one_request(room: Room) -> None:
    await room.say(ASKED)
    told = await asyncio.gather(*(room.say(AGAIN, f"+44{number}") for number in range(20)))
    assert set(told) == {("remembered", "We open at nine.")}
    assert room.server.embedded == [ASKED, AGAIN]


# --- bad days -----------------------------------------------------------------------------------------------


async def test_a_server_that_is_late_keeps_no_caller_longer_than_that(server: ScriptedLlm) -> None:
    room = Room(server, {"patience": 0.1})
    await room.llm.prepare()
    await room.say(ASKED)
    server.embedding_wait = 20.0
    clock = Stopwatch()
    answer = room.ask(AGAIN)
    assert [sentence async for sentence in answer.sentences] == ["Something else."]
    assert clock.own_s < 1
    assert (answer.how, room.results) == ("thought", {"late": 1})
    await room.close()


@pytest.mark.parametrize("fault", ["error", "malformed"])
async def test_a_server_that_fails_changes_nothing_and_is_not_asked_for_a_while(
    room: Room, fault: str
) -> None:
    await room.say(ASKED)
    room.server.embedding_fault = fault  # type: ignore[assignment]
    for number in range(6):
        assert (await room.say(f"is there a garden behind house number {number}"))[0] == "thought"
    assert room.results["failed"] + room.results["shunned"] == 6
    assert room.results["shunned"] >= 3
    assert await room.say(ASKED) == ("remembered", "We open at nine.")


async def test_what_failed_is_learnt_once_the_server_is_well(server: ScriptedLlm) -> None:
    room = Room(server, {"patience": 1.0})
    await room.llm.prepare()
    server.embedding_fault = "error"
    await room.say(ASKED)
    likeness = room.answerer.likeness
    assert likeness
    assert (likeness.known, likeness.waiting) == (0, 1)
    server.embedding_fault = ""
    await room.say("is there a garden")
    assert (likeness.known, likeness.waiting) == (2, 0)
    assert (await room.say(AGAIN))[0] == "remembered"
    await room.close()
