"""The dialplans that run: which of them a call enters, and the versions that calls in progress go on with."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from softswitch.app.plans import Key
from softswitch.dialplan.conversation import Conversation
from softswitch.dialplan.parts import BEGIN
from softswitch.dialplan.plan import Plan
from softswitch.dialplan.routes import CallFacts
from softswitch.events import CallInfo
from softswitch.session.parts import Parts
from softswitch.speech.voices import PlanVoice
from softswitch.trunks import numbers
from softswitch.trunks.settings import Trunk

MOST_VERSIONS = 10
"""Versions of one dialplan at once: each holds its prompts and its grammars in memory."""


@dataclass(eq=False)
class Loaded:
    """A version of a dialplan, ready for calls. `setting` is how the configuration names it."""

    setting: str
    plan: Plan
    voice: PlanVoice
    parts: Parts
    calls: int = 0

    @property
    def key(self) -> Key:
        return self.plan.name, self.plan.version


@dataclass(frozen=True)
class Admission:
    """A call let in: by which dialplan and route, and what is known of it."""

    loaded: Loaded
    route: str = ""
    facts: Mapping[str, str] = field(default_factory=dict)
    down: str = ""
    """What is down, so that the call begins elsewhere than its route says."""

    @property
    def caller(self) -> str:
        """Under which number values are remembered, "" when there are none or he withholds it."""
        return self.facts.get("caller_number", "") if self.loaded.parts.remembers else ""

    def conversation(self, remembered: Mapping[str, str]) -> Conversation:
        kept = {name: value for name, value in remembered.items() if name in self.loaded.parts.remembers}
        return Conversation(self.loaded.plan, {**self.facts, **kept})


def facts_of(info: CallInfo, trunk: Trunk | None, attestation: str = "") -> CallFacts:
    """What dialplans are told of a call: numbers as its trunk's rules make them E.164. A call of no trunk
    is known by its From alone, for nobody vouches for the rest.
    """
    at = datetime.fromtimestamp(info.started_at, UTC)
    if trunk is None:
        private = info.signalled is not None and info.signalled.private
        caller = numbers.WITHHELD if private else info.from_uri
        return CallFacts(info.trunk, caller, info.to_uri, at, info.direction, "", attestation)
    return CallFacts(
        info.trunk,
        numbers.caller(info, trunk).address,
        numbers.called(info, trunk).address,
        at,
        info.direction,
        numbers.diverted_from(info, trunk).address,
        attestation,
    )


class Dialplans:
    """`active` take new calls, in order; `old` ones have calls in progress."""

    def __init__(self, active: Sequence[Loaded], old: Sequence[Loaded] = ()) -> None:
        self.active = list(active)
        self.old = list(old)
        self.find_trunk: Callable[[str], Trunk | None] = lambda name: None
        """The trunk of that name, whose rules make numbers E.164."""
        self.begin_at: Callable[[str], tuple[str, str]] = lambda plan: ("", "")
        """Why calls of that plan do not begin just now where they always do, and where; see app.ladders."""

    @property
    def keys(self) -> list[Key]:
        return [loaded.key for loaded in (*self.active, *self.old)]

    def admit(self, info: CallInfo, attestation: str = "") -> Admission | None:
        """The first dialplan that has a route for the call, or takes them all; None when none wants it.

        `attestation` is what the caller's identity is worth, as in CallStarted.
        """
        call = facts_of(info, self.find_trunk(info.trunk), attestation.partition(":")[0])
        for loaded in self.active:
            decision = loaded.plan.route(call)
            if decision.route or not loaded.plan.routes:
                name = decision.route.name if decision.route else ""
                facts = loaded.plan.facts(call, decision)
                down, step = self.begin_at(loaded.plan.name)
                if step:
                    facts[BEGIN] = step
                return Admission(loaded, name, facts, down)
        return None

    def running(self, key: Key) -> Loaded | None:
        """The version that a call began with; the present one of that dialplan when it is gone."""
        everything = (*self.active, *self.old)
        same = [loaded for loaded in everything if loaded.key == key]
        named = [loaded for loaded in self.active if loaded.plan.name == key[0]]
        return next(iter((*same, *named)), None)

    def replace(self, active: Sequence[Loaded]) -> None:
        """These take new calls from here on; the others go on for as long as they have calls."""
        gone = [loaded for loaded in self.active if loaded not in active]
        self.active = list(active)
        self.old = [loaded for loaded in (*self.old, *gone) if loaded.calls]

    def settle(self) -> None:
        """Every call that was up before is known by now: old versions without one are let go."""
        self.old = [loaded for loaded in self.old if loaded.calls]

    def begin(self, loaded: Loaded) -> None:
        """A call has entered it."""
        loaded.calls += 1

    def end(self, loaded: Loaded) -> None:
        """A call has left it; an old version without calls is let go, its prompts and grammars with it."""
        loaded.calls -= 1
        if not loaded.calls and loaded in self.old:
            self.old.remove(loaded)
