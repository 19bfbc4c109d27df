"""Who has answered a call: told by cadence, by words and by the beep, in frames that a test makes."""

import asyncio
from collections.abc import Sequence

import numpy as np
import pytest
from fakes import FakeRecognizer

from softswitch.events import Recognition
from softswitch.session.answering import AnsweredBy, Answering
from softswitch.session.cadence import Cadence

RATE = 8000
RNG = np.random.default_rng(5)


def sound(seconds: float, level: float = 3000.0) -> bytes:
    """Like a voice to an ear that knows levels: noise of all frequencies."""
    return RNG.normal(0, level, round(RATE * seconds)).clip(-32768, 32767).astype("<i2").tobytes()


def hush(seconds: float, noise: float = 20.0) -> bytes:
    return sound(seconds, noise)


def tone(seconds: float, hertz: float = 1000.0) -> bytes:
    wave = 8000 * np.sin(2 * np.pi * hertz * np.arange(round(RATE * seconds)) / RATE)
    return wave.astype("<i2").tobytes()


def frames(*pcm: bytes) -> list[bytes]:
    whole = b"".join(pcm)
    return [whole[at : at + 320] for at in range(0, len(whole) - 319, 320)]


class Saying:
    """A recogniser that understands these words as soon as there is enough sound, or fails."""

    def __init__(self, words: str = "", fails: bool = False) -> None:
        self.words, self.fails, self.closed = words, fails, False

    def open(self, grammar: Sequence[str] | None) -> "Saying":
        assert grammar is None
        return self

    async def accept(self, pcm: bytes) -> str:
        if self.fails:
            raise RuntimeError
        return self.words

    async def finish(self) -> Recognition:
        return Recognition(self.words, 1.0)

    def close(self) -> None:
        self.closed = True


async def listen(*pcm: bytes, words: str = "", fails: bool = False) -> tuple[AnsweredBy | None, float, float]:
    """Who it was, when that was known, and when it was the dialplan's turn; -1 where never."""
    answering = Answering(RATE, Saying(words, fails))
    known = ready = -1.0
    for frame in frames(*pcm):
        answering.frame(frame)
        for _ in range(4):
            await asyncio.sleep(0)
        if answering.by and known < 0:
            known = answering.after
        if answering.ready:
            ready = answering.after
            break
    answering.close()
    return answering.by, round(known, 2), round(ready, 2)


async def test_a_word_and_silence_are_a_person_who_waits():
    by, known, ready = await listen(hush(0.4), sound(0.5), hush(3), words="hello")
    assert by is AnsweredBy.PERSON
    assert known == ready == pytest.approx(0.4 + 0.5 + 0.6, abs=0.05)


async def test_a_sentence_with_a_pause_inside_is_still_one_person():
    by, _, ready = await listen(
        hush(0.2), sound(0.6), hush(0.4), sound(0.8), hush(3), words="hello anna here"
    )
    assert by is AnsweredBy.PERSON
    assert ready == pytest.approx(2.6, abs=0.05)


async def test_who_talks_on_and_on_is_a_machine():
    by, known, ready = await listen(hush(0.2), sound(5), hush(3), words="thank you for thinking of us")
    assert by is AnsweredBy.VOICEMAIL
    assert known == pytest.approx(0.2 + 2.5, abs=0.05)
    assert ready == pytest.approx(5.2 + 1.0, abs=0.05)


async def test_a_long_greeting_of_a_person_is_told_by_its_words():
    words = "good morning smith and sons how can i help you"
    by, _, ready = await listen(hush(0.2), sound(3.4), hush(3), words=words)
    assert by is AnsweredBy.PERSON
    assert ready == pytest.approx(3.6 + 0.6, abs=0.05)


async def test_a_person_who_talks_on_beyond_the_limit_is_heard_out():
    by, known, ready = await listen(hush(0.1), sound(5), hush(2), words="good morning how can i help you")
    assert (by, known) == (AnsweredBy.PERSON, 4.0)
    assert ready == pytest.approx(5.7, abs=0.05)


@pytest.mark.parametrize(
    "words",
    [
        "please leave a message",
        "i can't take your call right now",
        "you have reached the voicemail of",
        "deje su mensaje",
    ],
)
async def test_a_short_greeting_of_a_machine_is_told_by_its_words(words: str):
    by, known, _ = await listen(hush(0.2), sound(1.2), hush(3), words=words)
    assert by is AnsweredBy.VOICEMAIL
    assert known < 1.5


async def test_a_beep_is_waited_for_when_it_was_promised():
    spoken = hush(0.2), sound(3), hush(2.0)
    by, _, ready = await listen(*spoken, tone(0.5), hush(1), words="leave a message after the tone")
    assert by is AnsweredBy.VOICEMAIL
    assert ready == pytest.approx(5.7, abs=0.06)


async def test_a_beep_that_was_promised_and_does_not_come_is_not_waited_for_for_ever():
    by, _, ready = await listen(hush(0.1), sound(3), hush(8), words="leave a message after the tone")
    assert by is AnsweredBy.VOICEMAIL
    assert ready == pytest.approx(7.1, abs=0.05)


async def test_a_beep_alone_is_a_machine():
    by, known, ready = await listen(hush(0.5), tone(0.4), hush(2))
    assert by is AnsweredBy.VOICEMAIL
    assert known == pytest.approx(0.7, abs=0.05)
    assert ready == pytest.approx(0.9, abs=0.05)


async def test_nobody_is_waited_for_for_long():
    assert await listen(hush(6)) == (AnsweredBy.UNKNOWN, 2.5, 2.5)


async def test_digital_silence_is_nobody_too():
    assert (await listen(bytes(2 * RATE * 4)))[0] is AnsweredBy.UNKNOWN


async def test_without_an_ear_the_cadence_decides():
    by, _, ready = await listen(hush(0.4), sound(0.5), hush(3), fails=True)
    assert by is AnsweredBy.PERSON
    assert ready == pytest.approx(0.9 + 0.9, abs=0.05)  # the ear is waited for a little


async def test_it_is_decided_within_its_limit_whatever_is_heard():
    for _ in range(30):
        parts = [sound(x) if i % 2 else hush(x) for i, x in enumerate(RNG.uniform(0.02, 0.9, 20))]
        by, known, _ = await listen(*parts, hush(50))
        assert by
        assert known <= 4.02


async def test_the_recogniser_is_closed_with_the_listening():
    saying = Saying("hello")
    answering = Answering(RATE, saying)
    for frame in frames(sound(0.5)):
        answering.frame(frame)
        await asyncio.sleep(0)
    answering.close()
    for _ in range(10):
        await asyncio.sleep(0)
    assert saying.closed


async def test_nothing_is_decoded_before_there_is_a_sound():
    recognizer = FakeRecognizer()
    answering = Answering(RATE, recognizer)
    for frame in frames(hush(1)):
        answering.frame(frame)
        await asyncio.sleep(0)
    assert recognizer.streams[0].words == []


# --- the cadence by itself ---------------------------------------------------------------------------------


def heard(*pcm: bytes) -> Cadence:
    cadence = Cadence(RATE)
    for frame in frames(*pcm):
        cadence.feed(frame)
    return cadence


@pytest.mark.parametrize("hertz", [425.0, 800.0, 1000.0, 1400.0, 2450.0])
def test_a_steady_tone_is_one(hertz: float):
    assert heard(hush(0.3), tone(0.26, hertz)).tone


@pytest.mark.parametrize(
    "pcm",
    [sound(1.0), hush(1.0), tone(0.15), tone(1.0, 200.0), tone(1.0, 3000.0)],
    ids=["voice", "nothing", "too short", "too low", "too high"],
)
def test_what_is_no_beep_is_none(pcm: bytes):
    assert not heard(hush(0.3), pcm).tone


def test_keys_and_sliding_tones_are_no_beeps():
    time = np.arange(RATE) / RATE
    key = (6000 * (np.sin(2 * np.pi * 770 * time) + np.sin(2 * np.pi * 1336 * time))).astype("<i2").tobytes()
    slide = (8000 * np.sin(2 * np.pi * (500 + 900 * time) * time)).astype("<i2").tobytes()
    assert not heard(key).tone
    assert not heard(slide).tone


def test_a_click_is_no_sound():
    assert heard(hush(0.5), sound(0.04), hush(0.5)).began_at is None


def test_noise_of_the_line_is_no_sound():
    assert heard(hush(0.1), sound(3, 60.0)).began_at is None


def test_a_street_is_no_voice_however_loud_it_is():
    street = heard(sound(4, 1500.0))
    assert street.spoken < 1.1
    assert street.silence > 2.5


def test_a_voice_above_a_noisy_line_is_heard():
    cadence = heard(sound(0.5, 120.0), sound(1.0, 3000.0), sound(0.7, 120.0))
    assert cadence.began_at is not None
    assert cadence.silence == pytest.approx(0.7, abs=0.05)


def test_spoken_counts_from_the_first_sound_to_the_last():
    cadence = heard(hush(0.4), sound(0.6), hush(0.4), sound(0.5), hush(0.3))
    assert cadence.began_at == pytest.approx(0.4, abs=0.03)
    assert cadence.spoken == pytest.approx(1.5, abs=0.05)
