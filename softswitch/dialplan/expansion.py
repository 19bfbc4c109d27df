"""The phrases that a sentence template stands for, written out: all, or some that show the most of it."""

from collections.abc import Iterator
from itertools import islice

from softswitch.dialplan import templates
from softswitch.dialplan.templates import GAP, Branch, Choice, Rules, turns_of

MAX_PHRASES = 1000
"""`expand` refuses more: whoever lists phrases wants to keep them all."""


def expand(template: str, rules: Rules | None = None) -> tuple[str, ...]:
    """Every phrase that the template stands for, normalised, slots kept as `{name}`.

    Raises ValueError that says what is wrong with the template, also when it stands for too many phrases.
    """
    choice = templates.parse(template, rules)
    if (number := count(choice)) > MAX_PHRASES:
        raise ValueError(f"stands for {number} phrases, at most {MAX_PHRASES} are allowed; split it")
    return tuple(phrases(choice))


def count(choice: Choice) -> int:
    """How many phrases the tree stands for, the same one counted as often as it can be made."""
    total = 0
    for branch in choice.branches:
        ways = 1
        for part in branch:
            ways *= count(part) if isinstance(part, Choice) else 1
        total += ways
    return total


def phrases(choice: Choice) -> list[str]:
    """All phrases, each once, in order. The caller has looked at `count`."""
    return list(dict.fromkeys(_written(choice)))


def examples(choice: Choice, limit: int) -> list[str]:
    """At most so many phrases that show the most of the template: each alternative once, then any others.

    Nothing stands in the gaps.
    """
    found = dict.fromkeys(" ".join(_pick(choice, turn)) for turn in range(min(choice.turns, limit)))
    if len(found) < limit and (total := count(choice)) > len(found):
        # All at once is much faster than one by one, where there are not too many.
        few = total <= 4 * limit
        others = _written(choice) if few else map(" ".join, islice(_phrases(choice), 4 * limit))
        found |= dict.fromkeys(others)
    bare = dict.fromkeys(" ".join(phrase.replace(GAP, " ").split()) for phrase in found)
    return [phrase for phrase in islice(bare, limit) if phrase]


def _written(choice: Choice) -> list[str]:
    """All phrases in the order of `_phrases`; at once, which is many times faster."""
    found: list[str] = []
    for branch in choice.branches:
        texts = [""]
        for part in branch:
            ways = _written(part) if isinstance(part, Choice) else [part]
            texts = [f"{text} {way}" if text and way else text or way for text in texts for way in ways]
        found += texts
    return found


def _phrases(choice: Choice) -> Iterator[tuple[str, ...]]:
    for branch in choice.branches:
        yield from _sequence(branch)


def _sequence(branch: Branch) -> Iterator[tuple[str, ...]]:
    """The first words vary last, and nothing is made before it is asked for."""
    if not branch:
        yield ()
        return
    first, rest = branch[0], branch[1:]
    for head in _phrases(first) if isinstance(first, Choice) else [(first,)]:
        for tail in _sequence(rest):
            yield head + tail


def _pick(choice: Choice, turn: int) -> tuple[str, ...]:
    """The phrase of one turn; alternatives come last to first, so that the first phrase is the fullest."""
    turn %= choice.turns
    for branch in reversed(choice.branches):
        if turn < turns_of(branch):
            break
        turn -= turns_of(branch)
    found: tuple[str, ...] = ()
    for part in branch:
        found += _pick(part, turn) if isinstance(part, Choice) else (part,)
    return found
