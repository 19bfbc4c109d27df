"""A turn of the conversation while its answer is being heard, and what is recorded of it afterwards."""

import time
from dataclasses import dataclass, field
from typing import Literal

from softswitch.events import Heard, Hypothesis, NoInput, Pressed
from softswitch.news import TurnFinished
from softswitch.session.answer import Account
from softswitch.session.utterance import Timing
from softswitch.thinking import Rung

MASK = "****"
"""Recorded in the stead of what a caller said or pressed that nobody shall see."""


@dataclass
class Turn:
    """See TurnFinished. `step` "" is not known before the dialplan has decided, nor `number` before it was
    asked.
    """

    step: str
    via: str
    heard: str = ""
    confidence: float = 0.0
    alternatives: tuple[Hypothesis, ...] = ()
    at: float = field(default_factory=lambda: time.time())  # whatever clock it is by then
    stages_ms: dict[str, float] = field(default_factory=dict)
    number: int = 0
    intent: str = ""
    path: tuple[str, ...] = ()
    language: str = ""

    @classmethod
    def of_input(cls, step: str, event: Heard | Pressed | NoInput, timing: Timing) -> "Turn":
        """What the caller did, or did not do, at this step."""
        match event:
            case Heard():
                turn = cls(step, "speech", event.text, event.confidence, event.alternatives)
            case Pressed():
                turn = cls(step, "dtmf", event.digits, 1.0)
            case NoInput():
                turn = cls(step, "silence")
        turn.stages_ms = {"endpoint": timing.endpoint_ms, "recognize": timing.recognize_ms}
        return turn

    def took(self, *, interpret: float, answer: float) -> None:
        """Seconds for the dialplan to decide, and until its answer was under way."""
        self.stages_ms |= {"interpret": interpret * 1000, "answer": answer * 1000}
        self.stages_ms["total"] = sum(self.stages_ms.values())

    def mask(self) -> None:
        self.heard = MASK if self.heard else ""
        self.alternatives = ()

    def finished(self, call_id: str, account: Account, rung: Rung | Literal[""]) -> TurnFinished:
        """Its record, with what became of its answer, and how that came about."""
        return TurnFinished(
            call_id=call_id,
            number=self.number,
            step=self.step,
            via=self.via,
            heard=self.heard,
            confidence=self.confidence,
            intent=self.intent,
            said=account.said,
            said_s=account.said_s,
            said_heard_s=account.heard_s,
            said_heard=account.heard,
            at=self.at,
            stages_ms=self.stages_ms,
            path=self.path,
            language=self.language,
            rung=rung,
            alternatives=self.alternatives,
        )
