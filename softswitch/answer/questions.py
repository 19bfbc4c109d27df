"""When two questions are the same, so that the answer to one answers the other. Pure.

A wrong reuse is worse than a request too many: two questions are the same only when, word for word and in the
same order, they say the same once politeness and filling words are gone and endings are cut. Nearly the same
is a different question: "open on Sunday" and "open on Monday", "from A to B" and "from B to A", "fifteen" and
"fifty". What the ear garbles is the dialplan's to repair, not the cache's.
"""

import re
from functools import lru_cache

from softswitch.dialplan.spoken import normalise

LONGEST = 40
"""Words of a question; longer ones are stories, and nobody tells the same one twice."""


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_FILLING = {
    "en": _words("a an the um uh er please kindly just actually"),
    "es": _words("un una el la los las eh por favor"),
}
"""Anywhere in a question they ask nothing."""
_GREETING = {
    "en": _words("hi hello hey good morning afternoon evening yes yeah ok okay so well right now thanks"),
    "es": _words("hola buenos buenas días tardes noches pues bueno vale sí ahora gracias"),
}
"""At its beginning, where "now" is none of the question's: "are you open now" asks something else."""
_THANKS = {
    "en": r"(?:\s+(?:you know|at all))?(?:\s+(?:thanks|thank you)(?: very much| so much)?)?$",
    "es": r"\s+(?:muchas )?gracias$",
}
_OPENINGS: dict[str, tuple[str, ...]] = {
    "en": (
        r"(?:can|could|would|will) you (?:tell|say|explain|let)(?: to)? me(?: know)?(?: about)?",
        r"(?:can|could|would|will) you",
        r"i(?:'d| would)? (?:like|want|need|love|wish) to (?:know|ask|hear|find out)(?: about| you)?",
        r"(?:i (?:was|am|'m)|i'm) (?:just )?(?:wondering|asking|calling to (?:ask|know|find out))",
        r"i (?:just )?wanted to (?:ask|know)(?: about| you)?",
        r"(?:do|would) you (?:happen to )?know",
        r"(?:i have|i've got|i've) (?:a|one|another) question",
        r"(?:may|can|could) i (?:ask|know)",
        r"tell me(?: about)?",
        r"if",
    ),
    "es": (
        r"(?:me )?(?:puede|puedes|podría|podrías) (?:decir|decirme|explicar|explicarme)",
        r"(?:me gustaría|quisiera|quiero|querría|necesito) (?:saber|preguntar)",
        r"(?:sabe|sabes)(?: usted)?",
        r"tengo una pregunta",
        r"dígame|dime",
        r"si",
    ),
}
_SHORT = {
    "en": [
        (r"\bcan't\b|\bcannot\b", "can not"),
        (r"\bwon't\b", "will not"),
        (r"n't\b", " not"),
        (r"(?<=what|here|when)'s\b|(?<=who|how)'s\b|(?<=it)'s\b|(?<=that)'s\b", " is"),
        (r"'m\b", " am"),
        (r"'re\b", " are"),
        (r"'ve\b", " have"),
        (r"'d\b", " would"),
        (r"'ll\b", " will"),
        (r"\b(hi|hello|hey) there\b", r"\1"),
    ]
}
"""What is said short, at length."""


_POINTING = {
    "en": r"\b(?:its|that|this|these|those|they|them|their|he|him|his|she|hers?|ones?|other|else)\b"
    r"|(?<!\bis )(?<!\bdoes )\bit\b|\bis it\b(?! (?:possible|true|okay|too late) (?:to|for|that|if)\b)"
    r"|\bdoes it\b(?! (?:cost|take) to\b)|\bsame\b(?! day\b)"
    r"|^(?:and|then|what about|how about|why|or)\b"
    r"|\b(?:too|also|either|instead|as well)$"
    r"|\b(?:cheaper|dearer|bigger|smaller|larger|nicer|less)\b(?!.* than\b)"
    r"|(?<!is )(?<!are )(?<!was )(?<!were )\bthere\b(?! (?:is|are|was|were)\b)",
    "es": r"\b(?:eso|esa|ese|esto|esta|este|estos|estas|esos|esas|ello|ellos|ellas|él|ella|lo|allí|allá|ahí|"
    r"mismo|misma|otro|otra)\b|^(?:y|entonces|qué tal|por qué|o)\b",
}
"""Points to what was said before: the same words ask something else in another call."""
_SENTENCE = {
    "en": r"\b(?:am|is|are|was|were|do|does|did|have|has|had|can|could|will|would|shall|should|may|might|"
    r"must|i|you|we)\b",
    "es": r"(?:\S+\s+){3}\S",
}
"""What a whole question has and a fragment has not: a helping verb, or a pronoun that acts; in languages that
need none, at least four words.
"""
_ORDER = {
    "en": [
        (r"^(?:do|does) (i|you|we|he|she|it|they)\b(?! not)", r"\1"),
        (
            r"^(can|could|may|should|must|is|are|was|were|will|would|have|has|am)"
            r" (i|you|we|he|she|it|they|there)\b",
            r"\2 \1",
        ),
    ]
}
"""Asked outright, and asked within another question: "can I pay", "I'd like to know if I can pay"."""


@lru_cache(maxsize=10_000)
def key(question: str, language: str, follows: bool = False) -> str:
    """What two same questions share; "" for one that is too long, says nothing, or points to what was said
    before. A fragment ("how much", "in white") is a question of its own only where it `follows` nothing.
    """
    words = normalise(question)
    for short, long in _SHORT.get(language, ()):
        words = re.sub(short, long, words)
    whole = re.sub(_THANKS.get(language, "$"), "", words)
    words = _without_opening(whole, language)
    if re.search(_POINTING.get(language, "$^"), words):
        return ""
    if follows and _is_fragment(words, whole, language):
        return ""
    for asked, told in _ORDER.get(language, ()):
        words = re.sub(asked, told, words)
    filling = _FILLING.get(language, _words(""))
    left = [_stem(word, language) for word in words.split() if word not in filling]
    return " ".join(left) if len(left) <= LONGEST else ""


def _is_fragment(words: str, whole: str, language: str) -> bool:
    """Of a question without and with its opening. "Can you deliver" is none, though "deliver" would be."""
    if re.search(_SENTENCE.get(language, _SENTENCE["es"]), words):
        return False
    return re.search(rf"\b(?:can|could|would|will) you {re.escape(words)}$", whole) is None


def _without_opening(words: str, language: str) -> str:
    """Ways to begin a question that ask nothing themselves, in whatever number."""
    idle = _FILLING.get(language, _words("")) | _GREETING.get(language, _words(""))
    for _ in range(6):
        before = words
        while (parts := words.partition(" "))[0] in idle and parts[2]:
            words = parts[2]
        for opening in _OPENINGS.get(language, ()):
            words = re.sub(rf"^(?:{opening})\s+", "", words)
        if words == before:
            break
    return words


def _stem(word: str, language: str) -> str:
    """Without a plural's ending; a number, and a short word, stays as it is."""
    if language == "en" and len(word) > 4 and word.isalpha():
        if word.endswith("ies"):
            return word[:-3] + "y"
        if word.endswith("s") and not word.endswith(("ss", "us", "is")):
            return word[:-1]
    if language == "es" and len(word) > 4 and word.isalpha() and word.endswith("s"):
        return word.removesuffix("es") if word[-3] not in "aeiou" and word.endswith("es") else word[:-1]
    return word
