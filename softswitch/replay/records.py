"""The node's own calls as a trace: what callers said, and what they were answered. Numbers are masked.

Every caller, and every run of three digits or more that somebody said, becomes another number of the same
length, the same one wherever it occurs; the key of that is made anew each time and kept nowhere. What is an
answer's scope nobody has written down: where the question speaks of the caller ("my", "I") it is taken to be
his own, else the plan's. A real model (--llm) says it itself.
"""

import hmac
import re
import secrets
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

from softswitch.dialplan.language import LANGUAGES
from softswitch.dialplan.plan import Plan
from softswitch.dialplan.spoken import digit_spans, normalise
from softswitch.errors import SoftswitchError
from softswitch.news import TurnFinished
from softswitch.replay.scripted_llm import Answer
from softswitch.replay.trace import Call, Trace, Turn
from softswitch.store import queries

MOST = 10_000
LEAST_DIGITS = 3
_OWN = re.compile(r"\b(?:my|mine|me|i|i'm|i've|our|we|mi|mis|me|nuestro|nuestra)\b")
_DIGITS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")


def trace(url: str, plan: Plan, most: int = MOST) -> Trace:
    """The latest calls of that dialplan. Raises SoftswitchError when there are none."""
    masks, answers = _Masks(), dict[str, tuple[Answer, ...]]()
    found = [call for call in queries.list_calls(url, limit=most) if call.plan == plan.name]
    if not found:
        raise SoftswitchError(
            f"the records hold no calls of the dialplan {plan.name}; see softswitch calls list"
        )
    begins = min(call.started_at for call in found)
    calls = []
    for call in found:
        turns = _turns(queries.show_call(url, call.call_id).turns, plan.languages[0], masks, answers)
        calls.append(Call(call.started_at - begins, masks.caller(call.from_uri), tuple(turns)))
    ordered = sorted(calls, key=lambda call: call.at)
    return Trace(datetime.fromtimestamp(begins, UTC), answers, tuple(ordered))


def _turns(
    turns: Sequence[TurnFinished], language: str, masks: "_Masks", answers: dict[str, tuple[Answer, ...]]
) -> Iterator[Turn]:
    """Those in which a caller spoke. What was thought follows in a turn of its own, told by its `via`."""
    for turn, following in zip(turns, [*turns[1:], None], strict=True):
        if turn.via != "speech" or not turn.heard:
            continue
        heard = masks.text(turn.heard, language)
        name = ""
        if not turn.intent:
            told = masks.text(turn.said, language) if turn.said else ""
            knows = bool(told) and not (following and following.via == "thought")
            name = f"said:{heard}"
            scope = "caller" if _OWN.search(heard) else "plan"
            answers.setdefault(name, (Answer("", told, scope, knows=knows),))  # type: ignore[arg-type]
        yield Turn(heard, name, turn.confidence)


class _Masks:
    def __init__(self) -> None:
        self._key = secrets.token_bytes(32)

    def caller(self, uri: str) -> str:
        """E.164 of a country code that nobody has; "" for who withholds his number."""
        return "+999" + self._digits(uri, 9) if re.search("[0-9]{3}", uri) else ""

    def text(self, text: str, language: str) -> str:
        """As it was where nothing is masked, else in the words that an ear writes."""
        tokens, told, at = normalise(text).split(), list[str](), 0
        spans = digit_spans(tokens, LANGUAGES[language])
        spans = [span for span in spans if len(span[2]) >= LEAST_DIGITS]
        if not spans:
            return text
        for start, end, digits in spans:
            told += [*tokens[at:start], *self._spoken(digits, tokens[start:end], language)]
            at = end
        return " ".join([*told, *tokens[at:]])

    def _spoken(self, digits: str, tokens: list[str], language: str) -> list[str]:
        other = self._digits(digits, len(digits))
        if language != "en" or any(token.isdigit() for token in tokens):
            return [other]
        return [_DIGITS[int(digit)] for digit in other]

    def _digits(self, value: str, length: int) -> str:
        mixed = int.from_bytes(hmac.digest(self._key, value.encode(), "sha256"), "big")
        return str(mixed)[-length:].rjust(length, "0")
