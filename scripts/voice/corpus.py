"""The sentences that the voice learns from: sentences.txt, its slots filled by the ear's rules at random."""

import random
import re
from pathlib import Path

from ear import vocabulary
from ear.templates import Rules

SENTENCES = Path(__file__).with_name("sentences.txt")
_SLOT = re.compile(r"\{([a-z0-9_]+)\}")
_MOST_WORDS = 24


def sentences(count: int, seed: int) -> list[str]:
    """So many different ones. Raises ValueError where a slot names no rule, or there are not so many."""
    rules = vocabulary.load().rules
    chance = random.Random(f"{seed}/voice")
    templates = _templates(rules)
    made: dict[str, None] = {}
    for _ in range(50 * count):
        if len(made) == count:
            return list(made)
        sentence = _filled(chance.choice(templates), rules, chance)
        if len(sentence.split()) <= _MOST_WORDS:
            made[sentence] = None
    raise ValueError(f"{SENTENCES} does not give {count} different sentences: add more templates to it")


def files() -> list[Path]:
    """Everything that the sentences are made from."""
    return [SENTENCES, *vocabulary.files()]


def _templates(rules: Rules) -> list[str]:
    templates = []
    for number, line in enumerate(SENTENCES.read_text(encoding="utf-8").splitlines(), 1):
        if line.startswith("#"):
            continue
        weight, _, text = line.rpartition(" * ")
        for slot in _SLOT.findall(text):
            if slot not in rules:
                raise ValueError(f"{SENTENCES}, line {number}: no rule of scripts/ear is called {slot}")
        templates += [text] * int(weight or 1)
    return templates


def _filled(template: str, rules: Rules, chance: random.Random) -> str:
    text = _SLOT.sub(lambda slot: " ".join(rules.sample(slot[1], chance)), template)
    return text[0].upper() + text[1:]
