"""The words that the ear knows, and the rules for the sentences that it expects.

Sentences come from words/*.txt and sentences/*.txt beside this module: the rule `sentence` is what callers
say, and a word that stands in a word file alone is heard in training too. Words of known.txt and of the
bundled dialplans are known besides, so that grammars may hold them, but expected nowhere.
"""

import random
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from ear.templates import Rules, Sequence, read_rules, read_words

DATA = Path(__file__).parent
DIALPLANS = DATA.parents[1] / "dialplans"
ROOT = "sentence"
# The C parser is the one that reads dialplans; Python's refuses a "?" that it takes.
_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_HEARD = {"sentences", "rules", "values", "skip_words", "backchannel"}
"""Keys of a dialplan under which stands what callers say."""


@dataclass(frozen=True)
class Vocabulary:
    words: tuple[str, ...]  # sorted, each once
    rules: Rules

    def sentence(self, chance: random.Random) -> list[str]:
        return self.rules.sample(ROOT, chance)

    def jumble(self, chance: random.Random, most: int = 5) -> list[str]:
        """Words in no order, so that the ear has heard each of them."""
        return chance.choices(self.words, k=chance.randint(1, most))


def load(data: Path = DATA) -> Vocabulary:
    """Raises ValueError where a file cannot be read as words or rules."""
    rules: dict[str, list[Sequence]] = {}
    for path in sorted((data / "words").glob("*.txt")):
        rules[path.stem] = read_words(path)
    for path in sorted((data / "sentences").glob("*.txt")):
        rules |= read_rules(path)
    made = Rules(rules)
    words = frozenset().union(*(made.words(name) for name in rules))
    return Vocabulary(tuple(sorted(words)), made)


def known(vocabulary: Vocabulary, data: Path = DATA, dialplans: Path = DIALPLANS) -> tuple[str, ...]:
    """Every word of the model, sorted: those that are heard in training, and those that are known besides."""
    besides = {
        word for sequence in read_words(data / "known.txt") for word in sequence if isinstance(word, str)
    }
    return tuple(sorted({*vocabulary.words, *besides, *dialplan_words(dialplans)}))


def files(data: Path = DATA) -> list[Path]:
    """Everything that the speech is made from."""
    return sorted(path for folder in ("words", "sentences") for path in (data / folder).glob("*.txt"))


def dialplan_words(folder: Path, language: str = "en") -> frozenset[str]:
    """The words that callers of the dialplans in `folder` are expected to say."""
    found: set[str] = set()
    for path in folder.glob("*/**/*.yaml"):
        if path.parent.name != "tables":
            for text in _heard(yaml.load(path.read_text(encoding="utf-8"), _Loader), language):
                found.update(re.findall(r"[a-z]+(?:'[a-z]+)*", _without_names(text.lower())))
    return frozenset(found)


def _heard(node: Any, language: str) -> Iterator[str]:
    if isinstance(node, dict):
        for key, value in node.items():
            yield from _texts(value, language) if key in _HEARD else _heard(value, language)
    elif isinstance(node, list):
        for value in node:
            yield from _heard(value, language)


def _texts(node: Any, language: str) -> Iterator[str]:
    """All text below; where it is given by language, that of the one asked for."""
    if isinstance(node, dict):
        by_language = all(re.fullmatch(r"[a-z]{2}", str(key)) for key in node)
        for key, value in node.items():
            if not by_language or key == language:
                yield from _texts(value, language)
    elif isinstance(node, list):
        for value in node:
            yield from _texts(value, language)
    elif isinstance(node, str):
        yield node


def _without_names(template: str) -> str:
    return re.sub(r"\{[^}]*\}|<[^>]*>", " ", template)
