"""Who says what: the utterances of one shard, drawn from the seed, for training and for tuning.

festival's voice kdlpc is in neither: the accuracy bench measures on it, as a family that the ear has never
heard.
"""

import random
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from ear.vocabulary import Vocabulary

DATA = Path(__file__).parent
UNKNOWN = "[unk]"

_ACCENTS = (
    "en-us",
    "en-us",
    "en-us",
    "en-us",
    "en-gb",
    "en-gb",
    "en-gb-x-rp",
    "en-029",
    "en-us-nyc",
    "en-gb-x-gbclan",
)
# Variants of espeak-ng: other vocal tracts, pitches and voice qualities.
_TRAINING_VARIANTS = (DATA / "voices/training.txt").read_text(encoding="utf-8").split()
_TUNING_VARIANTS = (DATA / "voices/tuning.txt").read_text(encoding="utf-8").split()


_READ_AS = {"gmail": "g mail", "icloud": "eye cloud", "xray": "x ray"}


@dataclass(frozen=True, slots=True)
class Utterance:
    """`warp` scales time, pitch and formants at once; `pitch` and `pace` are asked of the synthesiser (1 is
    its own).
    """

    words: tuple[str, ...]  # what the ear shall write down
    text: str  # what the synthesiser is given
    voice: str
    pace: float
    pitch: float
    warp: float


def training(vocabulary: Vocabulary, engine: str, count: int, seed: str) -> list[Utterance]:
    chance = random.Random(f"{seed}/{engine}")
    if engine == "foreign":
        return [_foreign(chance) for _ in range(count)]
    return [_known(vocabulary, engine, chance) for _ in range(count)]


def tuning(vocabulary: Vocabulary, kind: str, count: int, seed: str) -> list[Utterance]:
    """Said by espeak-ng variants, half of them in a Scottish accent, that training leaves out.

    Kinds: `sentences`, made by no rule; `grammar`, of a small shop; `strange`, sentences with one word that
    the ear does not know; `foreign`. Raises KeyError on another.
    """
    chance = random.Random(f"{seed}/tuning/{kind}")
    draws: dict[str, Callable[[], tuple[str, ...]]] = {
        "sentences": lambda: _free(chance),
        "grammar": lambda: tuple(vocabulary.rules.sample("dialplan", chance)),
        "strange": lambda: _strange(chance),
        "foreign": lambda: (UNKNOWN,),
    }
    draw = draws[kind]
    return [_tried(draw(), chance) for _ in range(count)]


def spoken(words: tuple[str, ...]) -> str:
    """The words as a synthesiser reads them right; among letters "i" in small would be read as a word."""
    return " ".join(
        _READ_AS.get(word, word.upper() if len(word) == 1 and word != "a" else word) for word in words
    )


def free_sentences(file: str) -> list[tuple[str, ...]]:
    """The sentences of a file beside this module, one a line."""
    lines = (DATA / file).read_text(encoding="utf-8").splitlines()
    return [tuple(line.split()) for line in lines if not line.startswith("#")]


def _free(chance: random.Random) -> tuple[str, ...]:
    return chance.choice(free_sentences("tuning.txt"))


def _strange(chance: random.Random) -> tuple[str, ...]:
    words = list(_free(chance))
    words[chance.randrange(len(words))] = chance.choice(_strangers())
    return tuple(words)


def _strangers() -> list[str]:
    return (DATA / "unknown.txt").read_text(encoding="utf-8").split()


def _tried(words: tuple[str, ...], chance: random.Random) -> Utterance:
    strangers = _strangers()
    voice = f"{chance.choice(['en-us', 'en-gb-scotland'])}+{chance.choice(_TUNING_VARIANTS)}"
    text = spoken(words)
    if words == (UNKNOWN,):
        language, text = _foreign_text(chance)
        voice = f"{language}+{voice.partition('+')[2]}"
    right = tuple(UNKNOWN if word in strangers else word for word in words)
    return Utterance(right, text, voice, chance.uniform(0.75, 1.15), chance.uniform(0.7, 1.4), 1.0)


def _known(vocabulary: Vocabulary, engine: str, chance: random.Random) -> Utterance:
    draw = vocabulary.jumble if chance.random() < 0.4 else vocabulary.sentence
    words = tuple(draw(chance))
    voice = engine.partition("_")[2]
    if engine == "espeak":
        voice = f"{chance.choice(_ACCENTS)}+{chance.choice(_TRAINING_VARIANTS)}"
    return Utterance(words, spoken(words), voice, *_manner(chance))


def _manner(chance: random.Random) -> tuple[float, float, float]:
    """Pace, pitch, warp."""
    warp = chance.uniform(0.84, 1.2) if chance.random() < 0.6 else 1.0
    return chance.uniform(0.75, 1.3), chance.uniform(0.7, 1.4), warp


def _foreign(chance: random.Random) -> Utterance:
    language, text = _foreign_text(chance)
    return Utterance((UNKNOWN,), text, f"{language}+{chance.choice(_TRAINING_VARIANTS)}", *_manner(chance))


def _foreign_text(chance: random.Random) -> tuple[str, str]:
    """espeak-ng's name of a language, and words of it."""
    path = chance.choice(sorted((DATA / "foreign").glob("*.txt")))
    words = path.read_text(encoding="utf-8").split()
    return path.stem, " ".join(chance.choices(words, k=chance.randint(1, 6)))
