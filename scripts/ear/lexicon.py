"""How words are said: flite's letter-to-sound rules, variants written by hand, and rules for accents."""

import subprocess
from collections.abc import Iterable, Iterator, Mapping
from itertools import pairwise
from pathlib import Path

from ear.phones import ALIASES, CONSONANTS, PAUSE, VOWELS, known

VARIANTS = Path(__file__).parent / "pronunciations.txt"

Pronunciation = tuple[str, ...]
Lexicon = Mapping[str, tuple[Pronunciation, ...]]  # the first is the usual one
_BATCH = 400


def pronounce(words: Iterable[str], variants: Path = VARIANTS) -> Lexicon:
    """Every word's pronunciations. Raises ValueError where flite says a word with no phone that is known."""
    listed = tuple(words)
    by_hand = read_variants(variants)
    said = dict(zip(listed, _flite(listed), strict=True))
    return {word: _all_ways(by_hand.get(word, (said[word],))) for word in listed}


def read_variants(path: Path) -> dict[str, tuple[Pronunciation, ...]]:
    """Lines of `word: phones | phones`. Raises ValueError on a phone that is none."""
    found = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        word, colon, ways = line.partition(":")
        if colon and not line.startswith("#"):
            found[word.strip()] = tuple(_checked(word, way.split()) for way in ways.split("|"))
    return found


def non_rhotic(phones: Pronunciation) -> Pronunciation:
    """Without the r that no vowel follows: "card" as in London. "er" ends as a schwa."""
    spoken: list[str] = []
    for index, phone in enumerate(phones):
        following = phones[index + 1] if index + 1 < len(phones) else ""
        if phone == "r" and spoken and spoken[-1] in VOWELS and following not in VOWELS:
            if spoken[-1] in {"ih", "iy", "eh", "uh", "aw", "ay"}:
                spoken.append("ax")
        elif phone == "er" and not following and any(p in VOWELS for p in spoken):
            spoken.append("ax")
        else:
            spoken.append(phone)
    return tuple(spoken)


def flapped(phones: Pronunciation) -> Pronunciation:
    """With d for a t between vowels: "city" as in Chicago."""
    spoken = list(phones)
    for index in range(1, len(phones) - 1):
        before, phone, after = phones[index - 1 : index + 2]
        if phone == "t" and (before in VOWELS or before == "r") and after in {"ax", "ih", "iy", "er"}:
            spoken[index] = "d"
    return tuple(spoken)


def yod(phones: Pronunciation) -> Pronunciation:
    """With y between n, d or t and uw: "new" and "tuesday" as in London."""
    spoken = [phones[0]]
    for before, phone in pairwise(phones):
        spoken += ["y", phone] if phone == "uw" and before in {"n", "d", "t"} else [phone]
    return tuple(spoken)


def _all_ways(ways: Iterable[Pronunciation]) -> tuple[Pronunciation, ...]:
    found = dict.fromkeys(ways)
    for rule in (non_rhotic, flapped, yod):
        found |= dict.fromkeys(rule(way) for way in tuple(found))
    return tuple(way for way in found if way)[:6]


def _checked(word: str, phones: list[str]) -> Pronunciation:
    wrong = [phone for phone in phones if phone not in VOWELS | CONSONANTS]
    if wrong or not phones:
        raise ValueError(f"pronunciation of {word}: {' '.join(wrong) or 'nothing'} is no phone")
    return tuple(phones)


def _flite(words: tuple[str, ...]) -> Iterator[Pronunciation]:
    for start in range(0, len(words), _BATCH):
        batch = words[start : start + _BATCH]
        # Each word is a paragraph of its own, and so a line of the answer.
        text = "".join(f"{_spelt(word)}.\n\n" for word in batch)
        answer = subprocess.run(
            ["flite", "-voice", "kal16", "-psdur", "-f", "/dev/stdin", "-o", "none"],
            input=text, capture_output=True, text=True, check=True,
        )  # fmt: skip
        lines = answer.stdout.splitlines()
        if len(lines) != len(batch):
            raise ValueError(f"flite said {len(lines)} of {len(batch)} words from '{batch[0]}' on")
        yield from map(_phones, batch, lines)


def _spelt(word: str) -> str:
    return word.upper() if len(word) == 1 else word


def _phones(word: str, line: str) -> Pronunciation:
    names = [item.rpartition(":")[0] for item in line.split()]
    phones = [ALIASES.get(name, name) for name in names if known(name) != PAUSE]
    return _checked(word, phones)
