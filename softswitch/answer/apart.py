"""What keeps two questions apart, however alike a model finds them. Pure.

Vectors tell "open on Sunday" and "open on Monday", "from A to B" and "from B to A", "fifteen" and "fifty"
badly apart. So a likeness counts only for questions that are put differently: a question with another word in
the same place, or with a word more, asks something else; and numbers, days, opposites, denials, names and
whatever the plan's own texts list side by side must be the same in both, in the same order.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache

from softswitch.answer import wordings
from softswitch.answer.questions import stem
from softswitch.dialplan.language import LANGUAGES
from softswitch.dialplan.spoken import normalise

SHORT = 2
"""Words of a difference in the same place that is one of things, and not of ways to ask."""
_NAME = re.compile(r"(?<=[\w,;:] )[A-Z]\w+")


def names_of(texts: Sequence[str], language: str) -> frozenset[str]:
    """What these texts name: words that they write only with a capital letter, and what stands in lists."""
    told = "\n".join(texts)
    common = {stem(word, language) for word in re.findall(r"\b[a-zà-ÿ]\w+", told)}
    names = {stem(name.lower(), language) for name in _NAME.findall(told)} - common
    last = wordings.LISTED.get(language, "and|or")
    lists = re.findall(rf"(?:\w+, )+\w+,? (?:{last}) \w+|\w+ (?:{last}) \w+", told)
    listed = {stem(word, language) for each in lists for word in normalise(each).split() if len(word) > 2}
    idle = LANGUAGES[language].function_words | {*last.split("|")}
    return frozenset(names | listed) - {stem(word, language) for word in idle}


def may_be_same(one: str, other: str, language: str, names: frozenset[str]) -> bool:
    """Of two questions by their keys, whether they may ask the same in other words."""
    mine, theirs = one.split(), other.split()
    if _in_one_frame(mine, theirs):
        return False
    told = _telling(language) | names
    if _said(mine, told) != _said(theirs, told) or _are_opposite(mine, theirs, language):
        return False
    both = frozenset(mine) & frozenset(theirs)
    return _said(mine, both) == _said(theirs, both)


def _said(words: Iterable[str], which: frozenset[str]) -> list[str]:
    return [word for word in words if word in which or any(map(str.isdigit, word))]


def _are_opposite(one: Iterable[str], other: Iterable[str], language: str) -> bool:
    for line in _opposites(language):
        mine, theirs = ({line[word] for word in words if word in line} for words in (one, other))
        if mine and theirs and mine != theirs:
            return True
    return False


def _in_one_frame(one: list[str], other: list[str]) -> bool:
    """Whether the one is the other with a few words more, or with another word or two in one place."""
    least = min(len(one), len(other))
    begin = next((at for at in range(least) if one[at] != other[at]), least)
    rest = least - begin
    end = next((at for at in range(rest) if one[-1 - at] != other[-1 - at]), rest)
    differs = len(one) - begin - end, len(other) - begin - end
    return min(differs) == 0 or max(differs) <= SHORT


@lru_cache(maxsize=10)
def _opposites(language: str) -> tuple[Mapping[str, str], ...]:
    """Of each line its words, with the first of those that say the same."""
    lines = [line.split() for line in wordings.OPPOSITES.get(language, ())]
    return tuple({stem(word, language): same for same in line for word in same.split("=")} for line in lines)


@lru_cache(maxsize=10)
def _telling(language: str) -> frozenset[str]:
    """Words of a language that a question cannot do without; as they stand in keys."""
    spoken = LANGUAGES[language]
    numbers, calendar = spoken.numbers, spoken.calendar
    phrases = (*numbers.dozens, *numbers.fractions, *numbers.phrases, *calendar.ordinals)
    words = {word for phrase in phrases for word in phrase.split()} - spoken.function_words
    words |= {*numbers.lookup, *map(normalise, (*calendar.weekdays, *calendar.months))}
    words |= spoken.negations | wordings.APART.get(language, frozenset())
    return frozenset(stem(word, language) for word in words) - wordings.FILLING.get(language, frozenset())
