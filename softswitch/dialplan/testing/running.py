"""Runs a scenario against a plan: text in, text out, without a clock."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from softswitch.dialplan.conversation import Conversation
from softswitch.dialplan.files.scenario import Call, Place, Scenario, Turn
from softswitch.dialplan.plan import Plan
from softswitch.dialplan.routes import CallFacts, Decision
from softswitch.dialplan.testing import acting, expecting
from softswitch.dialplan.testing.scenarios import Case
from softswitch.events import (
    Action,
    Await,
    Hangup,
    Heard,
    Hypothesis,
    Input,
    Listen,
    NoInput,
    Pressed,
    Say,
    Transfer,
    TransferFailed,
)
from softswitch.waiting import PersonLeft, QueueOver, QueueTold

AGENT = "anna"
"""With whom callers of scenarios speak."""
HOW: Mapping[str, Literal["hung_up", "given_back", "lost"]] = {
    "leaves": "hung_up",
    "gives_back": "given_back",
    "is_lost": "lost",
}
SECOND_GUESS = 0.5
"""Confidence of the ear's second guesses, unless it is less sure of the first."""


@dataclass(frozen=True, slots=True)
class Exchange:
    """What the caller did ("" before he does anything) at which step, in which language, and what came of it.

    `turn` is the number of the scenario's turn, -1 for the greeting.
    """

    turn: int
    did: str
    language: str
    at: str
    intent: str
    path: tuple[str, ...]
    said: str
    why: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Failure:
    """The first turn after which something did not hold: where it is written, and everything that did not."""

    file: str
    line: int
    missed: tuple[str, ...]
    why: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {'; '.join(self.missed)}"


@dataclass(frozen=True, slots=True)
class Result:
    case: Case
    exchanges: tuple[Exchange, ...]
    failure: Failure | None = None


def run(plan: Plan, case: Case) -> Result:
    """The whole conversation, up to the first turn after which not everything holds that is expected."""
    return _Run(plan, case).result()


def call_facts(plan: Plan, call: Call) -> CallFacts:
    """The call as a node would know it. Numbers are taken as they are, or as user names."""
    at = call.at if call.at.tzinfo else call.at.replace(tzinfo=plan.calendar.zone)
    return CallFacts(call.trunk, call.from_, call.to, at)


def conversation(plan: Plan, call: Call, decision: Decision, facts: CallFacts) -> Conversation:
    """As a node begins it."""
    known = plan.facts(facts, decision) | dict(call.remembered)
    if call.answered_by:
        known["answered_by"] = call.answered_by
    if call.called_back:
        known["called_back"] = call.called_back
    route = decision.route
    return Conversation(plan, known, (route and route.language) or "")


class _Run:
    def __init__(self, plan: Plan, case: Case) -> None:
        self._plan, self._case = plan, case
        self._exchanges: list[Exchange] = []
        self._actions: tuple[Action, ...] = ()
        self._meant: tuple[str, Mapping[str, str]] = "", {}

    def result(self) -> Result:
        scenario = self._case.scenario
        facts = call_facts(self._plan, scenario.call)
        decision = self._plan.route(facts)
        if self._plan.routes and not decision.route:
            return self._failed(0, ("no route of the plan takes this call",), decision.reasons)
        talk = conversation(self._plan, scenario.call, decision, facts)
        self._actions = talk.start()
        self._exchanges.append(_exchange(talk, self._actions, -1))
        self._actions = (*self._actions, *self._wait(talk, -1))
        return self._go_through(talk, scenario)

    def _go_through(self, talk: Conversation, scenario: Scenario) -> Result:
        for number, turn in enumerate(scenario.turns):
            took, at = self._actions, talk.step
            self._meant = talk.intent, talk.slots
            if turn.does:
                if problem := self._cannot(turn, talk):
                    return self._failed(number, (problem,), self._why)
                took = self._take(talk, number, turn)
            came = expecting.Came(talk, took, self._plan, self._words(turn), at, *self._meant)
            if missed := tuple(expecting.missed(turn, came)):
                return self._failed(number, missed, self._why)
        return Result(self._case, tuple(self._exchanges))

    @property
    def _why(self) -> tuple[str, ...]:
        return self._exchanges[-1].why

    def _words(self, turn: Turn) -> str:
        return turn.says or turn.interrupts or ""

    def _failed(self, turn: int, missed: tuple[str, ...], why: tuple[str, ...]) -> Result:
        failure = Failure(*self._case.where(turn), missed, why)
        return Result(self._case, tuple(self._exchanges), failure)

    def _cannot(self, turn: Turn, talk: Conversation) -> str:
        """Why the caller cannot do that now, "" when he can."""
        last = self._actions[-1]
        if turn.failed is not None:
            return "" if isinstance(last, Transfer) else "nothing was transferred that could fail"
        if turn.does in ("queue", "person"):
            return "" if talk.waits else f"nobody waits in a queue, at {talk.step}"
        if isinstance(last, Listen):
            return ""
        ended = "the call ended" if isinstance(last, Hangup) else "the caller was transferred"
        return f"{ended} before, at {self._exchanges[-1].path[-1]}"

    def _take(self, talk: Conversation, number: int, turn: Turn) -> tuple[Action, ...]:
        """Everything that the turn led to; several keys may be several inputs."""
        took: list[Action] = []
        for event in self._inputs(turn):
            if took and not isinstance(self._actions[-1], Listen):
                break
            at, language = talk.step, talk.language
            self._actions = talk.take(event)
            self._exchanges.append(_exchange(talk, self._actions, number, did_of(turn), at, language))
            took += self._actions
            self._meant = talk.intent, talk.slots
            took += self._wait(talk, number)
        return tuple(took)

    def _wait(self, talk: Conversation, number: int) -> list[Action]:
        """What follows where the plan waits for actions: each has come to something at once."""
        took: list[Action] = []
        while isinstance(awaited := self._actions[-1], Await):
            at, language = talk.step, talk.language
            came = acting.acted(awaited, self._case.scenario.acts)
            self._actions = talk.take(came)
            did = acting.told(awaited, came)
            self._exchanges.append(_exchange(talk, self._actions, number, did, at, language))
            took += self._actions
        return took

    def _inputs(self, turn: Turn) -> Iterator[Input]:
        heard = self._exchanges[-1].said
        if turn.presses is not None:
            rest = turn.presses
            while rest:
                digits, rest = keyed(self._actions[-1], rest)
                yield Pressed(digits, heard)
        elif turn.failed is not None:
            yield TransferFailed(turn.failed)
        elif turn.silent:
            yield NoInput()
        elif news := news_of(turn):
            yield news
        else:
            also = tuple(Hypothesis(text, min(SECOND_GUESS, turn.sure)) for text in turn.also)
            barged_in = turn.interrupts is not None
            yield Heard(self._words(turn), turn.sure, also, barged_in, "" if barged_in else heard)


def _exchange(
    talk: Conversation,
    actions: tuple[Action, ...],
    turn: int,
    did: str = "",
    at: str = "",
    language: str = "",
) -> Exchange:
    spoken = language or talk.language
    return Exchange(turn, did, spoken, at, talk.intent, tuple(talk.path), said_of(actions), tuple(talk.why))


def keyed(last: Action, digits: str) -> tuple[str, str]:
    """What a session makes of keys that come one after another: the first input, and the keys left over."""
    if not isinstance(last, Listen) or last.dtmf_length == 1:
        return digits[0], digits[1:]
    end = digits.find(last.dtmf_terminator, 1) if last.dtmf_terminator else -1
    if 0 < end <= last.dtmf_length:
        return digits[:end], digits[end + 1 :]
    return digits[: last.dtmf_length], digits[last.dtmf_length :]


def news_of(turn: Turn) -> QueueTold | QueueOver | PersonLeft | None:
    """What one who waits is told."""
    if turn.person:
        return PersonLeft(AGENT, HOW[turn.person])
    if isinstance(turn.queue, Place):
        return QueueTold(turn.queue.position, turn.queue.wait)
    return QueueOver(turn.queue) if turn.queue else None


def did_of(turn: Turn) -> str:
    """What the caller does, in words."""
    words: Mapping[str, str] = {
        "says": f'says "{turn.says}"',
        "interrupts": f'interrupts with "{turn.interrupts}"',
        "presses": f"presses {turn.presses}",
        "silent": "stays silent",
        "failed": f"cannot be transferred ({turn.failed})",
        "queue": "is told of the queue",
        "person": "has spoken with a person",
    }
    return words.get(turn.does, "")


def said_of(actions: tuple[Action, ...]) -> str:
    return " ".join(action.text for action in actions if isinstance(action, Say))
