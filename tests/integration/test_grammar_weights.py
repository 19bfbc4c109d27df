"""An intent of one word among those of hundreds: in the grammar it weighs as much, and the ear hears it."""

from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from g711 import through_pcmu
from speech_parts import pool, recognizer, synthesizer

from softswitch.dialplan import loader
from softswitch.dialplan.conversation import Conversation
from softswitch.events import Listen
from softswitch.speech.recognizer import VoskRecognizer
from softswitch.speech.synthesizer import PiperSynthesizer

__all__ = ["pool", "recognizer", "synthesizer"]

PLAN = Path(__file__).parents[2] / "scripts/figures/dialplan/turns"
WORDS = ("agent", "balance", "close", "delivery", "hotel", "order", "taxi", "weather")


@pytest.fixture(scope="module")
def grammar() -> tuple[str, ...]:
    listen = Conversation(loader.load(PLAN, None)).start()[-1]
    assert isinstance(listen, Listen) and listen.grammar
    return listen.grammar


def test_an_intent_of_one_phrase_weighs_as_much_as_one_of_many(grammar: tuple[str, ...]) -> None:
    times = Counter(grammar)
    many = [phrase for phrase in times if phrase.startswith("go back")]
    assert len(many) > 5
    assert times["hotel"] >= 10 * max(times[phrase] for phrase in many)
    assert sorted(grammar) == list(grammar)


@pytest.mark.parametrize("word", WORDS)
async def test_a_word_is_not_heard_as_pieces_of_what_has_many_phrases(
    recognizer: VoskRecognizer, synthesizer: PiperSynthesizer, grammar: tuple[str, ...], word: str
) -> None:
    said = synthesizer.render(word)
    for chance in map(np.random.default_rng, range(8)):
        lead, trail = (2 * int(chance.uniform(low, low + 0.04) * 8000) for low in (0.3, 0.2))
        stream = recognizer.open(grammar)
        await stream.accept(through_pcmu(bytes(lead) + said + bytes(trail)))
        assert (await stream.finish()).text == word
        stream.close()
