"""When two questions are the same, so that the answer to one answers the other. Pure.

A wrong reuse is worse than a request too many: two questions are the same only when, word for word and in the
same order, they say the same once politeness and filling words are gone and endings are cut. Nearly the same
is a different question: "open on Sunday" and "open on Monday", "from A to B" and "from B to A", "fifteen" and
"fifty". What the ear garbles is the dialplan's to repair, not the cache's.

The margin beyond that is none, *measured* on the bundled month and its 1,000 pairs, by the share of letters
that two keys have in common (1 less their distance): from 0.98 up nothing more is found; at 0.96 5 questions
of 2,002 more, and 3 wrong answers; at 0.94 29 more and 80 wrong; at 0.90 116 more and 269 wrong.
"""

import hashlib
import re
from functools import lru_cache

from softswitch.answer import wordings
from softswitch.dialplan.spoken import normalise

LONGEST = 40
"""Words of a question; longer ones are stories, and nobody tells the same one twice."""
FIRST = "first after"
"""Begins the keys of questions that mean what they mean only where they are the first of a call."""


def is_own(question: str, language: str) -> bool:
    """Whether it asks about something that belongs to who asks."""
    return re.search(wordings.OWN.get(language, "$^"), normalise(question)) is not None


@lru_cache(maxsize=10_000)
def key(question: str, language: str, follows: bool = False, greeting: str = "") -> str:
    """What two same questions share; "" for one that is too long, says nothing, or points to what was said
    before. A fragment ("how much", "in white") is a question of its own only where it `follows` nothing. What
    points to nothing that was said, because nothing but a `greeting` was, is the same as those words where
    they come first, after the same greeting.
    """
    words = normalise(question)
    for short, long in wordings.SHORT.get(language, ()):
        words = re.sub(short, long, words)
    whole = re.sub(wordings.THANKS.get(language, "$"), "", words)
    words = _without_opening(whole, language)
    if not follows:
        words = re.sub(wordings.AND.get(language, "$^"), "", words)
    points = re.search(wordings.POINTING.get(language, "$^"), words) is not None
    if follows and (points or _is_fragment(words, whole, language)):
        return ""
    for asked, told in (*wordings.SAME.get(language, ()), *wordings.ORDER.get(language, ())):
        words = re.sub(asked, told, words)
    filling = wordings.FILLING.get(language, frozenset())
    left = [stem(word, language) for word in words.split() if word not in filling]
    same = " ".join(left) if len(left) <= LONGEST else ""
    if not points or not same:
        return same
    return f"{FIRST} {hashlib.sha256(greeting.encode()).hexdigest()[:8]}: {same}"


def _is_fragment(words: str, whole: str, language: str) -> bool:
    """Of a question without and with its opening. "Can you deliver" is none, though "deliver" would be."""
    if re.search(wordings.SENTENCE.get(language, wordings.SENTENCE["es"]), words):
        return False
    return re.search(rf"\b(?:can|could|would|will) you {re.escape(words)}$", whole) is None


def _without_opening(words: str, language: str) -> str:
    """Ways to begin a question that ask nothing themselves, in whatever number."""
    idle = wordings.FILLING.get(language, frozenset()) | wordings.GREETING.get(language, frozenset())
    for _ in range(6):
        before = words
        while (parts := words.partition(" "))[0] in idle and parts[2]:
            words = parts[2]
        for opening in wordings.OPENINGS.get(language, ()):
            words = re.sub(rf"^(?:{opening})\s+", "", words)
        if words == before:
            break
    return _without_rests(words, language)


def _without_rests(words: str, language: str) -> str:
    """Where a whole question follows what can only be an opening, without it, whatever the ear made of it."""
    asking = wordings.ASKING.get(language, frozenset()) | wordings.GREETING.get(language, frozenset())
    rest = words
    while rest:
        if re.match(wordings.ASKS.get(language, "$^"), rest):
            return rest
        word, _, rest = rest.partition(" ")
        if word not in asking:
            break
    return words


def stem(word: str, language: str) -> str:
    """Without a plural's ending; a number, and a short word, stays as it is."""
    if language == "en" and len(word) > 4 and word.isalpha():
        if word.endswith("ies"):
            return word[:-3] + "y"
        if word.endswith("s") and not word.endswith(("ss", "us", "is")):
            return word[:-1]
    if language == "es" and len(word) > 4 and word.isalpha() and word.endswith("s"):
        return word.removesuffix("es") if word[-3] not in "aeiou" and word.endswith("es") else word[:-1]
    return word
