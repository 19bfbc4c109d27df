"""A turn of the conversation while its answer is being heard, and what is recorded of it afterwards."""

from dataclasses import dataclass, field
from typing import Literal

from softswitch.events import Heard, Hypothesis, NoInput, Pressed
from softswitch.news import TurnFinished
from softswitch.session.speaking import Account
from softswitch.thinking import Rung

MASK = "****"
"""Recorded in the stead of what a caller said or pressed that nobody shall see."""


def via_of(event: Heard | Pressed | NoInput) -> str:
    return {Heard: "speech", Pressed: "dtmf", NoInput: "silence"}[type(event)]


@dataclass
class Turn:
    number: int
    step: str
    via: str
    heard: str = ""
    confidence: float = 0.0
    intent: str = ""
    at: float = 0.0
    stages_ms: dict[str, float] = field(default_factory=dict)
    path: tuple[str, ...] = ()
    language: str = ""
    alternatives: tuple[Hypothesis, ...] = ()

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
