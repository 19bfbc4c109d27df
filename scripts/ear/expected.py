"""What the language model expects callers to say, and how much each sentence counts.

Sentences by rule tell which words may stand where, and nothing of how people talk. That is told by what they
say: free.txt, and the rule `conversation` of conversation.txt, where days, names and things stand as rules.
"""

import random
from collections.abc import Iterator, Sequence
from pathlib import Path

from ear.speech_plan import free_sentences
from ear.templates import Rules, read_rules, read_words
from ear.vocabulary import DATA, Vocabulary

FILES = (DATA / "free.txt", DATA / "conversation.txt")
ROOT = "conversation"
_ALTERNATIVES = 3000  # about as many as the root has
_DRAWS = 1e-4  # of each saying, for every sentence by rule
_RULED = 1 / 75  # what one by rule counts where a free sentence counts 1

Weighed = tuple[float, Sequence[str]]


def sentences(vocabulary: Vocabulary, by_rule: int, seed: int) -> Iterator[Weighed]:
    """As many by rule as asked for, and what people say; where few are asked for, less or none of that."""
    chance = random.Random(f"{seed}/sentences")
    for _ in range(by_rule):
        yield _RULED, vocabulary.sentence(chance)
    draws = round(by_rule * _DRAWS)
    if not draws:
        return
    yield from ((1.0, sentence) for sentence in free_sentences("free.txt"))
    rules = conversation()
    for _ in range(draws * _ALTERNATIVES):
        yield 1 / draws, rules.sample(ROOT, chance)


def conversation(data: Path = DATA) -> Rules:
    """The rules of conversation.txt with all others, to which they refer. Raises ValueError as these do."""
    words = {path.stem: read_words(path) for path in sorted((data / "words").glob("*.txt"))}
    files = (*sorted((data / "sentences").glob("*.txt")), data / "conversation.txt")
    return Rules(words | {name: rule for path in files for name, rule in read_rules(path).items()})
