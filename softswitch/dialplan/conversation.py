"""One call's dialplan as a session holds it: ports.Conversation over the pure interpreter."""

from collections.abc import Mapping, Sequence

from softswitch.dialplan import interpreter
from softswitch.dialplan.plan import Plan
from softswitch.events import Action, Hypothesis, Input


class Conversation:
    def __init__(self, plan: Plan, facts: Mapping[str, str] = {}, language: str = "") -> None:
        self.plan, self.version = plan.name, plan.version
        self.intent, self.language = "", language or plan.settings.language
        self.masked = False
        self.path: tuple[str, ...] = ()
        self._plan = plan
        self._state = interpreter.State(plan.version, plan.settings.start)

    @property
    def step(self) -> str:
        return self._state.step

    @property
    def context(self) -> Mapping[str, str]:
        return self._state.context

    def start(self) -> tuple[Action, ...]:
        self._state, actions = interpreter.start(self._plan)
        return actions

    def resume(self, state: str) -> tuple[Action, ...]:
        """Go on from what `dump` gave. A text that is no state loses no caller: the call starts anew."""
        try:
            self._state = interpreter.load(state)
        except ValueError:
            self._state = interpreter.State(self._plan.version, self._plan.settings.start)
        self._state, actions = interpreter.resume(self._plan, self._state)
        return actions

    def take(self, event: Input) -> tuple[Action, ...]:
        self._state, actions, self.intent = interpreter.take(self._plan, self._state, event)
        return actions

    def completes(self, text: str, alternatives: Sequence[Hypothesis] = ()) -> bool:
        """Whether `text` is a whole phrase, or the whole number, that the present step listens for."""
        ear = self._plan.ears.get(self._state.step)
        if ear is None:
            return False
        texts = (text, *(hypothesis.text for hypothesis in alternatives))
        return interpreter.completes(self._plan, ear, texts)

    def dump(self) -> str:
        return interpreter.dump(self._state)
