"""Makes thinkers for the dialplans that want one, from the models of the configuration and one memory."""

import asyncio
import logging
from collections import Counter
from collections.abc import Callable, Mapping, Sequence

from softswitch.answer.answerer import Answerer, Settings
from softswitch.answer.asking import Embedding, Llm, Model
from softswitch.answer.breaker import Limits
from softswitch.answer.remembering import Remembered
from softswitch.app.answering.memory import Memory
from softswitch.app.answering.rehearsing import Rehearsal
from softswitch.app.answering.thinker import PlanThinker, names_in
from softswitch.app.answering.tools import Find
from softswitch.app.ladders import limits
from softswitch.config import Config
from softswitch.dialplan.plan import Plan
from softswitch.publish.metrics import Metrics
from softswitch.secret_file import first_line
from softswitch.sections.llm import Llm as LlmSettings
from softswitch.speech.voices import PlanVoice
from softswitch.store.writer import Records

log = logging.getLogger(__name__)


class Answering:
    """The node's. `open` it once there are records; `thinker` may be asked before."""

    def __init__(self, config: Config, metrics: Metrics, make: Callable[[Model], Llm] = Llm) -> None:
        """Raises SoftswitchError where a key cannot be read."""
        self._make = make
        self._config = config
        self._models = {name: model_of(name, settings) for name, settings in config.llm.items()}
        self._llms: dict[str, Llm] = {}
        self._thinkers: dict[tuple[str, str], PlanThinker] = {}
        self._memory: Memory | None = None
        self._rehearsal = Rehearsal()
        self._find: Find | None = None
        self._speculations = Counter[str](used=0, wrong=0)
        self._watch(metrics)

    def open(self, records: Records, find: Find) -> None:
        """From here on answers are remembered, and looked up by `find`."""
        self._memory = Memory(self._config.database_url, records, self._versions, self._learn)
        self._find = find
        for thinker in self._thinkers.values():
            self._equip(thinker)

    def thinker(self, plan: Plan, voice: PlanVoice) -> PlanThinker | None:
        """None for a plan that wants none, or whose model is not configured. What it remembers is rendered
        by `voice`.
        """
        answers = plan.settings.answers
        if answers is None:
            return None
        model = self._models.get(answers.model)
        if model is None:
            log.warning("%s: llm.%s is not configured, so nobody answers there", plan.name, answers.model)
            return None
        llm = self._llms.setdefault(answers.model, self._make(model))
        settings = Settings(
            answers.remember,
            answers.reuse == "approved",
            answers.at_once,
            answers.hedge_after,
            plan.sensitive,
            _limits(plan, self._config.llm[answers.model]),
            names_in(plan),
        )
        thinker = PlanThinker(plan, Answerer(llm, settings))
        self._thinkers = {key: one for key, one in self._thinkers.items() if key[0] != plan.name}
        self._thinkers[plan.name, plan.version] = thinker
        self._equip(thinker)
        self._rehearsal.speak_with(plan, voice)
        if self._memory:
            self._learn(list(self._memory.book))
        return thinker

    def speculated(self, result: str) -> None:
        """What became of a thought that began before it was asked for."""
        self._speculations[result] += 1

    async def run(self) -> None:
        """Until cancelled."""
        for llm in self._llms.values():
            await llm.prepare()
        assert self._memory
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._memory.run())
            tasks.create_task(self._rehearsal.run())

    async def close(self) -> None:
        if self._memory:
            await self._memory.close()
        for thinker in self._thinkers.values():
            await thinker.answerer.close()
        for llm in self._llms.values():
            await llm.close()

    def _equip(self, thinker: PlanThinker) -> None:
        if self._memory:
            thinker.answerer.remember(self._memory.book, self._memory.keep, self._memory.used)
        thinker.find = self._find

    def _learn(self, answers: Sequence[Remembered]) -> None:
        """Have these at hand, as audio and to be compared with, before anybody asks."""
        self._rehearsal.learn(answers)
        for (plan, version), thinker in self._thinkers.items():
            if likeness := thinker.answerer.likeness:
                likeness.learn(each for each in answers if (each.plan, each.version) == (plan, version))

    def _versions(self) -> Mapping[str, str]:
        return dict(self._thinkers.keys())

    def _watch(self, metrics: Metrics) -> None:
        metrics.watch("softswitch_answers_total", self._outcomes)
        metrics.watch("softswitch_llm_requests_total", lambda: self._sum("requests"))
        metrics.watch("softswitch_llm_hedges_total", lambda: self._sum("hedges"))
        metrics.watch("softswitch_llm_inquiries_total", self._inquiries)
        metrics.watch("softswitch_llm_tokens_total", self._tokens)
        metrics.watch("softswitch_llm_shunned_total", self._shunned)
        metrics.watch("softswitch_speculations_total", lambda: dict(self._speculations))
        metrics.watch("softswitch_llm_under_way", self._under_way)
        metrics.watch("softswitch_llm_broken", self._broken)
        metrics.watch("softswitch_answers_remembered", lambda: len(self._memory.book) if self._memory else 0)
        metrics.watch("softswitch_answers_dropped_total", lambda: self._memory.dropped if self._memory else 0)
        metrics.watch("softswitch_answers_compared_total", self._compared)
        metrics.watch("softswitch_answers_comparable", lambda: self._vectors("known"))
        metrics.watch("softswitch_answers_uncompared", lambda: self._vectors("waiting"))
        metrics.watch("softswitch_answers_unrendered", lambda: self._rehearsal.waiting)

    def _outcomes(self) -> dict[tuple[str, str], float]:
        found = Counter[tuple[str, str]]()
        for thinker in self._thinkers.values():
            found.update(thinker.answerer.figures.outcomes)
        return dict(found)

    def _sum(self, name: str) -> float:
        return float(sum(getattr(each.answerer.figures, name) for each in self._thinkers.values()))

    def _inquiries(self) -> float:
        return float(sum(each.answerer.requests.inquiry.asked for each in self._thinkers.values()))

    def _tokens(self) -> dict[str, float]:
        return {"prompt": self._sum("prompt_tokens"), "completion": self._sum("completion_tokens")}

    def _shunned(self) -> dict[str, float]:
        found = Counter[str](breaker=0, bulkhead=0)
        for thinker in self._thinkers.values():
            found.update(thinker.answerer.figures.shunned)
        return dict(found)

    def _compared(self) -> dict[str, float]:
        found = Counter[str]()
        for thinker in self._thinkers.values():
            if likeness := thinker.answerer.likeness:
                found.update(likeness.results)
        return dict(found)

    def _vectors(self, name: str) -> float:
        found = (thinker.answerer.likeness for thinker in self._thinkers.values())
        return float(sum(getattr(likeness, name) for likeness in found if likeness))

    def _under_way(self) -> dict[str, float]:
        return {plan: float(each.answerer.requests.under_way) for (plan, _), each in self._thinkers.items()}

    def _broken(self) -> dict[str, float]:
        """1 while a plan's model is not asked, or only tried."""
        return {
            plan: float(each.answerer.requests.breaker.state != "closed")
            for (plan, _), each in self._thinkers.items()
        }


def _limits(plan: Plan, model: LlmSettings) -> Limits:
    """When the plan's model is not asked for a while."""
    return limits(plan.settings.ladder.llm, model.slow)


def model_of(name: str, settings: LlmSettings) -> Model:
    """Raises SoftswitchError where its key cannot be read."""
    setting, key = f"llm.{name}.key_file", ""
    if settings.key_file:
        key = first_line(settings.key_file, setting=setting, what="key", least=0).strip()
    return Model(
        name,
        settings.url,
        settings.model,
        key,
        settings.first_piece,
        settings.between_pieces,
        settings.timeout,
        settings.most_tokens,
        structured=settings.structured,
        embedding=_embedding(settings, key),
    )


def _embedding(settings: LlmSettings, key: str) -> Embedding | None:
    if not settings.embedding:
        return None
    patience, least, margin = settings.embedding_patience, settings.alike, settings.alike_margin
    return Embedding(settings.embedding, settings.url, key, patience, least, margin)
