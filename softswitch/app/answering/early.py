"""Has each plan's answers ready when its hours begin: `answers.warm` of plan.yaml.

What callers asked before is asked ahead, the most wanted first: one question after the other, of all plans
together, and none while a caller's own is under way. Nodes that share a database each do it: what another has
had answered meanwhile is known, and not asked again.
"""

import asyncio
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial

import structlog

from softswitch.answer.answerer import Question
from softswitch.app.answering.thinker import PlanThinker
from softswitch.app.answering.wanted import most_wanted
from softswitch.app.answering.warming import ask
from softswitch.app.dialplans import Dialplans, Loaded
from softswitch.errors import SoftswitchError
from softswitch.publish.metrics import Metrics

log = structlog.get_logger(__name__)
LOOK_S = 15.0
"""Between two looks whether it is time; and after a failure."""
BUSY_S = 1.0
"""While callers wait for answers."""
PAUSE_S = 0.1
"""Between two questions: what one gave is written down meanwhile."""
YIELD_S = 0.02
"""Within so long a question gives way to a caller's."""
MOST_FAILED = 5
"""Failures one after the other; then callers have to ask themselves."""


@dataclass(eq=False)
class Round:
    """One plan's questions before one opening. `until` is of the loop's clock, which does not jump."""

    loaded: Loaded
    thinker: PlanThinker
    opening: datetime
    until: float
    questions: list[Question]
    came: Counter[str] = field(default_factory=Counter)
    failed: int = 0
    """One after the other, up to now."""


class Early:
    """`run` it. `came` counts questions by what came of them, see warming.ask."""

    def __init__(
        self, url: str, dialplans: Dialplans, metrics: Metrics, clock: Callable[[], float] | None = None
    ) -> None:
        """`clock` tells Unix time."""
        self._url, self._dialplans = url, dialplans
        self._clock = clock or (lambda: time.time())  # looked up each time: faults set another one
        self._rounds: list[Round] = []
        self._begun: dict[str, tuple[str, datetime]] = {}
        """By the name of a plan, its version and the opening that answers were last warmed for."""
        self.came = Counter[str](known=0, remembered=0, failed=0)
        metrics.watch("softswitch_answers_warmed_total", lambda: dict(self.came))

    async def run(self) -> None:
        """Until cancelled. What is remembered is read meanwhile, as the node starts."""
        pause = LOOK_S
        while True:
            await asyncio.sleep(pause)
            try:
                pause = await self.step()
            except Exception:  # calls go on without
                log.exception("answers are not warmed")
                pause = LOOK_S

    async def step(self) -> float:
        """Begin what is due, and ask one question; after how many seconds to go on."""
        for loaded in self._dialplans.active:
            await self._begin_if_due(loaded)
        self._rounds = [each for each in self._rounds if self._lasts(each) or self._end(each)]
        if not self._rounds:
            return LOOK_S
        if self._callers_wait():
            return BUSY_S
        return await self._go_on(self._rounds[0])

    # --- rounds -----------------------------------------------------------------------------------------

    async def _begin_if_due(self, loaded: Loaded) -> None:
        plan, thinker = loaded.plan, loaded.parts.thinker
        opening = self._opening(loaded)
        if opening is None or not isinstance(thinker, PlanThinker):
            return
        if self._begun.get(plan.name) == (plan.version, opening):
            return
        find = partial(most_wanted, self._url, plan, thinker, opening)
        try:
            questions = await asyncio.to_thread(find)
        except SoftswitchError as error:
            log.warning("no answers are warmed just now", plan=plan.name, why=str(error))
            return
        self._begun[plan.name] = plan.version, opening
        until = asyncio.get_running_loop().time() + (opening - self._now()).total_seconds()
        self._rounds.append(Round(loaded, thinker, opening, until, questions))
        log.info("answers are warmed", plan=plan.name, opening=str(opening), questions=len(questions))

    def _opening(self, loaded: Loaded) -> datetime | None:
        """The one that is so near that answers are to be warmed now."""
        settings, now = loaded.plan.settings.answers, self._now()
        if settings is None or not settings.warm or not settings.remember:
            return None
        opening = loaded.plan.calendar.next_opening(now)
        return opening if opening and opening - now <= timedelta(seconds=settings.warm) else None

    def _lasts(self, each: Round) -> bool:
        """Not beyond the opening, whatever the clock does; and only for the version that takes calls."""
        in_time = self._now() < each.opening and asyncio.get_running_loop().time() < each.until
        goes_on = bool(each.questions) and each.failed < MOST_FAILED
        return in_time and goes_on and each.loaded in self._dialplans.active

    def _end(self, each: Round) -> bool:
        """Told; always False."""
        left = len(each.questions)
        log.info("answers were warmed", plan=each.loaded.plan.name, came=dict(each.came), left=left)
        return False

    def _now(self) -> datetime:
        return datetime.fromtimestamp(self._clock(), UTC)

    # --- questions --------------------------------------------------------------------------------------

    async def _go_on(self, each: Round) -> float:
        question = each.questions[0]
        came = "known" if each.thinker.answerer.knows(question.asked) else await self._ask(each, question)
        if not came:
            return BUSY_S
        each.questions.pop(0)
        self._rounds.append(self._rounds.pop(0))  # the next plan's turn
        each.came[came] += 1
        self.came[came] += 1
        each.failed = each.failed + 1 if came == "failed" else 0
        return LOOK_S if each.failed else PAUSE_S

    async def _ask(self, each: Round, question: Question) -> str:
        """What came of it, "" where it gave way."""
        asking = asyncio.create_task(ask(each.loaded.plan, each.thinker, question))
        try:
            while not asking.done() and self._lasts(each) and not self._callers_wait():
                await asyncio.wait([asking], timeout=YIELD_S)
        finally:
            asking.cancel()
        await asyncio.wait([asking])
        return "" if asking.cancelled() else asking.result()["came"]

    def _callers_wait(self) -> bool:
        thinkers = (loaded.parts.thinker for loaded in (*self._dialplans.active, *self._dialplans.old))
        return any(each.answerer.requests.under_way for each in thinkers if isinstance(each, PlanThinker))
