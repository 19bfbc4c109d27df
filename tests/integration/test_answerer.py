"""The path of an answer with a real client and a scripted model: remembered, shared, thought, guarded."""

import asyncio
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import pytest

from softswitch.answer.answerer import Answer as Answered
from softswitch.answer.answerer import Answerer, Brief, Question, Settings
from softswitch.answer.asking import Llm, Model
from softswitch.answer.book import Book
from softswitch.answer.breaker import Limits
from softswitch.answer.guarding import Guards, known_figures
from softswitch.answer.inquiring import QUESTION
from softswitch.answer.prompting import messages
from softswitch.answer.questions import key
from softswitch.answer.remembering import UNKNOWN_S, Asked, Remembered
from softswitch.answer.replying import Reply
from softswitch.dialplan.language import ENGLISH
from softswitch.replay.scripted_llm import Answer, Moods, ScriptedLlm

KNOWN = "We open at 9 and close at 18. A bouquet costs 25 pounds."
ANSWERS = [
    Answer("open", "We open at nine. We close at eighteen hours."),
    Answer("discount", "There is a discount. It is 40 percent today."),
    Answer("long", "And so it goes on. " * 20),
    Answer("my order", "Your order is on its way.", "caller"),
    Answer("branch", "That is round the corner.", "plan", fields=("branch",)),
    Answer("when does the order come", "The order for Langham comes today.", "plan"),
    Answer("what did i say", "You said hello.", "call"),
    Answer("parcel left", "Yes, it has left.", "plan"),
    Answer("stock", "", tool="find_stock", arguments={"flower": "rose"}),
]
QUICK = Moods(median=0.02, sigma=0.1, pace=0.001)


class Kept:
    """Remembers in a book, as the store does."""

    def __init__(self, book: Book) -> None:
        self.book, self.count = book, 0

    def __call__(self, asked: Asked, reply: Reply, expires_at: float) -> None:
        self.count += 1
        answer = Remembered(
            self.count, asked.plan, asked.version, asked.language, asked.key, reply.text, reply.scope,
            asked.values(reply.fields), frozenset(asked.context or ()),
            asked.caller if reply.scope == "caller" else "", "new", time.time(), expires_at,
            asked.intent, asked.text,
        )  # fmt: skip
        self.book.put([answer])


class Room:
    """One plan's answerer, and the server that it asks."""

    def __init__(self, server: ScriptedLlm, settings: Settings, model: Mapping[str, Any]) -> None:
        self.server = server
        self.llm = Llm(Model("main", server.url, "scripted", **{"first_piece": 2.0, **model}))
        self.book = Book()
        self.kept = Kept(self.book)
        self.answerer = Answerer(self.llm, settings)
        self.answerer.remember(self.book, self.kept)

    def ask(
        self,
        text: str,
        caller: str = "+441",
        context: Mapping[str, str] | None = None,
        own: bool = False,
        **more: Any,
    ) -> Answered:
        """All in the context but the branch is about the caller."""
        known = context or {}
        private = frozenset(known) - {"branch"}
        asked = Asked("shop", "v1", "en", key(text, "en"), text, "", caller, known, private, own)
        told = messages(text, language="English", instructions=KNOWN, context=context)
        guards = Guards(ENGLISH, known_figures([KNOWN, text], ENGLISH), most_words=30)
        question = Question(asked, lambda: Brief(told, guards), shareable=not context, **more)
        return self.answerer.answer(question)

    async def say(self, text: str, caller: str = "+441", **more: Any) -> tuple[str, str, str]:
        """How it was answered, what came of it, and what was spoken."""
        answer = self.ask(text, caller, **more)
        spoken = [sentence async for sentence in answer.sentences]
        assert answer.outcome
        return answer.how, answer.outcome.kind, " ".join(spoken)


@pytest.fixture
async def server() -> AsyncIterator[ScriptedLlm]:
    async with ScriptedLlm(ANSWERS, QUICK) as server:
        yield server


@pytest.fixture
async def room(server: ScriptedLlm) -> AsyncIterator[Room]:
    settings = Settings(remember=60, breaker=Limits(least=3, window=10, slow=0.5, wait=0.3))
    room = Room(server, settings, {})
    await room.llm.prepare()
    yield room
    await room.llm.close()


async def test_where_approval_is_demanded_an_answer_is_given_again_once_it_is_approved(
    server: ScriptedLlm,
) -> None:
    room = Room(server, Settings(remember=60, approved_only=True), {})
    for _ in range(2):
        assert (await room.say("When do you open?"))[0] == "thought"
    *_, new = room.book
    room.book.put([replace(new, state="approved", answer="From nine.")])
    assert await room.say("When do you open?") == ("remembered", "answered", "From nine.")
    await room.llm.close()


async def test_an_answer_is_thought_once_and_remembered_for_all(room: Room) -> None:
    said = "We open at nine. We close at eighteen hours."
    assert await room.say("When do you open?") == ("thought", "answered", said)
    assert await room.say("hello, could you tell me when do you open please", "+442") == (
        "remembered",
        "answered",
        said,
    )
    assert len(room.server.asked) == 1


async def test_an_answer_about_a_caller_is_given_to_him_alone(room: Room) -> None:
    assert (await room.say("where is my order", "+441"))[0] == "thought"
    assert (await room.say("where is my order", "+442"))[0] == "thought"
    assert (await room.say("where is my order", ""))[0] == "thought"
    assert (await room.say("where is my order", "+441"))[0] == "remembered"


async def test_an_answer_holds_only_where_the_fields_that_it_depends_on_are_the_same(room: Room) -> None:
    assert (await room.say("where is the branch", context={"branch": "north"}))[0] == "thought"
    assert (await room.say("where is the branch", context={"branch": "south"}))[0] == "thought"
    assert (await room.say("where is the branch", context={"branch": "north"}))[0] == "remembered"


@pytest.mark.parametrize("field", ["town", "branch"])
async def test_an_answer_that_says_a_field_depends_on_it_even_where_the_model_does_not_tell(
    room: Room, field: str
) -> None:
    asked, mine, other = "when does the order come", {field: "Langham"}, {field: "Oakham"}
    assert (await room.say(asked, context=mine))[0] == "thought"
    assert (await room.say(asked, context=other))[0] == "thought"
    assert (await room.say(asked, context=mine))[0] == "remembered"


async def test_an_answer_is_given_again_until_it_expires(server: ScriptedLlm) -> None:
    room, now = Room(server, Settings(remember=60), {}), time.time()
    clock = [now]
    room.answerer = Answerer(room.llm, Settings(remember=60), lambda: clock[0])
    room.answerer.remember(room.book, room.kept)
    assert (await room.say("When do you open?"))[0] == "thought"
    clock[0] = now + 59
    assert (await room.say("When do you open?"))[0] == "remembered"
    clock[0] = now + 61
    assert (await room.say("When do you open?"))[0] == "thought"
    await room.llm.close()


async def test_where_more_is_known_than_when_it_was_given_an_answer_is_thought_anew(room: Room) -> None:
    assert (await room.say("when do you open"))[0] == "thought"
    assert (await room.say("when do you open", context={"branch": "north"}))[0] == "thought"
    assert (await room.say("when do you open", context={"branch": "south"}))[0] == "remembered"
    assert (await room.say("when do you open"))[0] == "remembered"


async def test_an_answer_about_the_call_is_kept_by_nobody(room: Room) -> None:
    for _ in range(2):
        assert (await room.say("what did I say"))[:2] == ("thought", "answered")
    assert room.kept.count == 0


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ({"state": "on its way"}, {"state": "lost"}),
        ({"state": "on its way"}, {}),
        ({"state": "on its way", "order": "1"}, {"state": "on its way", "order": "2"}),
        ({}, {"state": "on its way"}),
    ],
)
async def test_what_a_careless_model_says_of_one_callers_order_is_given_to_no_other(
    room: Room, first: Mapping[str, str], second: Mapping[str, str]
) -> None:
    """It says that its answer depends on the plan alone, and the answer names nothing."""
    assert (await room.say("has the parcel left", context=first))[0] == "thought"
    assert (await room.say("has the parcel left", "+442", context=second))[0] == "thought"
    assert (await room.say("has the parcel left", "+443", context=first))[0] == "remembered"


async def test_what_is_the_callers_own_is_shared_by_nobody_after_he_has_spoken_of_it(room: Room) -> None:
    assert (await room.say("has my parcel left", own=True))[:2] == ("thought", "answered")
    assert room.kept.count == 0


async def test_that_the_model_does_not_know_is_remembered_and_not_asked_again(room: Room) -> None:
    assert await room.say("do you sell cars") == ("thought", "unknown", "")
    assert await room.say("hello do you sell cars", "+442") == ("remembered", "unknown", "")
    assert len(room.server.asked) == 1
    (nothing,) = room.book
    assert (nothing.answer, nothing.scope) == ("", "plan")
    assert nothing.expires_at <= time.time() + UNKNOWN_S


async def test_an_invented_figure_is_not_spoken_and_the_answer_not_kept(room: Room) -> None:
    assert await room.say("is there a discount") == ("thought", "refused", "There is a discount.")
    assert room.kept.count == 0


async def test_an_answer_without_end_is_cut_at_a_sentence(room: Room) -> None:
    how, kind, spoken = await room.say("tell me something long")
    assert (how, kind, len(spoken.split())) == ("thought", "refused", 30)


async def test_a_hundred_callers_who_ask_the_same_cause_one_request(room: Room) -> None:
    told = await asyncio.gather(*(room.say("when do you open", f"+44{number}") for number in range(100)))
    assert {spoken for _, _, spoken in told} == {"We open at nine. We close at eighteen hours."}
    assert [how for how, _, _ in told].count("shared") == 99
    assert len(room.server.asked) == 1


async def test_what_concerns_one_caller_is_not_shared_with_those_who_ask_at_the_same_time(room: Room) -> None:
    told = await asyncio.gather(*(room.say("where is my order", f"+44{number}") for number in range(5)))
    assert [how for how, _, _ in told] == ["thought"] * 5
    assert len(room.server.asked) == 5


async def test_the_first_sentence_is_spoken_while_the_second_is_being_written(room: Room) -> None:
    room.server.moods = Moods(median=0.02, sigma=0.1, pace=0.05)
    answer = room.ask("when do you open")
    began = time.monotonic()
    assert await anext(answer.sentences) == "We open at nine."
    first = time.monotonic() - began
    rest = [sentence async for sentence in answer.sentences]
    assert rest == ["We close at eighteen hours."]
    assert time.monotonic() - began > first + 0.1


async def test_a_caller_who_hangs_up_ends_the_request(room: Room) -> None:
    room.server.moods = Moods(median=0.02, sigma=0.1, pace=0.05)
    answer = room.ask("when do you open")
    await anext(answer.sentences)
    await answer.sentences.aclose()
    await asyncio.sleep(0.2)
    assert room.answerer.requests.under_way == 0
    assert room.server.tokens["completion"] == 0


class Stock:
    described: Sequence[Mapping[str, Any]] = (
        {"type": "function", "function": {"name": "find_stock", "parameters": {"type": "object"}}},
    )

    def __init__(self) -> None:
        self.calls: list[tuple[str, Mapping[str, Any]]] = []

    def wanted(self, name: str, arguments: Mapping[str, Any]) -> Mapping[str, str] | None:
        return None

    async def call(self, name: str, arguments: Mapping[str, Any]) -> Mapping[str, str]:
        self.calls.append((name, arguments))
        return {"stock": "12"}


async def test_a_tool_is_called_and_the_model_asked_again_but_not_for_ever(room: Room) -> None:
    stock = Stock()
    how, kind, spoken = await room.say("is it in stock", tools=stock)
    assert stock.calls[0] == ("find_stock", {"flower": "rose"})
    assert (len(stock.calls), len(room.server.asked)) == (3, 4), "the script asks for the tool each time"
    told = [message["role"] for message in room.server.requests[1]["messages"]]
    assert told[-2:] == ["assistant", "tool"]
    assert (how, kind, spoken) == ("thought", "failed", "")


class Brochures(Stock):
    def wanted(self, name: str, arguments: Mapping[str, Any]) -> Mapping[str, str] | None:
        return {"flower": str(arguments["flower"])}


async def test_what_is_to_be_done_ends_the_thought_and_is_remembered_by_nobody(room: Room) -> None:
    tools = Brochures()
    answer = room.ask("is it in stock", tools=tools)
    assert [sentence async for sentence in answer.sentences] == []
    assert answer.outcome
    assert (answer.outcome.kind, answer.outcome.wanted) == ("wanted", ("find_stock", {"flower": "rose"}))
    assert (tools.calls, len(room.server.asked), room.kept.count) == ([], 1, 0)


class LooksUpFirst(ScriptedLlm):
    def choose(self, messages: Sequence[Mapping[str, Any]]) -> Answer:
        found = messages[-1]["role"] == "tool"
        return Answer("", "Yes, there is enough.") if found else super().choose(messages)


async def test_what_was_looked_up_for_one_caller_is_neither_shared_nor_kept() -> None:
    async with LooksUpFirst(ANSWERS, QUICK) as server:
        room = Room(server, Settings(remember=60), {})
        await room.llm.prepare()
        asks = (room.say("is it in stock", f"+44{number}", tools=Stock()) for number in range(3))
        assert set(await asyncio.gather(*asks)) == {("thought", "answered", "Yes, there is enough.")}
        assert (len(server.asked), room.kept.count) == (6, 0)
        await room.llm.close()


# --- bad days -----------------------------------------------------------------------------------------------


async def test_a_model_that_fails_is_not_asked_any_more_and_asked_again_once_it_is_well(room: Room) -> None:
    room.server.fault = "error"
    for _ in range(5):
        assert (await room.say("when do you open"))[1] == "failed"
    assert len(room.server.asked) == 3
    assert room.answerer.requests.breaker.state == "open"
    room.server.fault = None
    await asyncio.sleep(0.35)
    for _ in range(2):
        assert (await room.say("when do you open" + " now" * (_ + 1)))[1] == "answered"
    assert room.answerer.requests.breaker.state == "closed"


async def test_one_caller_who_waits_is_enough_to_see_that_a_model_hangs(room: Room) -> None:
    room.server.wait = 30.0
    waiting = asyncio.create_task(room.say("when do you open"))
    await asyncio.sleep(0.4)
    assert room.answerer.requests.inquiry.asked == 2, "with his, as many as the breaker wants to see"
    while room.answerer.requests.breaker.state == "closed":
        await asyncio.sleep(0.01)
    assert not waiting.done(), "who need not have given up"
    assert (await room.say("do you sell cars"))[1] == "failed"
    assert len(room.server.asked) == 3
    await waiting
    await room.answerer.requests.inquiry.close()


class ThinksLong(ScriptedLlm):
    """Except where little is asked."""

    def _first_piece(self) -> float:
        return 0.02 if self.asked[-1] == QUESTION[0]["content"] else 0.4


async def test_a_model_that_only_thinks_long_is_not_given_up() -> None:
    async with ThinksLong(ANSWERS, QUICK) as server:
        room = Room(server, Settings(breaker=Limits(least=3, slow=0.5)), {})
        await room.llm.prepare()
        for _ in range(3):
            assert (await room.say("when do you open"))[1] == "answered"
        assert (room.answerer.requests.inquiry.asked, room.answerer.requests.breaker.state) == (2, "closed")
        await room.llm.close()


async def test_what_is_remembered_is_answered_while_the_model_is_down(room: Room) -> None:
    await room.say("when do you open")
    room.server.fault = "error"
    for _ in range(4):
        await room.say("do you sell cars")
    assert room.answerer.requests.breaker.state == "open"
    assert (await room.say("when do you open"))[:2] == ("remembered", "answered")


@pytest.mark.parametrize("fault", ["cut", "malformed"])
async def test_a_broken_reply_is_a_failure_and_is_not_kept(room: Room, fault: str) -> None:
    room.server.fault = fault  # type: ignore[assignment]
    assert (await room.say("when do you open"))[1] == "failed"
    assert room.kept.count == 0


async def test_one_plan_has_so_many_requests_under_way_and_no_more(server: ScriptedLlm) -> None:
    room = Room(server, Settings(at_once=2), {})
    await room.llm.prepare()
    server.wait = 0.3
    told = await asyncio.gather(*(room.say(f"question number {number}") for number in range(5)))
    assert sorted(kind for _, kind, _ in told) == ["failed"] * 3 + ["unknown"] * 2
    assert room.answerer.figures.shunned["bulkhead"] == 3
    assert room.answerer.requests.under_way == 0
    await room.llm.close()


async def test_a_late_first_piece_is_hedged(server: ScriptedLlm) -> None:
    room = Room(server, Settings(hedge_after=0.1), {})
    await room.llm.prepare()
    server.wait = 0.3
    assert (await room.say("when do you open"))[1] == "answered"
    assert (room.answerer.figures.requests, room.answerer.figures.hedges) == (2, 1)
    await room.llm.close()
