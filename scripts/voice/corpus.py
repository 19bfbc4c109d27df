"""The sentences that the voice learns from: sentences.txt, its slots filled by the ear's rules at random."""

import random
import re
from pathlib import Path

import ear
from ear.templates import Rules, Sequence, read_rules, read_words

SENTENCES = Path(__file__).with_name("sentences.txt")
_EAR = Path(ear.__file__).parent
# These lead to the sentences of the bundled dialplans, and the voice shall not change with those.
_LEFT_OUT = "all.txt"
_SLOT = re.compile(r"\{([a-z0-9_]+)\}")
_MOST_WORDS = 24


def sentences(count: int, seed: int) -> list[str]:
    """So many different ones. Raises ValueError where a slot names no rule, or there are not so many."""
    rules = _rules()
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


def _rules() -> Rules:
    rules: dict[str, list[Sequence]] = {}
    for path in sorted((_EAR / "words").glob("*.txt")):
        rules[path.stem] = read_words(path)
    for path in sorted((_EAR / "sentences").glob("*.txt")):
        if path.name != _LEFT_OUT:
            rules |= read_rules(path)
    return Rules(rules)


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
