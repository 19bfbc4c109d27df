"""What an agent hears between his answer and the talk, and how he takes the call or declines it."""

import asyncio
import time
from enum import Enum, auto

from softswitch.app.people.legs import Leg
from softswitch.errors import SoftswitchError
from softswitch.events import CallEnded, DtmfReceived, Say
from softswitch.people import telling
from softswitch.people.parties import Caller
from softswitch.ports import Voice
from softswitch.sections.queues import Queue
from softswitch.store.people.looking import History

LONGEST_S = 12.0
"""Of a whisper, whatever the text was."""
TICK_S = 0.02
SAID = 2
"""So many of the caller's last sentences are told."""


class Verdict(Enum):
    ACCEPTED = auto()
    DECLINED = auto()
    SILENT = auto()
    """He pressed nothing in time: nobody may be there."""


def text(rule: Queue, caller: Caller, history: History, now: float) -> str:
    """What is whispered: who calls, what about, what was said."""
    heard = [turn.heard for turn in history.turns if turn.via == "speech" and turn.heard]
    known = {
        "caller": telling.digits_apart(caller.number),
        "queue": caller.queue,
        "reason": caller.reason,
        "said": ", ".join(heard[-SAID:]),
        "waited": str(round((now - caller.since) / 60)) if now - caller.since >= 30 else "",
    }
    return telling.whisper(rule.whisper, known)


async def speak(voice: Voice, language: str, words: str, clock_rate: int) -> bytes:
    """Nothing where there is nothing to say, or no way to."""
    if not words:
        return b""
    try:
        spoken = await voice.speak(Say(words, static=False, language=language))
    except SoftswitchError:
        return b""
    return spoken[: 2 * round(LONGEST_S * clock_rate)]


async def introduce(leg: Leg, whisper: bytes, accept_key: str, rule: Queue) -> Verdict:
    """Whisper, and wait for the key where there is one. A key during the whisper counts at once."""
    assert leg.line
    whole = leg.line.play(whisper) if whisper else 0
    deadline = time.monotonic() + len(whisper) / 2 / leg.line.clock_rate + rule.accept_within
    while True:
        while not leg.news.empty():
            match leg.news.get_nowait():
                case CallEnded():
                    return Verdict.DECLINED
                case DtmfReceived(digit=digit) if digit == rule.decline_key and digit != accept_key:
                    leg.line.flush()
                    return Verdict.DECLINED
                case DtmfReceived(digit=digit) if digit == accept_key:
                    leg.line.flush()
                    return Verdict.ACCEPTED
        if not accept_key and leg.line.played >= whole:
            return Verdict.ACCEPTED
        if time.monotonic() >= deadline:
            return Verdict.SILENT if accept_key else Verdict.ACCEPTED
        await asyncio.sleep(TICK_S)
