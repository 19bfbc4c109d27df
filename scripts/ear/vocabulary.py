"""The words that the ear knows, and the rules for the sentences that it expects.

Both come from words/*.txt and sentences/*.txt beside this module, and from the `sentences` of every bundled
dialplan. The rule `sentence` is what callers say; a word that stands in a word file alone is known too.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from ear.templates import Rules, Sequence, parse, read_rules, read_words

DATA = Path(__file__).parent
DIALPLANS = DATA.parents[1] / "dialplans"
ROOT = "sentence"


@dataclass(frozen=True)
class Vocabulary:
    words: tuple[str, ...]  # sorted, each once
    rules: Rules

    def sentence(self, chance: random.Random) -> list[str]:
        return self.rules.sample(ROOT, chance)

    def jumble(self, chance: random.Random, most: int = 5) -> list[str]:
        """Words in no order, so that the ear has heard each of them."""
        return chance.choices(self.words, k=chance.randint(1, most))


def load(data: Path = DATA, dialplans: Path = DIALPLANS) -> Vocabulary:
    """Raises ValueError where a file cannot be read as words or rules."""
    rules: dict[str, list[Sequence]] = {}
    for path in sorted((data / "words").glob("*.txt")):
        rules[path.stem] = read_words(path)
    for path in sorted((data / "sentences").glob("*.txt")):
        rules |= read_rules(path)
    rules |= _dialplan_rules(dialplans)
    made = Rules(rules)
    words = frozenset().union(*(made.words(name) for name in rules))
    return Vocabulary(tuple(sorted(words)), made)


def files(data: Path = DATA, dialplans: Path = DIALPLANS) -> list[Path]:
    """Everything that the vocabulary is made from."""
    own = [path for folder in ("words", "sentences") for path in (data / folder).glob("*.txt")]
    return sorted([*own, *dialplans.glob("**/*.yaml")])


def _dialplan_rules(folder: Path) -> dict[str, list[Sequence]]:
    """The dialplans' sentences as the rule `dialplan`, and a rule for each slot that they name."""
    sentences: list[str] = []
    slots: dict[str, list[Sequence]] = {}
    for path in sorted(folder.glob("**/*.yaml")):
        document = yaml.safe_load(path.read_text(encoding="utf-8"))
        sentences += _sentences(document)
        if isinstance(document, dict) and isinstance(document.get("slots"), dict):
            slots |= {name: [_slot(settings)] for name, settings in document["slots"].items()}
    return slots | {"dialplan": [parse(sentence.lower()) for sentence in sentences]}


def _sentences(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        for key, value in node.items():
            if key == "sentences":
                yield from value
            else:
                yield from _sentences(value)
    elif isinstance(node, list):
        for value in node:
            yield from _sentences(value)


def _slot(settings: dict[str, Any]) -> Sequence:
    length = settings.get("length", 4)
    most = length if isinstance(length, int) else 4
    return parse(" ".join(["{digit}"] * most))
