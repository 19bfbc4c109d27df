"""A loaded dialplan, ready to be interpreted. `build` makes it from files that were checked."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import chain, product

from softswitch.dialplan import routes as routing
from softswitch.dialplan.building import Builder
from softswitch.dialplan.files.plan import PlanFile
from softswitch.dialplan.files.plan import Route as RouteFile
from softswitch.dialplan.hours import Calendar
from softswitch.dialplan.lines import Lines, lines_of
from softswitch.dialplan.numbers import NumberPattern
from softswitch.dialplan.parts import BEGIN, ROUTE, Parts
from softswitch.dialplan.prompts import NOTHING, Script, Scripts
from softswitch.dialplan.questions import own_sentences
from softswitch.dialplan.sentences import Sentences
from softswitch.dialplan.slots import Slot
from softswitch.dialplan.steps import Step
from softswitch.dialplan.tongues import Tongue
from softswitch.e164 import e164
from softswitch.events import Say


@dataclass(frozen=True, slots=True, repr=False)
class Plan:
    """Everything that a call needs. `slots`, `sentences` are by language; `confirms` by intent."""

    files: Parts
    languages: tuple[str, ...]
    steps: Mapping[str, Step]
    calendar: Calendar
    routes: tuple[routing.Route, ...]
    sentences: Mapping[str, Sentences]
    slots: Mapping[str, Mapping[str, Slot]]
    sensitive: frozenset[str]
    remembered: tuple[str, ...]
    """The variables that are kept of a caller from call to call."""
    confirms: Mapping[str, Script]
    lines: Lines

    @property
    def name(self) -> str:
        return self.files.plan.name

    @property
    def version(self) -> str:
        return self.files.version

    @property
    def human(self) -> str | None:
        return self.files.human

    @property
    def settings(self) -> PlanFile:
        return self.files.plan

    @property
    def strikes(self) -> int:
        return self.files.plan.repair.strikes

    @property
    def last_resort(self) -> str:
        """The step where failures end."""
        return self.files.plan.repair.then

    def route(self, call: routing.CallFacts) -> routing.Decision:
        """By which route a call enters; a plan without routes takes every call."""
        return routing.choose(self.routes, call, self.calendar)

    def facts(self, call: routing.CallFacts, decision: routing.Decision) -> dict[str, str]:
        """What is known of a call as it comes, as variables. What is withheld is not set."""
        local = call.at.astimezone(self.calendar.zone)
        country = self.files.plan.country
        known = {
            "caller_number": e164(call.from_uri, country),
            "called_number": e164(call.to_uri, country),
            "trunk": call.trunk,
            "direction": call.direction,
            "diverted_from": e164(call.diverted_from, country),
            "attestation": call.attestation,
            "today": local.date().isoformat(),
            "now": f"{local:%H:%M}",
            "holiday": _yes_or_no(self.calendar.is_holiday(local.date())),
            "language": self.languages[0],
        }
        for name in self.files.plan.hours:
            known[f"hours_{name}"] = _yes_or_no(self.calendar.is_within(name, call.at))
        if route := decision.route:
            known[ROUTE] = str(self.routes.index(route))
            known["language"] = route.language or known["language"]
        return {name: value for name, value in known.items() if value}

    def is_open(self, queue: str, at: float) -> bool:
        """Whether the queue's hours, if it has any, include that moment (Unix seconds)."""
        known = self.files.plan.queues.get(queue)
        moment = datetime.fromtimestamp(at, UTC)
        return known is None or not known.hours or self.calendar.is_within(known.hours, moment)

    def first(self, facts: Mapping[str, str]) -> str:
        """The step where a call begins."""
        route = self._route(facts)
        return facts.get(BEGIN) or (route and route.start) or self.files.plan.start

    def beginning(self, facts: Mapping[str, str]) -> dict[str, str]:
        """What is known as the call begins: from the plan, the call, its route, and look-ups."""
        plan = self.files.plan
        context = {name: variable.value for name, variable in plan.variables.items() if variable.value}
        context.update(facts)
        context.update(
            {name: it.value for name, it in plan.variables.items() if it.scope == "plan" and it.value}
        )
        if route := self._route(facts):
            context.update(route.set)
        for prefetch in plan.prefetch:
            if prefetch.table and prefetch.key:
                context.update(self.files.tables[prefetch.table].rows.get(context.get(prefetch.key, ""), {}))
        return context

    def prefetched(self, facts: Mapping[str, str]) -> list[tuple[str, dict[str, str]]]:
        """What integrations are to look up as the call arrives, with the arguments; those that are known."""
        plan = self.files.plan
        names = [prefetch.action for prefetch in plan.prefetch if prefetch.action]
        context = self.beginning(facts) if names else {}
        wanted = ((name, plan.actions[name].arguments) for name in names)
        return [
            (name, {argument: context[argument] for argument in arguments})
            for name, arguments in wanted
            if context.keys() >= set(arguments)
        ]

    def _route(self, facts: Mapping[str, str]) -> routing.Route | None:
        number = facts.get(ROUTE, "")
        known = number.isdecimal() and int(number) < len(self.routes)
        return self.routes[int(number)] if known else None

    def prepare(self) -> None:
        """Make now what is made when first wanted otherwise: how each question listens. It takes half of the
        time of building a large plan, and whoever only checks one does not need it.
        """
        for sentences in self.sentences.values():
            sentences.learn()
        questions = (step.question for step in self.steps.values() if step.question)
        for question, language in product(questions, self.languages):
            for asking in {asking for asking, _ in question.names}:
                question.listen(language, asking, False)

    @property
    def music(self) -> frozenset[str]:
        """What callers who wait hear, as in events.Listen.music."""
        queues = (step.queue for step in self.steps.values() if step.queue)
        return frozenset(queue.music for queue in queues if queue.music is not None)

    def static_prompts(self) -> tuple[Say, ...]:
        """Every fixed thing that may be said, each once: what has to be rendered when the plan is loaded."""
        scripts = (script.static() for script in self._scripts())
        found = chain(*scripts, *self._fillers())
        each = {(say.language, say.text, say.rate, say.audio, say.fragments): say for say in found}
        return tuple(each.values())

    def _fillers(self) -> Iterable[Iterable[Say]]:
        """They are said where answers take long, and where something is awaited."""
        plan, waits = self.files.plan, any(step.awaited for step in self.steps.values())
        return self.lines.fillers.values() if waits or plan.filler or plan.answers else ()

    def _scripts(self) -> Iterator[Script]:
        for step in self.steps.values():
            yield from (step.say, step.reprompt)
            yield from (failing.say for failing in step.failings.values())
            if step.queue:
                yield from (step.queue.position or NOTHING, self.lines.still_waiting)
            if question := step.question:
                yield question.confirm
                for field in question.fields:
                    yield from (field.ask, field.reask, field.invalid)
        yield from self.confirms.values()
        yield from self.lines.all()


def _yes_or_no(value: bool) -> str:
    return "yes" if value else "no"


def build(parts: Parts) -> Plan:
    """The plan of files that the checks found no error in."""
    file = parts.plan
    own = own_sentences(parts)
    tongues = {language: Tongue(parts, language, own) for language in file.spoken}
    scripts = Scripts(file.spoken, parts.folder / "audio")
    calendar = Calendar(file.time_zone, file.hours, file.holidays)
    lines = lines_of(file, scripts)
    return Plan(
        parts,
        file.spoken,
        Builder(parts, tongues, scripts, lines.fillers).steps(),
        calendar,
        tuple(_route(route, calendar, file.country) for route in file.routes),
        {language: tongue.sentences for language, tongue in tongues.items()},
        {language: tongue.slots for language, tongue in tongues.items()},
        parts.sensitive,
        tuple(name for name, variable in file.variables.items() if variable.scope == "caller"),
        {name: scripts.script(intent.confirm) for name, intent in parts.intents.items() if intent.confirm},
        lines,
    )


def _route(file: RouteFile, calendar: Calendar, country: str) -> routing.Route:
    when = file.when
    return routing.Route(
        file.name,
        when.trunk,
        tuple(NumberPattern.parse(text, country) for text in when.from_),
        tuple(NumberPattern.parse(text, country) for text in when.to),
        routing.HoursCondition.parse(when.hours, calendar) if when.hours else None,
        when.holiday,
        file.start,
        file.language,
        file.set,
        when.attestation,
    )
