"""A loaded dialplan, ready to be interpreted: steps, and for each listening step what it understands."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from softswitch.dialplan import prompts, templates
from softswitch.dialplan.grammar import Matcher
from softswitch.dialplan.language import LANGUAGES, Language
from softswitch.dialplan.routes import CallFacts, Decision, Route
from softswitch.dialplan.schema import Collect, IntentFile, PlanFile, Slot, Step, Timing
from softswitch.events import Listen, Say

MAX_GRAMMAR = 2000
"""More phrases than this make no closed grammar; the recogniser then gets its whole vocabulary."""

Tables = Mapping[str, Mapping[str, Mapping[str, str]]]
"""Rows by table and key; a row's columns become variables."""


@dataclass(frozen=True, slots=True)
class Meaning:
    """What an input was taken for: the intent's (or collected slot's) name, where it leads, slots filled."""

    intent: str
    target: str
    slots: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Ear:
    """What a listening step understands. `slot` is what it collects, "" when it only listens."""

    on: Mapping[str, str]
    keys: Mapping[str, Meaning]
    matcher: Matcher
    listen: Listen
    slot: str = ""


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything that a call needs. `human` is the configured SIP URI for `transfer: human`."""

    settings: PlanFile
    version: str
    human: str | None
    steps: Mapping[str, Step]
    tables: Tables
    ears: Mapping[str, Ear]

    @property
    def name(self) -> str:
        return self.settings.name

    @property
    def language(self) -> Language:
        return LANGUAGES[self.settings.language]

    def say(self, step: str, texts: tuple[str, ...], context: Mapping[str, str]) -> tuple[Say, ...]:
        """The texts as they are said in that step. A variable that is not set is left out."""
        barge_in = self.steps[step].barge_in or self.settings.barge_in
        return tuple(prompts.render(texts, lambda name: self._spoken(name, context), barge_in))

    def _spoken(self, name: str, context: Mapping[str, str]) -> str:
        value = context.get(name, "")
        return " ".join(value) if name in self.settings.slots else value

    def static_prompts(self) -> tuple[Say, ...]:
        """Every fixed text that may be said, each once: what has to be rendered when the plan is loaded."""
        return tuple(map(Say, dict.fromkeys(prompts.static(self._texts()))))

    @property
    def languages(self) -> tuple[str, ...]:
        return (self.settings.language,)

    @property
    def remembered(self) -> frozenset[str]:
        """The variables that are kept of a caller."""
        return frozenset()

    @property
    def routes(self) -> tuple[Route, ...]:
        return ()

    def route(self, call: CallFacts) -> Decision:
        return Decision(None, ())

    def facts(self, call: CallFacts, decision: Decision) -> dict[str, str]:
        return {}

    def _texts(self) -> Iterator[str]:
        for step in self.steps.values():
            yield from step.texts
        yield from self.settings.repair.no_input
        yield from self.settings.repair.no_match
        lines = self.settings.lines
        yield from (lines.resumed, lines.no_human, lines.transfer_failed)


def on_of(settings: PlanFile, step: Step) -> dict[str, str]:
    """Intent to target in a listening step: the universal ones, and over them the step's own."""
    return settings.universal.on | (step.ear.on if step.ear else {})


def keys_of(settings: PlanFile, step: Step) -> dict[str, Meaning]:
    """Key to meaning. A key's value names an intent that the step listens for, or else a target."""
    on = on_of(settings, step)
    keys = settings.universal.dtmf | (step.ear.dtmf if step.ear else {})
    return {
        key: Meaning(value, on[value], {}) if value in on else Meaning("", value, {})
        for key, value in keys.items()
    }


def phrases_of(intents: Mapping[str, IntentFile]) -> dict[str, tuple[str, ...]]:
    return {
        name: tuple(phrase for sentence in intent.sentences for phrase in templates.expand(sentence))
        for name, intent in intents.items()
    }


def ears_of(
    settings: PlanFile, steps: Mapping[str, Step], phrases: Mapping[str, tuple[str, ...]]
) -> dict[str, Ear]:
    """One ear per listening step; steps that understand the same share one matcher."""
    matchers: dict[tuple[tuple[str, tuple[str, ...]], ...], Matcher] = {}
    ears = {}
    for name, step in steps.items():
        if step.ear is None:
            continue
        on = on_of(settings, step)
        collect = step.collect
        wanted = {intent: phrases[intent] for intent in on}
        if collect:
            on[collect.slot] = collect.next
            wanted[collect.slot] = _collecting(collect)
        shared = tuple(sorted(wanted.items()))
        if shared not in matchers:
            matchers[shared] = Matcher(
                wanted,
                LANGUAGES[settings.language],
                settings.skip_words,
                settings.matching.threshold,
                settings.matching.margin,
            )
        listen = _listen(settings, step, matchers[shared])
        slot = collect.slot if collect else ""
        ears[name] = Ear(on, keys_of(settings, step), matchers[shared], listen, slot)
    return ears


def _collecting(collect: Collect) -> tuple[str, ...]:
    said = tuple(phrase for sentence in collect.sentences for phrase in templates.expand(sentence))
    return (f"{{{collect.slot}}}", *said)


def _listen(settings: PlanFile, step: Step, matcher: Matcher) -> Listen:
    backchannel = settings.backchannel if step.backchannel is None else step.backchannel
    phrases = tuple(sorted({*matcher.phrases(), *backchannel, *settings.skip_words}))
    keys = keys_of(settings, step)
    slot = _slot(settings, step)
    return Listen(
        **_waits(settings.timing) | _waits(step.timing),
        grammar=phrases if len(phrases) <= MAX_GRAMMAR else None,
        dtmf_length=slot.length[1] if slot else 1,
        dtmf_terminator=step.collect.terminator if step.collect else "" if "#" in keys else "#",
        backchannel=frozenset(backchannel),
    )


def _slot(settings: PlanFile, step: Step) -> Slot | None:
    return settings.slots[step.collect.slot] if step.collect else None


def _waits(timing: Timing) -> dict[str, float]:
    given: dict[str, float] = timing.model_dump(exclude_none=True)
    return given
