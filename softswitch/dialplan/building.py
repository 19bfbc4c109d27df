"""Compiles the steps of a plan: what they say, understand and lead to, with all that they inherit."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from softswitch.dialplan import expressions
from softswitch.dialplan import steps as compiled
from softswitch.dialplan.files.doing import Do as DoFile
from softswitch.dialplan.files.doing import Lookup as LookupFile
from softswitch.dialplan.files.flow import FlowFile
from softswitch.dialplan.files.flow import Step as StepFile
from softswitch.dialplan.files.plan import Failure, Repairs
from softswitch.dialplan.files.queue import OFF, QueueSettings
from softswitch.dialplan.language import LANGUAGES
from softswitch.dialplan.parts import Parts
from softswitch.dialplan.prompts import NOTHING, Script, Scripts
from softswitch.dialplan.questions import Questions, queued
from softswitch.dialplan.steps import KINDS, Failing, Kind, Step
from softswitch.dialplan.tongues import Tongue
from softswitch.events import Record, Say

DEFAULT_BUDGET_S = 1.0
"""For looking something up, where the plan says nothing."""
PROMISED = ("done", "noted", "refused")
LOOKED_UP = ("found", "not_found", "late")


@dataclass(frozen=True)
class Builder:
    """Everything is looked up once, so that a plan of a thousand steps is built at once."""

    parts: Parts
    tongues: Mapping[str, Tongue]
    scripts: Scripts
    fillers: Mapping[str, tuple[Say, ...]]
    """Of the plan, by language."""

    @cached_property
    def _questions(self) -> Questions:
        return Questions(self.parts, self.tongues, self.scripts, self.fillers)

    def steps(self) -> dict[str, Step]:
        return {
            name: self._step(name, flow_name, flow, step, inherited)
            for flow_name, flow in self.parts.flows.items()
            for inherited in [self._inherited(flow)]
            for name, step in flow.steps.items()
        }

    @cached_property
    def _of_plan(self) -> dict[Kind, Failing]:
        return dict(self._failings(self.parts.plan.repair))

    def _inherited(self, flow: FlowFile) -> dict[Kind, Failing]:
        return {**self._of_plan, **dict(self._failings(flow.repair))}

    def _failings(self, repairs: Repairs) -> Iterator[tuple[Kind, Failing]]:
        for kind in KINDS:
            failure: Failure | None = getattr(repairs, kind, None)
            if failure is not None:
                yield kind, Failing(self.scripts.script(failure.say), failure.times, failure.then or "")

    def _step(
        self, name: str, flow_name: str, flow: FlowFile, file: StepFile, inherited: Mapping[Kind, Failing]
    ) -> Step:
        say = self.scripts.script(file.say) if file.say else NOTHING
        reprompt = self.scripts.script(file.reprompt) if file.reprompt else NOTHING
        own = dict(self._failings(file))
        return Step(
            name,
            flow_name,
            file.barge_in or self.parts.plan.barge_in,
            tuple((variable, self._parse(text)) for variable, text in file.set.items()),
            say,
            reprompt,
            {**inherited, **own} if own else inherited,
            next=_next(file),
            question=self._questions.of(name, flow, file, say, reprompt) if file.hears else None,
            branches=tuple(
                compiled.Branch(self._parse(branch.when), branch.then) for branch in file.if_ or ()
            ),
            call=self.parts.first_steps[file.call] if file.call else "",
            do=self._do(file),
            lookup=self._lookup(file),
            awaited=self._awaited(file),
            answer=_answer(file),
            language=file.language or "",
            record=Record(file.record) if file.record else None,
            transfer=self._transfer(file),
            queue=self._queue(file),
            leave=self._leave(file),
            hangup=bool(file.hangup),
            returns=bool(file.return_),
        )

    def _parse(self, text: str) -> expressions.Expression:
        return expressions.parse(text, self.parts.types)

    def _do(self, file: StepFile) -> compiled.Do | None:
        if file.do is None:
            return None
        action = self.parts.plan.actions[file.do.action]
        return compiled.Do(file.do.action, action.arguments, action.order_by or "")

    def _lookup(self, file: StepFile) -> compiled.Lookup | None:
        if (lookup := file.lookup) is None or lookup.table is None or lookup.key is None:
            return None
        rows = self.parts.tables[lookup.table].rows
        return compiled.Lookup(rows, lookup.key, lookup.found, lookup.not_found)

    def _awaited(self, file: StepFile) -> compiled.Awaited | None:
        if file.lookup and file.lookup.action:
            within = DEFAULT_BUDGET_S if file.lookup.within is None else file.lookup.within
            return self._waiting(file.lookup.action, within, file.lookup, LOOKED_UP)
        if file.do and file.do.within is not None:
            return self._waiting(file.do.action, file.do.within, file.do, PROMISED)
        return None

    def _waiting(
        self, name: str, within: float, file: LookupFile | DoFile, outcomes: tuple[str, ...]
    ) -> compiled.Awaited:
        action, filler = self.parts.plan.actions[name], self.parts.plan.filler
        return compiled.Awaited(
            name,
            action.arguments,
            outcomes is LOOKED_UP,
            within,
            {outcome: getattr(file, outcome) for outcome in outcomes},
            action.result,
            filler.after if filler else 1.0,
            self.fillers,
        )

    def _queue(self, file: StepFile) -> compiled.Queue | None:
        if (queue := file.queue) is None:
            return None
        own, plan = queued(self.parts.plan, queue), self.parts.plan
        hours = plan.queues[queue.name].hours
        return compiled.Queue(
            queue.name,
            own.skills,
            own.same_language,
            own.priority or 0,
            own.max_wait or 0.0,
            own.most_waiting or 0,
            f"hours_{hours}" if hours else "",
            None if own.music == OFF else own.music or "",
            self._position(own),
            self.scripts.script(queue.reason) if queue.reason else NOTHING,
            queue.served,
            queue.over,
        )

    def _position(self, queue: QueueSettings) -> Script | None:
        """What is told of it: as the queue has it, else the plan's lines, else the language's."""
        if queue.position is None:
            return None
        given = queue.position or self.parts.plan.lines.position
        return self.scripts.script(
            given, {language: LANGUAGES[language].talk.lines["position"] for language in self.tongues}
        )

    def _leave(self, file: StepFile) -> compiled.Leave | None:
        return compiled.Leave(file.leave.for_, file.leave.number or "") if file.leave else None

    def _transfer(self, file: StepFile) -> compiled.Transfer | None:
        if (transfer := file.transfer) is None:
            return None
        human = self.parts.plan.human
        if transfer.to != "human":
            uri: str | None = transfer.to
        else:
            uri = human if human and human != "human" else self.parts.human
        return compiled.Transfer(uri, transfer.failed)


def _answer(file: StepFile) -> compiled.Answer | None:
    if (answer := file.answer) is None:
        return None
    return compiled.Answer(answer.unknown, answer.failed or answer.unknown, answer.do)


def _next(file: StepFile) -> str:
    """Where a step goes on by itself."""
    ways = (
        *(file.next, file.else_, file.do and file.do.next, file.leave and file.leave.next),
        file.answer and file.answer.next,
    )
    return next((way for way in ways if way), "")
