"""What a caller's ear makes of one utterance and its answer. Pure; positions are sample indices.

Both directions are counted by one port on one clock, so a difference of positions is a time. Counted is
what the caller hands to and gets from its own SIP stack: the figures hold his jitter buffer and the
packets' framing, as a person's ear would have it. Through a far end that echoes at once they read 40 ms.
"""

from dataclasses import dataclass
from typing import Literal

from softswitch.gateway.caller.script import Turn
from softswitch.gateway.caller.voicing import Voicing

PROMPT_GAP_S = 0.3
"""A prompt that is silent for so long has stopped; pauses between words are shorter."""
KEY_GAP_S = 0.1
"""The same after a key: its answer follows at once, with no more than a breath between."""


@dataclass(frozen=True, slots=True)
class Sent:
    """An utterance as it was sent: from its first voiced sample to the one after its last."""

    kind: Literal["say", "wav", "dtmf"]
    text: str
    start: int
    end: int


def prompt_end(heard: Voicing, sent: Sent) -> int | None:
    """The end of the prompt that was still heard as the utterance began.

    `sent.start` where nothing was heard then, None where the prompt has not stopped so far.
    """
    gap = round((KEY_GAP_S if sent.kind == "dtmf" else PROMPT_GAP_S) * heard.clock_rate)
    if heard.last_end(sent.start - gap, sent.start) is None:
        return sent.start
    stop = heard.silent_from(sent.start - gap, gap)
    return None if stop is None else max(stop, sent.start)


def answer_start(heard: Voicing, sent: Sent) -> int | None:
    """The answer's first voiced sample: the first after the utterance that is not the old prompt's."""
    stop = prompt_end(heard, sent)
    return None if stop is None else heard.first(max(stop, sent.end))


def measure(heard: Voicing, sent: Sent, until: int) -> Turn:
    """The turn of an utterance, from what was heard up to `until`."""
    rate = heard.clock_rate
    stop, onset = prompt_end(heard, sent), answer_start(heard, sent)
    if onset is not None and onset >= until:
        onset = None
    end = None if onset is None else heard.last_end(onset, until)
    interrupted = stop is not None and stop > sent.start
    return Turn(
        kind=sent.kind,
        text=sent.text,
        sent_at_s=round(sent.start / rate, 3),
        speech_end_s=round(sent.end / rate, 3),
        response_ms=None if onset is None else round((onset - sent.end) * 1000 / rate, 1),
        heard_s=0.0 if onset is None or end is None else round((end - onset) / rate, 3),
        barge_in_ms=round((stop - sent.start) * 1000 / rate, 1) if stop is not None and interrupted else None,
        answered=onset is not None,
    )
