"""Compiles what a step understands: intents, keys and values, and how the session is to listen."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

from softswitch.dialplan import expressions
from softswitch.dialplan.files.asking import Ask, Collect
from softswitch.dialplan.files.flow import FlowFile
from softswitch.dialplan.files.flow import Step as StepFile
from softswitch.dialplan.files.plan import PlanFile, Timing
from softswitch.dialplan.files.queue import OFF, Queue, QueueSettings
from softswitch.dialplan.files.texts import Texts
from softswitch.dialplan.grammars import Grammars
from softswitch.dialplan.parts import Parts
from softswitch.dialplan.prompts import NOTHING, Script, Scripts
from softswitch.dialplan.steps import Field, Question, Way
from softswitch.dialplan.tongues import NO, YES, Tongue
from softswitch.events import Listen, Say

DEFAULTS = {
    "repeat": "repeat",
    "slower": "slower",
    "faster": "faster",
    "go_back": "back",
    "start_over": "restart",
}
"""Where universal intents lead unless the plan says otherwise."""
QUEUE_SILENCE_S = 20.0
"""Silence after which one who waits without music is told that somebody will come."""
WHEN_ASKED = frozenset({"text", "yes_no"})
"""Types whose bare values are understood only where they are asked for: too much would be one."""

Heard = tuple[str, bool]
"""The variable that is asked for, "" for none, and whether a yes is waited for."""


def queued(plan: PlanFile, step: Queue) -> QueueSettings:
    """How callers wait at a step: as it says, else as its queue does."""
    given = {name: getattr(step, name) for name in step.model_fields_set & QueueSettings.model_fields.keys()}
    return plan.queues[step.name].model_copy(update=given)


def own_name(step: str) -> str:
    """Under which Sentences knows a step's own sentences; no intent can have that name."""
    return f"step {step}"


def own_sentences(parts: Parts) -> dict[str, Texts]:
    """Those of every step that collects, by `own_name`."""
    collecting = [
        (name, step.collect)
        for flow in parts.flows.values()
        for name, step in flow.steps.items()
        if step.collect
    ]
    return {
        own_name(name): Texts({language: _own(collect, language) for language in parts.plan.spoken})
        for name, collect in collecting
        if collect.sentences or any(ask.sentences for ask in collect.fields.values())
    }


def _own(collect: Collect, language: str) -> tuple[str, ...]:
    asks = (text for ask in collect.fields.values() for text in ask.sentences.in_language(language))
    return (*collect.sentences.in_language(language), *asks)


@dataclass(frozen=True)
class Questions:
    parts: Parts
    tongues: Mapping[str, Tongue]
    scripts: Scripts
    fillers: Mapping[str, tuple[Say, ...]]
    """Of the plan, by language."""

    @cached_property
    def _grammars(self) -> Mapping[str, Grammars]:
        return {name: Grammars(tongue) for name, tongue in self.tongues.items()}

    @cached_property
    def _universal(self) -> dict[str, Way]:
        universal = self.parts.plan.universal
        return {**_ways(DEFAULTS), **_ways(universal.on), **self._digressions(universal.digress)}

    def _digressions(self, digress: Mapping[str, str]) -> dict[str, Way]:
        return {intent: Way(self.parts.first_steps[flow], True, intent) for intent, flow in digress.items()}

    def of(self, name: str, flow: FlowFile, file: StepFile, say: Script, reprompt: Script) -> Question:
        fields = tuple(self._fields(file, say, reprompt))
        ways, keys = self._ways(file), self._keys(file)
        names = self._names(name, file, ways, fields)
        collect = file.collect
        confirm = collect.confirm if collect else None
        sensitive = any(field.sensitive for field in fields)
        return Question(
            ways,
            keys,
            names,
            fields,
            {field.name: field for field in fields},
            bool(collect and collect.form and say),
            self.scripts.script(confirm) if confirm else NOTHING,
            bool(collect and collect.confirm_when == "always"),
            (collect.next if collect else file.dtmf.next if file.dtmf else None) or "",
            file.dtmf is None,
            sensitive,
            (file.listen.otherwise if file.listen else None) or "",
            _Listens(self, flow, file, names, keys, sensitive),
        )

    def _fields(self, file: StepFile, say: Script, reprompt: Script) -> Iterable[Field]:
        """Those of a form have texts of their own; a single one is asked for by the step's."""
        again = reprompt or say
        asks = file.collect.fields if file.collect else {}
        if file.dtmf and file.dtmf.slot:
            asks = {file.dtmf.slot: Ask(valid=file.dtmf.valid, invalid=file.dtmf.invalid)}
        single = not (file.collect and file.collect.form)
        for name, ask in asks.items():
            first = self.scripts.script(ask.ask) if ask.ask else say if single else again
            reask = self.scripts.script(ask.reask) if ask.reask else again if single or not ask.ask else first
            valid = expressions.parse(ask.valid, self.parts.types) if ask.valid else None
            invalid = self.scripts.script(ask.invalid) if ask.invalid else NOTHING
            yield Field(name, first, reask, valid, invalid, name in self.parts.sensitive)

    def _ways(self, file: StepFile) -> Mapping[str, Way]:
        choices = file.choices
        if choices is None or not (choices.on or choices.digress):
            return self._universal
        return {**self._universal, **_ways(choices.on), **self._digressions(choices.digress)}

    def _keys(self, file: StepFile) -> dict[str, Way]:
        """A key names an intent that is listened for here, or else a step."""
        ways = self._ways(file)
        choices = file.choices
        given = choices.dtmf if choices else file.dtmf.menu if file.dtmf else {}
        keys = {**self.parts.plan.universal.dtmf, **given}
        return {key: ways.get(target) or Way(target, False) for key, target in keys.items()}

    def _names(
        self, step: str, file: StepFile, ways: Mapping[str, Way], fields: tuple[Field, ...]
    ) -> dict[Heard, frozenset[str]]:
        if file.dtmf:
            asked = file.dtmf.slot or ""
            return {(asked, False): frozenset()}
        always = {*ways, *({own_name(step)} if fields else ())}
        bare = {field.name for field in fields}
        distinct = {name for name in bare if self.parts.types[name] not in WHEN_ASKED}
        names: dict[Heard, frozenset[str]] = {}
        for asking in (*bare, "") if fields else ("",):
            values = {f"{{{name}}}" for name in distinct | ({asking} & bare)}
            names[asking, False] = frozenset(always | values)
            names[asking, True] = frozenset(always | values | {YES, NO})
        return names


class _Listens:
    """How to listen at one question: made when first wanted, kept from then on."""

    def __init__(
        self,
        questions: Questions,
        flow: FlowFile,
        file: StepFile,
        names: Mapping[Heard, frozenset[str]],
        keys: Mapping[str, Way],
        sensitive: bool,
    ) -> None:
        self._questions, self._flow, self._file, self._names, self._keys = questions, flow, file, names, keys
        self._sensitive = sensitive
        self._made: dict[tuple[str, str, bool], Listen] = {}

    def __call__(self, language: str, asking: str, confirming: bool) -> Listen:
        key = (language, asking, confirming)
        if (listen := self._made.get(key)) is None:
            listen = self._made[key] = self._listen(*key)
        return listen

    def _listen(self, language: str, asking: str, confirming: bool) -> Listen:
        file, plan = self._file, self._questions.parts.plan
        given = plan.backchannel if file.backchannel is None else file.backchannel
        backchannel = given.in_language(language)
        grammar = None
        speech, anything = file.dtmf is None, file.listen is not None and file.listen.otherwise is not None
        if speech and not anything:
            grammars = self._questions._grammars[language]
            grammar = grammars.of(
                self._names[asking, confirming], backchannel, correcting=file.collect is not None
            )
        waits = {**_waits(plan.timing), **_waits(self._flow.timing), **_waits(file.timing)}
        music = self._music() if file.queue else None
        if file.queue:  # music is company enough
            silence = _waits(file.timing).get("no_input_timeout", QUEUE_SILENCE_S)
            waits["no_input_timeout"] = silence if music is None else math.inf
        return Listen(
            **waits,
            grammar=grammar,
            dtmf_length=self._length(language, asking, confirming),
            dtmf_terminator=self._terminator(),
            backchannel=frozenset(backchannel),
            language=language,
            speech=speech,
            filler_after=plan.filler.after if plan.filler else 1.0,
            filler=self._questions.fillers[language] if plan.filler or plan.answers else (),
            sensitive=self._sensitive,
            music=music,
            waiting=file.queue is not None,
        )

    def _music(self) -> str | None:
        assert self._file.queue
        name = queued(self._questions.parts.plan, self._file.queue).music
        audio = self._questions.parts.folder / "audio"
        return None if name == OFF else str((audio / name).absolute()) if name else ""

    def _length(self, language: str, asking: str, confirming: bool) -> int:
        if not asking or confirming:
            return 1
        return max(1, self._questions.tongues[language].slots[asking].keys[1])

    def _terminator(self) -> str:
        collects = self._file.collect or (
            self._file.dtmf if self._file.dtmf and self._file.dtmf.slot else None
        )
        return collects.terminator if collects else "" if "#" in self._keys else "#"


def _ways(on: Mapping[str, str]) -> dict[str, Way]:
    return {intent: Way(target, False, intent) for intent, target in on.items()}


def _waits(timing: Timing) -> dict[str, float]:
    return {
        name: getattr(timing, name) for name in timing.model_fields_set if getattr(timing, name) is not None
    }
