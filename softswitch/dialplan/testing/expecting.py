"""Whether what came of a turn is what its author expected; and if not, in which words he is told."""

import difflib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from softswitch.dialplan import explaining
from softswitch.dialplan.conversation import Conversation
from softswitch.dialplan.files.scenario import Expected, Turn
from softswitch.dialplan.plan import Plan
from softswitch.dialplan.turn import MASK
from softswitch.events import Action, Do, Hangup, Say, Transfer
from softswitch.waiting import LeaveQueue

WANTED = {"hangup": "the call to end", "transfer": "a transfer", "no": "the call to go on"}
ENDED = {"hangup": "the call ended", "transfer": "there was a transfer", "no": "the call goes on"}
SHOWN = 160
"""Characters of what was said that a failure shows."""


@dataclass(frozen=True, slots=True)
class Came:
    """What a turn led to. `words` are the caller's, "" when he said none, which he said at the step `at`;
    `intent` and `slots` what he was taken for.
    """

    talk: Conversation
    actions: tuple[Action, ...]
    plan: Plan
    words: str
    at: str
    intent: str
    slots: Mapping[str, str]

    @property
    def said(self) -> str:
        return " ".join(action.text for action in self.actions if isinstance(action, Say))

    @property
    def ends(self) -> str:
        last = self.actions[-1]
        return "hangup" if isinstance(last, Hangup) else "transfer" if isinstance(last, Transfer) else "no"


def missed(turn: Turn, came: Came) -> Iterator[str]:
    """Everything that does not hold, as sentences without full stops."""
    talk = came.talk
    if turn.intent is not None and (got := came.intent or "none") != turn.intent:
        yield f"expected the intent {turn.intent}, got {got}{_came_to(came, turn.intent)}"
    yield from other("step", turn.step, talk.step)
    if turn.slots is not None:
        yield from _values("slot", turn.slots, came.slots, came.plan)
    yield from parts_missed(turn.said, turn.not_said, came.said)
    yield from _values("variable", turn.context, talk.context, came.plan)
    if turn.actions is not None:
        promised = [action for action in came.actions if isinstance(action, Do)]
        yield from _actions(turn.actions, promised, came.plan)
    if turn.ends is not None and came.ends != turn.ends:
        yield f"expected {WANTED[turn.ends]}, but {ENDED[came.ends]}"
    yield from other("language", turn.language, talk.language)
    if turn.waits is not None and (talk.waits or "no") != turn.waits:
        yield f"expected {_waiting(turn.waits)}, but {_waiting(talk.waits or 'no')}"
    left = next((action.how for action in came.actions if isinstance(action, LeaveQueue)), None)
    if turn.leaves is not None and left != turn.leaves:
        yield f"expected the queue to be left for {turn.leaves}, got {left or 'no leaving'}"
    if turn.recording is not None and talk.recording != turn.recording:
        yield f"expected the recording to be {turn.recording}, it is {talk.recording}"


def other(what: str, wanted: str | None, got: str) -> Iterator[str]:
    """Where another one was wanted; None wants nothing."""
    if wanted is not None and got != wanted:
        yield f"expected the {what} {wanted}, got {got}"


def _waiting(queue: str) -> str:
    return "nobody waits" if queue == "no" else f"the caller waits in {queue}"


def _came_to(came: Came, wanted: str) -> str:
    """How near the intent came that was expected."""
    told = explaining.score(came.plan, came.at, came.talk.language, came.words, wanted)
    return f"; {told}" if told else ""


def parts_missed(wanted: Iterable[str], unwanted: Iterable[str], said: str) -> Iterator[str]:
    """What should have been said, in this order, and was not; what should not have been, and was."""
    at = 0
    for part in wanted:
        found = said.find(part, at)
        if found < 0:
            early = ", it was said earlier than expected" if part in said[:at] else _nearest(part, said[at:])
            yield f'expected to hear "{part}"{early}'
            return
        at = found + len(part)
    for part in unwanted:
        if part in said:
            yield f'expected not to hear "{part}", heard "{_short(said)}"'


def _nearest(part: str, said: str) -> str:
    """What was said that is most like it."""
    if not said:
        return ", nothing more was said"
    words, size = said.split(), len(part.split())
    windows = [" ".join(words[at : at + size]) for at in range(max(1, len(words) - size + 1))]
    near = difflib.get_close_matches(part, windows, n=1, cutoff=0.6)
    return f', nearest was "{near[0]}"' if near else f', heard "{_short(said)}"'


def _short(text: str) -> str:
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}…"


def _values(kind: str, wanted: Mapping[str, str | None], got: Mapping[str, str], plan: Plan) -> Iterator[str]:
    for name, value in wanted.items():
        found = got.get(name)
        if found != value and not (value and found == MASK):
            shown = MASK if found and name in plan.sensitive else found
            yield f"expected the {kind} {name} {_value(value, 'not to be set')}, got {_value(shown, 'none')}"


def _value(value: str | None, nothing: str) -> str:
    return nothing if value is None else f'"{value}"'


def _actions(wanted: Iterable[Expected], promised: list[Do], plan: Plan) -> Iterator[str]:
    """Exactly these, in this order."""
    names = [each.action for each in wanted]
    if names != [do.name for do in promised]:
        got = ", ".join(do.name for do in promised) or "none"
        yield f"expected the actions {', '.join(names) or 'none'}, got {got}"
        return
    for each, do in zip(wanted, promised, strict=True):
        yield from _values(f"argument of {do.name}", dict(each.arguments), dict(do.arguments), plan)
