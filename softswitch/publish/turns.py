"""What turns are counted by: how they came about, what was meant, how long each stage took."""

from collections import OrderedDict

from prometheus_client import CollectorRegistry, Counter, Histogram

from softswitch.news import TurnFinished
from softswitch.publish.figures import STAGE_BUCKETS

_CUT = 0.04
"""An answer of which more than this many seconds went unheard was cut: two frames are only rounding."""
_OPEN_CUTS = 4096
"""Calls remembered for telling a barge-in from a hang-up; more cannot be up at once."""
MOST_NAMES = 2000
"""Label values of one counter: 1,000 steps are a large dialplan."""


class Turns:
    def __init__(self, registry: CollectorRegistry) -> None:
        def counter(name: str, text: str, *labels: str) -> Counter:
            return Counter(name, text, labels, registry=registry)

        self._cut: OrderedDict[str, None] = OrderedDict()
        self._turns = counter("softswitch_turns", "Turns finished.", "via", "matched")
        self._rungs = counter("softswitch_rungs", "Answers, by how they came about.", "rung")
        self._barge_ins = counter("softswitch_barge_ins", "Answers that the caller interrupted.")
        self._intents = Named(counter("softswitch_intents", "What callers meant.", "intent"))
        self._steps = Named(counter("softswitch_steps", "Steps of dialplans that were taken.", "step"))
        text = "How long each stage of a turn took."
        self._stages = Histogram(
            "softswitch_stage_seconds", text, ["stage"], buckets=STAGE_BUCKETS, registry=registry
        )

    def take(self, turn: TurnFinished) -> None:
        """Count one turn."""
        self._turns.labels(turn.via, "yes" if turn.intent else "no").inc()
        if turn.rung:
            self._rungs.labels(turn.rung).inc()
        if turn.intent:
            self._intents.count(turn.intent)
        for step in turn.path:
            self._steps.count(step)
        for stage, milliseconds in turn.stages_ms.items():
            self._stages.labels(stage).observe(milliseconds / 1000)
        self._take_cut(turn)

    def _take_cut(self, turn: TurnFinished) -> None:
        """A cut answer was interrupted when the caller spoke or pressed next; otherwise he hung up on it."""
        was_cut = self._cut.pop(turn.call_id, "whole") is None
        if was_cut and turn.via in ("speech", "dtmf"):
            self._barge_ins.inc()
        if turn.said_heard_s < turn.said_s - _CUT:
            self._cut[turn.call_id] = None
            if len(self._cut) > _OPEN_CUTS:
                self._cut.popitem(last=False)

    def over(self, call_id: str) -> None:
        """The call has ended."""
        self._cut.pop(call_id, None)


class Named:
    """Counts by names that authors gave: dialplans may come and go, so beyond MOST_NAMES all are "other"."""

    def __init__(self, counter: Counter) -> None:
        self._counter = counter
        self._known: set[str] = set()

    def count(self, name: str) -> None:
        if name not in self._known and len(self._known) >= MOST_NAMES:
            name = "other"
        self._known.add(name)
        self._counter.labels(name).inc()
