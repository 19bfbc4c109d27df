"""The phones of flite's and festival's English voices, and the classes of neighbours that the network tells
apart.
"""

VOWELS = frozenset(
    ["aa", "ae", "ah", "ao", "aw", "ax", "ay", "eh", "er", "ey", "ih", "iy", "ow", "oy", "uh", "uw"]
)
CONSONANTS = frozenset(
    [
        "b",
        "ch",
        "d",
        "dh",
        "f",
        "g",
        "hh",
        "jh",
        "k",
        "l",
        "m",
        "n",
        "ng",
        "p",
        "r",
        "s",
        "sh",
        "t",
        "th",
        "v",
        "w",
        "y",
        "z",
        "zh",
    ]
)
PHONES = tuple(sorted(VOWELS | CONSONANTS))
PAUSE = "pau"

# What the synthesisers call otherwise.
ALIASES = {
    "axr": "er",
    "el": "l",
    "em": "m",
    "en": "n",
    "nx": "n",
    "dx": "t",
    "hv": "hh",
    "#": "pau",
    "h#": "pau",
}

EDGE = 0  # the class of what stands outside the word
_CLASSES = (
    "iy ih ey eh ae",
    "aa ah ao aw ax ay ow oy uh uw",
    "er r",
    "l w y",
    "m n ng",
    "p b f v",
    "t d th dh",
    "s z sh zh ch jh",
    "k g hh",
)
CLASS_OF = {phone: index for index, line in enumerate(_CLASSES, EDGE + 1) for phone in line.split()}
CLASSES = len(_CLASSES) + 1


def known(phone: str) -> str | None:
    """The phone by the name that it has here: one of PHONES, PAUSE, or None."""
    name = ALIASES.get(phone, phone)
    return name if name in CLASS_OF or name == PAUSE else None
