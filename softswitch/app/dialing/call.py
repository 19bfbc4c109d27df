"""A call that we make: its order, what is heard of it, and what its record is to say."""

import asyncio
import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import Enum, auto
from typing import Any

from softswitch.app.dialing.outcome import Report
from softswitch.app.dialing.preparing import PreparedVoice
from softswitch.app.dialplans import Admission, Loaded
from softswitch.dialplan.routes import CallFacts, Decision
from softswitch.events import CallInfo, LegEvent, Say
from softswitch.gateway.line import CallLine
from softswitch.session.answering import AnsweredBy, Answering
from softswitch.trunks.numbers import WITHHELD

log = logging.getLogger(__name__)
Tell = Callable[[dict[str, Any]], None]
"""Takes progress: `{"event": "trying", "trunk": ...}`, failed, ringing, answered, answered by, ended."""


class Step(Enum):
    """What listening to who answered comes to."""

    DECIDED = auto()
    READY = auto()


@dataclass(eq=False)
class Dialling:
    """`given` are values of the plan's variables; `caller_id` is E.164, "" for the trunk's own."""

    number: str
    loaded: Loaded
    given: Mapping[str, str]
    caller_id: str
    ring_for: float
    tell: Tell
    call_id: str
    info: CallInfo = field(init=False)
    """As the latest try has it."""
    remembered: Mapping[str, str] = field(default_factory=dict)
    """What the plan remembers of whom it calls."""
    shown: str = ""
    """The number that the latest try shows, E.164 or ""."""
    recorded: bool = False
    cancelled: bool = False
    line: CallLine | None = None
    codec: str = ""
    answered_at: float | None = None
    voice: PreparedVoice | None = None
    answering: Answering | None = None
    answered_by: AnsweredBy | None = None
    news: asyncio.Queue[LegEvent | Step] = field(default_factory=asyncio.Queue)
    report: asyncio.Future[Report] = field(default_factory=lambda: asyncio.get_running_loop().create_future())

    def __post_init__(self) -> None:
        self.info = CallInfo(self.call_id, "", WITHHELD, f"sip:{self.number}", "", time.time(), "", "out")

    def admission(self, answered_by: AnsweredBy | None = None) -> Admission:
        """How it enters its dialplan, with what is known by now."""
        at = datetime.fromtimestamp(self.info.started_at, UTC)
        facts = CallFacts(self.info.trunk, self.shown or WITHHELD, self.number, at, "out")
        known = self.loaded.plan.facts(facts, Decision(None, ()))
        known |= {**self.remembered, **self.given}
        if by := answered_by or self.answered_by:
            known["answered_by"] = by
        return Admission(self.loaded, "", known)

    def prepare(self) -> None:
        """Speak ahead what the plan says first, whoever answers; once."""
        if self.voice is None:
            self.voice = PreparedVoice(self.loaded.parts.voice, self._first_words())

    def _first_words(self) -> list[Say]:
        """What is said to a person first, then what to others."""
        try:
            plans = [self.admission(by).conversation({}) for by in AnsweredBy]
            return [action for plan in plans for action in plan.start() if isinstance(action, Say)]
        except Exception:  # a bug in the dialplan is the session's to deal with
            log.exception("in call %s", self.call_id)
            return []

    # --- who has answered -------------------------------------------------------------------------------

    def begin_listening(self, line: CallLine) -> None:
        """What was heard before the answer was the network's (early media), and is passed over."""
        line.read()
        plan, parts = self.loaded.plan, self.loaded.parts
        self.answering = Answering(line.clock_rate, parts.recognizers[plan.languages[0]])

    def listen(self) -> None:
        """Every 20 ms."""
        if self.line is None or self.answering is None:
            return
        for frame in self.line.read():
            self.answering.frame(frame)
        if self.answering.by and self.answered_by is None:
            self.answered_by = self.answering.by
            self.news.put_nowait(Step.DECIDED)
        if self.answering.ready:
            self.stop_listening()
            self.news.put_nowait(Step.READY)

    def stop_listening(self) -> None:
        if self.answering:
            self.answering.close()
            self.answering = None
