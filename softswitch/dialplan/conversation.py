"""One call's dialplan as a session holds it: ports.Conversation over the pure interpreter."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Literal

from softswitch.dialplan import interpreter, recording
from softswitch.dialplan import state as states
from softswitch.dialplan.plan import Plan
from softswitch.dialplan.turn import MASK, Outcome
from softswitch.events import Action, Hypothesis, Input
from softswitch.waiting import Enqueue


class Conversation:
    """After each input: `intent` and `slots` that it was taken for, the `path` of steps that the answer went,
    `why`, and whether the input is `masked`: a secret, not to be written down.
    """

    def __init__(
        self,
        plan: Plan,
        facts: Mapping[str, str] | None = None,
        language: str = "",
        clock: Callable[[], float] = time.time,
    ) -> None:
        """`facts`: see Plan.facts; beside them any variables that are known, such as a caller's. `clock` is
        for the place in a queue: Unix seconds.
        """
        facts = facts or {}
        self.plan, self.version = plan.name, plan.version
        self.intent, self.masked = "", False
        self.slots: Mapping[str, str] = {}
        self.path: tuple[str, ...] = ()
        self.why: tuple[str, ...] = ()
        self._plan, self._clock = plan, clock
        self._state = interpreter.initial(plan, facts, language or facts.get("language", ""))

    @property
    def step(self) -> str:
        return self._state.step

    @property
    def waits(self) -> str:
        """The queue in which the caller waits, "" for none."""
        step = self._plan.steps.get(self._state.waits)
        return step.queue.name if step and step.queue else ""

    @property
    def doubted(self) -> str:
        """The intent about which the caller is asked whether he meant it; "" for none."""
        pending = self._state.pending
        return pending.intent if pending and pending.intent in self._plan.confirms else ""

    @property
    def language(self) -> str:
        return self._state.language

    @property
    def context(self) -> Mapping[str, str]:
        """All variables that are set; those that are secret are masked."""
        secret, context = self._plan.sensitive, self._state.context
        if secret.isdisjoint(context):
            return context
        return {name: MASK if name in secret else value for name, value in context.items()}

    @property
    def recording(self) -> Literal["on", "off", "paused"]:
        """Whether what is said now is recorded."""
        return recording.told(self._state.recording, self.secret)

    @property
    def secret(self) -> bool:
        """Whether the present question asks for a secret, so that nothing heard now may be written down."""
        question = self._plan.steps[self._state.step].question
        return question is not None and question.sensitive

    def start(self) -> tuple[Action, ...]:
        return self._took(interpreter.start(self._plan, self._state.facts, self._state.language))

    def resume(self, state: str) -> tuple[Action, ...]:
        """Go on from what `dump` gave. A text that is no state loses no caller: the call starts anew."""
        try:
            known = states.load(state)
        except ValueError:
            known = self._state
        return self._took(interpreter.resume(self._plan, known))

    def restore(self, state: str) -> None:
        """Be where `dump` was, without a word."""
        try:
            self._state = interpreter.as_known(self._plan, states.load(state))
        except ValueError:
            return

    def preview(self, event: Input) -> tuple[Action, ...]:
        """What `take` would give, without taking it."""
        return interpreter.take(self._plan, self._state, event).actions

    def take(self, event: Input) -> tuple[Action, ...]:
        return self._took(interpreter.take(self._plan, self._state, event))

    def _took(self, outcome: Outcome) -> tuple[Action, ...]:
        self._state, actions = outcome.state, outcome.actions
        if self._state.waits and not self._state.waits_since:
            actions = self._keep_since(actions)
        self.intent, self.slots, self.masked = outcome.intent, outcome.slots, outcome.masked
        self.path, self.why = outcome.path, outcome.why
        return actions

    def _keep_since(self, actions: tuple[Action, ...]) -> tuple[Action, ...]:
        """The caller's place in the queue is from now on. The interpreter has no clock."""
        now = self._clock()
        self._state = replace(self._state, waits_since=now)
        return tuple(
            replace(action, since=now) if isinstance(action, Enqueue) else action for action in actions
        )

    def completes(self, text: str, alternatives: Sequence[Hypothesis] = ()) -> bool:
        """Whether `text`, or an alternative, is all that the present step waits for."""
        return interpreter.completes(self._plan, self._state, text, alternatives)

    def dump(self) -> str:
        return states.dump(self._state, self._plan.sensitive)
