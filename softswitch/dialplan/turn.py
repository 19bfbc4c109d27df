"""One turn of a call while it is worked out: the state taken apart, what is said and done, and why."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from softswitch.dialplan.markup import one_by_one
from softswitch.dialplan.pieces import Voice
from softswitch.dialplan.plan import Plan
from softswitch.dialplan.prompts import Script
from softswitch.dialplan.slots import Slot
from softswitch.dialplan.state import MAX_TRAIL, Frame, Pending, State, Stop
from softswitch.dialplan.steps import Field, Question, Step
from softswitch.events import Action, BargeIn, Do, Hangup, Listen, Record, Say, Transfer
from softswitch.waiting import Enqueue, LeaveQueue

MAX_STEPS = 200
"""Steps in one turn: holds even where a plan has a circle that nobody can leave."""
MASK = "****"
SOME_DAY = datetime(2000, 1, 1, 12)
"""Stands in for the time of a call that does not tell it."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What an input led to.

    `intent` is what it was taken for, or the variable that it filled, "" for nothing; `path` the steps that
    the answer went through. `masked`: a sensitive variable was filled, or asked for, so that what was heard
    or pressed must not be written down. `why` tells how it came about.
    """

    state: State
    actions: tuple[Action, ...]
    intent: str
    slots: Mapping[str, str]
    path: tuple[str, ...]
    masked: bool
    why: tuple[str, ...]


class Scan(NamedTuple):
    """Values that were found among words, how many words they took, and how many of meaning were left."""

    values: Mapping[str, str]
    taken: int
    left: int

    @property
    def whole(self) -> bool:
        return bool(self.values) and not self.left

    @property
    def mostly(self) -> bool:
        return bool(self.values) and self.left <= self.taken


class Turn:
    """Made from a state, changed by the rooms of the interpreter, and made into an outcome."""

    def __init__(self, plan: Plan, state: State) -> None:
        self.plan, self.before = plan, state
        self.language = state.language
        self.step = plan.steps[state.step]
        self.facts = state.facts
        self.context = dict(state.context)
        self.failures: Mapping[str, int] = state.failures
        self.strikes, self.spoken_once = state.strikes, state.spoken_once
        self.said, self.trail = state.said, state.trail
        self.frames: tuple[Frame, ...] = state.frames
        self.asking = state.asking
        self.pending: Pending | None = state.pending
        self.unsure, self.rate, self.visits = state.unsure, state.rate, state.visits
        self.askers: Mapping[str, str] = state.askers
        self.recording, self.awaiting = state.recording, state.awaiting
        self.waits, self.waits_since = state.waits, state.waits_since
        self.told = 0
        """Actions so far that only tell the caller that he is recorded: no part of what is repeated."""
        self.fresh: set[str] = set()
        """Variables that the input just filled: a question for them need not be asked."""
        self.steps_left = MAX_STEPS
        self.quiet = False
        """Whether nothing of this turn can be talked over."""
        self.intent = ""
        self.slots: Mapping[str, str] = {}
        self.masked = False
        self.thinking, self.words = "", ""
        """The key of the answer that is being thought, and the caller's words as they are best known."""
        self.confirmed: Pending | None = None
        """What the caller was asked whether he had said it, and just said yes to."""
        self.path: list[str] = []
        self.why: list[str] = []
        self.actions: list[Action] = []
        self.scans: dict[str, Scan] = {}
        """Of each thing that may have been said: it takes a while."""
        self._now: datetime | None = None
        self._extra: Mapping[str, str] = {}

    @property
    def now(self) -> datetime:
        """The call's arrival, local time."""
        if self._now is None:
            try:
                day, time = self.context["today"], self.context["now"]
                self._now = datetime.fromisoformat(f"{day}T{time}").replace(tzinfo=None)
            except (KeyError, ValueError):
                self._now = SOME_DAY
        return self._now

    @property
    def question(self) -> Question:
        """That of the present step, which hears."""
        assert self.step.question is not None
        return self.step.question

    @property
    def asked(self) -> Field | None:
        return self.question.by_name.get(self.asking)

    @property
    def voice(self) -> Voice:
        return Voice(self.language, self.rate, BargeIn.OFF if self.quiet else self.step.barge_in)

    def slot(self, name: str) -> Slot:
        return self.plan.slots[self.language][name]

    def say(self, script: Script, extra: Mapping[str, str] | None = None) -> None:
        """All of a script; `extra` are values for this once."""
        self._extra = extra or {}
        self.actions += script.render(self.voice, self.spoken)

    def say_nth(self, script: Script, number: int, extra: Mapping[str, str] | None = None) -> None:
        self._extra = extra or {}
        self.actions += script.nth(number, self.voice, self.spoken)

    def say_whole(self, script: Script, extra: Mapping[str, str]) -> None:
        """Of a script the sentences whose variables are all set."""
        self._extra = extra
        self.actions += script.whole(self.voice, self.spoken)

    @property
    def says_something(self) -> bool:
        return any(type(action) is Say for action in self.actions)

    def spoken(self, name: str, how: str) -> str:
        """A variable as it is said; "" when it is not set, or secret."""
        value = self._extra.get(name) or self.context.get(name, "")
        if not value or name in self.plan.sensitive:
            return ""
        if how:
            return one_by_one(value, how)
        slot = self.plan.slots[self.language].get(name)
        return slot.spoken(value, self.now) if slot else value

    def fill(self, values: Mapping[str, str]) -> None:
        """Set variables that the caller gave, the last given last."""
        for name, value in values.items():
            self.context.pop(name, None)
            self.keep(name, value)
        self.fresh.update(values)

    def keep(self, name: str, value: str) -> None:
        self.context[name] = value
        if name in self.plan.sensitive:
            self.askers = {**self.askers, name: self.step.name}

    def heed(self) -> None:
        """The caller was understood."""
        self.strikes = 0
        if self.failures:
            self.failures = {}

    def stop_here(self) -> None:
        """The call waits, ends or leaves at the present step: what was said is what can be repeated."""
        self.said = tuple(action for action in self.actions[self.told :] if isinstance(action, Say))

    def listen(self) -> None:
        """Wait for the caller at the present question."""
        listen = self.question.listen(self.language, self.asking, self.pending is not None)
        self.actions.append(listen)

    def remember_question(self, forgotten: Mapping[str, str]) -> None:
        """That the present one is asked, with the values that had to be forgotten for it."""
        trail = self.trail
        if trail and trail[-1].step == self.step.name:
            forgotten = {**forgotten, **trail[-1].forgotten}
            trail = trail[:-1]
        self.trail = (*trail, Stop(self.step.name, self.frames, forgotten))[-MAX_TRAIL:]

    def promise(self, step: Step) -> str:
        """The action of a step that does one; its key."""
        do = step.do
        assert do is not None
        key = self.new_key(step)
        arguments = tuple((name, self._open(name)) for name in do.arguments)
        order = self._open(do.order_by) if do.order_by else ""
        self.actions.append(Do(do.action, arguments, key, order))
        return key

    def new_key(self, step: Step) -> str:
        """For what this visit of the step does: the same after a crash, another at the next visit."""
        self.visits += 1
        return f"{step.name}:{self.visits}"

    def _open(self, name: str) -> str:
        """A variable as it may be written down; "" when it is not set, or secret."""
        return "" if name in self.plan.sensitive else self.context.get(name, "")

    def outcome(self) -> Outcome:
        if self.waits and not self._keeps_place():
            self.actions.insert(-1, LeaveQueue())
            self.waits = ""
        self._never_silent()
        masked = self.plan.sensitive
        slots = self.slots
        if not masked.isdisjoint(slots):
            slots = {name: MASK if name in masked else value for name, value in slots.items()}
        return Outcome(
            self._state(),
            tuple(self.actions),
            self.intent,
            slots,
            tuple(self.path),
            self.masked,
            tuple(self.why),
        )

    def _never_silent(self) -> None:
        """A text may have come out empty, because its variables are not set."""
        if self.awaiting or self.thinking:  # fillers are said while he waits
            return
        if not self.says_something and not self._plays_music():
            unheard = (Do, Record, Enqueue, LeaveQueue)
            at = next(
                (n for n, action in enumerate(self.actions) if type(action) not in unheard),
                len(self.actions),
            )
            self.actions[at:at] = self.plan.lines.silence.render(self.voice, self.spoken)

    def _plays_music(self) -> bool:
        last = self.actions[-1] if self.actions else None
        return isinstance(last, Listen) and last.music is not None

    def _keeps_place(self) -> bool:
        """Whether he is where he waits in a queue, or digresses from there."""
        if isinstance(self.actions[-1], Transfer | Hangup):
            return False
        return self.step.name == self.waits or Frame(self.waits, True) in self.frames

    def _state(self) -> State:
        return State(
            self.plan.version,
            self.language,
            self.step.name,
            self.facts,
            self.context,
            self.failures,
            self.strikes,
            self.spoken_once,
            self.said,
            self.trail,
            self.frames,
            self.asking,
            self.pending,
            self.unsure,
            self.rate,
            self.visits,
            self.askers,
            self.recording,
            self.awaiting,
            self.waits,
            self.waits_since,
            self.thinking,
        )

    def end(self, action: Transfer | Hangup) -> None:
        self.stop_here()
        self.asking, self.pending = "", None
        self.actions.append(action)
