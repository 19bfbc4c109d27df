"""One call of a trace: its words are taken by the dialplan, and what comes of each turn is noted.

First audio counts from the end of the caller's words, without fillers: the plan's own text is audio already,
of other text the first sentence is synthesised.
"""

import asyncio
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

from softswitch.answer.answerer import Answer
from softswitch.answer.remembering import Asked
from softswitch.app.answering.thinker import Thought
from softswitch.dialplan.conversation import Conversation
from softswitch.dialplan.testing import acting
from softswitch.events import Action, Await, Heard, Listen, Say
from softswitch.replay.shop import Shop
from softswitch.replay.trace import Call, Turn
from softswitch.thinking import Exchange, How, Think, Unanswered

SYNTHESIS_S = 0.0003
"""To synthesise a letter: 0.26 ms, measured with the embedded voice on one of two busy cores, rounded up."""
MOST_EXCHANGES = 30
SPOKEN_S, HEARD_S = 0.07, 0.06
"""A letter's time in an answer, and in what a caller says: fifteen a second, and a little more."""
PAUSE_S = 0.8


@dataclass(frozen=True, slots=True)
class Took:
    """One turn: how it was answered, what came of it, after how many seconds first audio was there.

    `wrong`: an answer was given again that is not the right one, or none where there is one. `missed`: the
    same had been answered before, in other words, and would have held.
    """

    how: How | Literal["plan"]
    outcome: str
    first_audio: float
    wrong: bool = False
    missed: bool = False


@dataclass
class Run:
    """What a trace's turns came to, in the order in which they ended."""

    took: list[Took] = field(default_factory=list)
    requests: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    unasked: int = 0
    """Turns that were never reached: the conversation had ended before."""

    @property
    def tokens(self) -> int:
        return self.prompt_tokens + self.completion_tokens


class Talk:
    """One call. `seen` are the answers that all calls were given, and until when they hold."""

    def __init__(self, shop: Shop, call: Call, result: Run, seen: dict[str, float]) -> None:
        self._shop, self._call, self._result, self._seen = shop, call, result, seen
        self._talk = Conversation(shop.plan, shop.facts(call.caller), clock=shop.clock)
        self._history: deque[Exchange] = deque(maxlen=MOST_EXCHANGES)
        self._before = ""

    async def hold(self) -> None:
        actions = self._go_on(self._talk.start())
        said = _said(actions)
        self._history.append(Exchange("", said))
        for number, turn in enumerate(self._call.turns):
            if not isinstance(actions[-1], Listen):
                self._result.unasked += len(self._call.turns) - number
                return
            await asyncio.sleep(PAUSE_S + len(said) * SPOKEN_S + len(turn.heard) * HEARD_S)
            actions, said = await self._take(turn, said)
            self._history.append(Exchange(turn.heard, said))
            self._before = turn.heard

    def _go_on(self, actions: tuple[Action, ...]) -> tuple[Action, ...]:
        """What is promised is done at once."""
        while isinstance(actions[-1], Await):
            actions = self._talk.take(acting.acted(actions[-1], {}))
        return actions

    async def _take(self, turn: Turn, heard: str) -> tuple[tuple[Action, ...], str]:
        began = self._shop.now()
        actions = self._go_on(self._talk.take(Heard(turn.heard, turn.sure, answer_heard=heard)))
        think = next((action for action in actions if isinstance(action, Think)), None)
        if think is None:
            audio = self._shop.now() - began + _synthesis(actions)
            self._result.took.append(Took("plan", "answered", audio))
            return actions, _said(actions)
        return await self._think(think, actions, began)

    async def _think(
        self, think: Think, actions: tuple[Action, ...], began: float
    ) -> tuple[tuple[Action, ...], str]:
        shop = self._shop
        question = shop.thinker.question(think, self._talk.context, tuple(self._history))
        answer, spoken, first = shop.ask(question), list[str](), 0.0
        async for sentence in answer.sentences:
            first = first or shop.now() - began + len(sentence) * SYNTHESIS_S
            spoken.append(sentence)
        why = Thought(answer).missing
        if why:
            actions = self._go_on(self._talk.take(Unanswered(think.key, why)))
            first = first or shop.now() - began + _synthesis(actions)
        self._note(question.asked, answer, " ".join(spoken), why or "answered", first)
        return actions, " ".join([*spoken, _said(actions)])

    def _note(self, asked: Asked, answer: Answer, spoken: str, outcome: str, first: float) -> None:
        right = self._shop.script.answer(asked.text, self._before, asked.context or {})
        again = answer.how in ("remembered", "shared")
        wrong = again and (spoken != right.text if outcome == "answered" else right.knows)
        missed = False
        if answer.how == "thought" and outcome == "answered" and right.scope in ("nothing", "plan"):
            now, name = self._shop.clock(), f"{right.pattern}: {right.text}"
            missed = self._seen.get(name, 0.0) > now
            answers = self._shop.plan.settings.answers
            self._seen[name] = now + (answers.remember if answers else 0.0)
        self._result.took.append(Took(answer.how, outcome, first, wrong, missed))


def _said(actions: Sequence[Action]) -> str:
    return " ".join(action.text for action in actions if isinstance(action, Say))


def _synthesis(actions: Sequence[Action]) -> float:
    """Of the first thing said: none where it is the plan's own text, which is audio already."""
    first = next((action for action in actions if isinstance(action, Say)), None)
    return 0.0 if first is None or first.static else len(first.text) * SYNTHESIS_S
