"""The ladder of each dialplan: what its calls need and what of that is down, and where they begin meanwhile.

The ear and the voice are judged by what calls experience, the database and the broker by whether they are
there. Of language models and look-ups those know who ask them.
"""

import asyncio
import logging
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace

from softswitch.answer.breaker import Breaker, Limits
from softswitch.app.judging import Judged, JudgedEar, JudgedVoice
from softswitch.dialplan.files.ladder import Away, Tripping
from softswitch.dialplan.plan import Plan
from softswitch.ports import Recognizer
from softswitch.publish.metrics import Metrics
from softswitch.session.parts import Parts

log = logging.getLogger(__name__)
LOOK_S = 0.5


def limits(trips: Tripping, slow: float) -> Limits:
    """`slow` holds where the dialplan says nothing of it."""
    return Limits(
        trips.window,
        trips.least,
        trips.failures,
        slow=trips.slow or slow,
        wait=trips.again_after,
        probes=trips.good,
    )


@dataclass
class Standing:
    """Of something that is there or away, by looking again and again. Times are monotonic seconds."""

    settings: Away
    is_down: bool = False
    _agreed_at: float = field(default_factory=time.monotonic)

    def look(self, away: bool, now: float) -> None:
        after = self.settings.again_after if self.is_down else self.settings.down
        if away == self.is_down:
            self._agreed_at = now
        elif now - self._agreed_at >= after:
            self.is_down, self._agreed_at = away, now


class Ladder:
    """One dialplan's."""

    def __init__(self, plan: Plan) -> None:
        settings = self.settings = plan.settings.ladder
        self.name = plan.name
        self.ear, self.voice = (
            Judged(Breaker(limits(engine, engine.slow)))
            for engine in (settings.recogniser, settings.synthesiser)
        )
        self.sql, self.mqtt = Standing(settings.sql), Standing(settings.mqtt)
        self._told: set[str] = set()

    def down(self) -> Iterator[tuple[str, str]]:
        """What is down, and the step where calls begin then, "" for where they always do."""
        for name, standing in (
            ("sql", self.sql),
            ("mqtt", self.mqtt),
            ("recogniser", self.ear),
            ("synthesiser", self.voice),
        ):
            if standing.is_down:
                yield name, getattr(self.settings, name).then or ""

    def begin(self) -> tuple[str, str]:
        """Why a call begins elsewhere, and where; "" twice for one that begins as ever."""
        for name, step in self.down():
            judged = {"recogniser": self.ear, "synthesiser": self.voice}.get(name)
            if step and not (judged and judged.breaker.allow(time.monotonic())):
                return name, step
        return "", ""

    def look(self, sql_away: bool, mqtt_away: bool) -> None:
        now = time.monotonic()
        self.sql.look(sql_away, now)
        self.mqtt.look(mqtt_away, now)
        down = dict(self.down())
        for name in down.keys() - self._told:
            where = f": its calls begin at {down[name]}" if down[name] else ""
            log.warning("%s is down for %s%s", name, self.name, where)
        for name in self._told - down.keys():
            log.warning("%s is well again for %s", name, self.name)
        self._told = set(down)


class Ladders:
    """The node's."""

    def __init__(self, metrics: Metrics) -> None:
        self._plans: dict[str, Ladder] = {}
        self._begun = Counter[tuple[str, str]]()
        metrics.watch("softswitch_ladder_down", self._down)
        metrics.watch("softswitch_ladder_calls_total", lambda: dict(self._begun))

    def judge(self, plan: Plan, parts: Parts) -> Parts:
        """The same parts, with somebody who sees how they do."""
        ladder = self._plans[plan.name] = Ladder(plan)
        ears: dict[str, Recognizer] = {
            name: JudgedEar(ear, ladder.ear) for name, ear in parts.recognizers.items()
        }
        return replace(parts, recognizers=ears, voice=JudgedVoice(parts.voice, ladder.voice))

    def begin(self, plan: str) -> tuple[str, str]:
        """Why a call begins elsewhere just now, and at which step; "" twice for one that begins as ever."""
        ladder = self._plans.get(plan)
        why, step = ladder.begin() if ladder else ("", "")
        if step:
            self._begun[plan, why] += 1
        return why, step

    def of_lookup(self, plan: str, name: str, slow: float) -> Limits:
        """When a look-up of this dialplan is not asked for a while."""
        ladder = self._plans.get(plan)
        trips = ladder.settings.lookups.get(name) if ladder else None
        return limits(trips or Tripping(), slow)

    async def run(self, sql_away: Callable[[], bool], mqtt_away: Callable[[], bool]) -> None:
        """Until cancelled."""
        while True:
            for ladder in self._plans.values():
                ladder.look(sql_away(), mqtt_away())
            await asyncio.sleep(LOOK_S)

    def _down(self) -> dict[tuple[str, str], float]:
        return {(plan, name): 1.0 for plan, ladder in self._plans.items() for name, _ in ladder.down()}
