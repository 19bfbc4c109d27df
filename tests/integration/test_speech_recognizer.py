"""The ear hears what the voice says, through a telephone line; alone and eight at once."""

import asyncio
import shutil
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from g711 import through_pcmu
from speech_parts import pcm, pool, recognizer, signal, synthesizer, white

from softswitch.errors import SoftswitchError
from softswitch.events import Recognition
from softswitch.ports import Recognizer, RecognizerStream
from softswitch.speech import models
from softswitch.speech.pool import SpeechPool
from softswitch.speech.recognizer import VoskRecognizer
from softswitch.speech.synthesizer import PiperSynthesizer

__all__ = ["pool", "recognizer", "synthesizer"]

GRAMMAR = [
    "what are your opening hours", "what is the address", "order status", "i want to speak to a human",
    "yes please", "no thank you", "goodbye", "repeat that please",
]  # fmt: skip
CHUNK = 2 * 160 * 3  # three frames


def spoken(synthesizer: PiperSynthesizer, text: str) -> bytes:
    return through_pcmu(bytes(1600) + synthesizer.render(text) + bytes(3200))


async def heard(stream: RecognizerStream, audio: bytes) -> Recognition:
    for at in range(0, len(audio), CHUNK):
        await stream.accept(audio[at : at + CHUNK])
    return await stream.finish()


@pytest.mark.parametrize("phrase", GRAMMAR)
async def test_hears_each_phrase_of_a_grammar(
    recognizer: VoskRecognizer, synthesizer: PiperSynthesizer, phrase: str
) -> None:
    stream = recognizer.open(GRAMMAR)
    result = await heard(stream, spoken(synthesizer, phrase))
    assert result.text == phrase
    assert 0.5 < result.confidence <= 1.0
    stream.close()


async def test_hears_its_whole_vocabulary_without_a_grammar(
    recognizer: Recognizer, synthesizer: PiperSynthesizer
) -> None:
    result = await heard(recognizer.open(None), spoken(synthesizer, "what time do you close today"))
    assert result.text == "what time do you close today"


async def test_speech_outside_the_grammar_is_unknown_or_doubtful(
    recognizer: VoskRecognizer, synthesizer: PiperSynthesizer
) -> None:
    foreign = ["flamingo dancing cucumber", "my washing machine leaks water", "photograph", "spaghetti"]
    results = [await heard(recognizer.open(GRAMMAR), spoken(synthesizer, text)) for text in foreign]
    assert all("[unk]" not in result.text for result in results)
    assert all(result.confidence < 0.75 for result in results), results


async def test_silence_and_noise_are_no_text(recognizer: VoskRecognizer) -> None:
    assert await recognizer.open(GRAMMAR).finish() == Recognition("", 0.0)
    assert await heard(recognizer.open(GRAMMAR), bytes(32000)) == Recognition("", 0.0)
    assert (await heard(recognizer.open(GRAMMAR), pcm(white(2, -40)))).text == ""


async def test_partials_grow_towards_the_text(
    recognizer: VoskRecognizer, synthesizer: PiperSynthesizer
) -> None:
    stream = recognizer.open(None)
    audio = spoken(synthesizer, "what are your opening hours")
    partials = [await stream.accept(audio[at : at + CHUNK]) for at in range(0, len(audio), CHUNK)]
    assert "what are your" in partials
    assert (await stream.finish()).text == "what are your opening hours"


async def test_a_stream_takes_the_next_utterance_after_finish(
    recognizer: VoskRecognizer, synthesizer: PiperSynthesizer
) -> None:
    stream = recognizer.open(GRAMMAR)
    for phrase in ("order status", "goodbye", "order status"):
        assert (await heard(stream, spoken(synthesizer, phrase))).text == phrase


async def test_a_pause_that_ends_voskss_own_utterance_loses_nothing(
    recognizer: VoskRecognizer, synthesizer: PiperSynthesizer
) -> None:
    audio = spoken(synthesizer, "order status") + bytes(16000) + spoken(synthesizer, "yes please")
    assert (await heard(recognizer.open(None), audio)).text == "order status yes please"


async def test_alternatives_come_in_order_and_share_the_confidence(
    recognizer: VoskRecognizer, synthesizer: PiperSynthesizer
) -> None:
    clean = signal(spoken(synthesizer, "i would like to speak to a representative"))
    noisy = pcm(clean + white(len(clean) / 8000, -22)[: len(clean)])
    result = await heard(recognizer.open(None), noisy)
    found = [result.confidence, *(other.confidence for other in result.alternatives)]
    assert 1 <= len(result.alternatives) <= 3
    assert len({result.text, *(other.text for other in result.alternatives)}) == len(found)
    assert found[1:] == sorted(found[1:], reverse=True)
    assert sum(found) <= 1.0 + 1e-9


async def test_eight_streams_at_once_hear_what_each_hears_alone(
    recognizer: VoskRecognizer, synthesizer: PiperSynthesizer
) -> None:
    audio = [spoken(synthesizer, phrase) for phrase in GRAMMAR]

    async def listen(grammar: Sequence[str] | None, at: int) -> Recognition:
        return await heard(recognizer.open(grammar), audio[at])

    alone = [await listen(GRAMMAR if at % 2 else None, at) for at in range(8)]
    together = await asyncio.gather(*(listen(GRAMMAR if at % 2 else None, at) for at in range(8)))
    assert list(together) == alone
    assert recognizer.backlog == pytest.approx(0.0, abs=1e-9)


async def test_a_cancelled_chunk_is_still_decoded_before_the_next(
    recognizer: VoskRecognizer, synthesizer: PiperSynthesizer
) -> None:
    stream = recognizer.open(GRAMMAR)
    audio = spoken(synthesizer, "what are your opening hours")
    task = asyncio.create_task(stream.accept(audio))
    await asyncio.sleep(0.001)
    assert recognizer.backlog > 0
    task.cancel()
    assert (await stream.finish()).text == "what are your opening hours"


async def test_calls_that_overlap_keep_their_order(
    recognizer: VoskRecognizer, synthesizer: PiperSynthesizer
) -> None:
    stream = recognizer.open(GRAMMAR)
    audio = spoken(synthesizer, "i want to speak to a human")
    chunks = [stream.accept(audio[at : at + CHUNK]) for at in range(0, len(audio), CHUNK)]
    *_, result = await asyncio.gather(*chunks, stream.finish())
    assert isinstance(result, Recognition)
    assert result.text == "i want to speak to a human"


async def test_a_closed_stream_refuses_audio(recognizer: VoskRecognizer) -> None:
    stream = recognizer.open(None)
    await stream.accept(bytes(960))
    stream.close()
    with pytest.raises(RuntimeError, match="closed"):
        await stream.accept(bytes(960))


async def test_wideband_audio_is_heard_as_well(pool: SpeechPool) -> None:
    wide = PiperSynthesizer(models.voice("embedded"), 16000, pool)
    ear = VoskRecognizer(models.ear("embedded"), 16000, pool)
    assert (await heard(ear.open(GRAMMAR), wide.render("order status") + bytes(6400))).text == "order status"


@pytest.mark.parametrize("grammar", [[], ["flamingo"], ["Order Status", ""]])
async def test_odd_grammars_do_no_harm(recognizer: VoskRecognizer, grammar: list[str]) -> None:
    result = await heard(recognizer.open(grammar), pcm(np.zeros(8000)))
    assert result.text == ""


def test_names_the_words_that_it_can_never_hear(recognizer: VoskRecognizer) -> None:
    assert recognizer.unknown_words(["Order status", "flamingo status"]) == {"flamingo"}


def test_a_damaged_acoustic_model_is_an_error_and_not_a_crash(tmp_path: Path, pool: SpeechPool) -> None:
    folder = Path(shutil.copytree(models.DATA / "ear", tmp_path / "ear"))
    whole = (folder / "am/final.mdl").read_bytes()
    (folder / "am/final.mdl").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(SoftswitchError, match="unpack the model again"):
        VoskRecognizer(models.ear(str(folder)), 8000, pool)
