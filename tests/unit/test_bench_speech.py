"""The accuracy bench without an ear: its arithmetic, lines, held-out set, and what it reads and writes."""

import wave
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from ear import vocabulary
from ear.audio import RATE, level
from ear.augmentation import PACKET
from figures import speech_recordings
from figures.figure import Estimate, Figure, Measurement, Spec, figures_of, table
from figures.speech_accuracy import HELD_OUT, RATES, SENTENCES
from figures.speech_card import HEADING, section, with_section
from figures.speech_dialplan import Question, phrases
from figures.speech_line import CLEAN, CONDITIONS, LEVEL_DBFS, Condition, heard_over, surroundings
from figures.speech_material import OUTSIDE, PHRASE, STRANGE, held_out
from figures.speech_score import share, word_errors
from g711 import through_pcmu

from softswitch.errors import SoftswitchError
from softswitch.events import Hypothesis, Recognition

TONE = 5000 * np.sin(2 * np.pi * 440 * np.arange(2 * RATE) / RATE)
OTHERS = [1000 * np.random.default_rng(number).standard_normal(RATE) for number in range(5)]


# --- arithmetic -------------------------------------------------------------------------------------------


def test_a_word_error_rate_is_mistakes_over_words_of_all_utterances() -> None:
    rate = word_errors([(1, 2), (0, 8), (2, 10)])
    assert (rate.value, rate.of) == (15.0, 20)
    assert rate.low < 15.0 < rate.high


def test_more_utterances_make_a_word_error_rate_surer() -> None:
    few, many = word_errors([(1, 5), (0, 5)] * 5), word_errors([(1, 5), (0, 5)] * 500)
    assert many.high - many.low < (few.high - few.low) / 5


def test_insertions_can_take_a_word_error_rate_beyond_all_words() -> None:
    assert word_errors([(3, 1)]).value == 300.0


@pytest.mark.parametrize(
    ("wrong", "of", "low", "high"), [(0, 60, 0.0, 6.02), (1, 10, 1.79, 40.42), (60, 60, 93.98, 100.0)]
)
def test_a_share_lies_within_wilsons_interval(wrong: int, of: int, low: float, high: float) -> None:
    found = share(wrong, of)
    assert found.value == pytest.approx(100 * wrong / of)
    assert (found.low, found.high) == (pytest.approx(low, abs=0.01), pytest.approx(high, abs=0.01))


def test_nothing_has_no_rate() -> None:
    with pytest.raises(ValueError, match="no words"):
        word_errors([])
    with pytest.raises(ValueError, match="no utterances"):
        share(0, 0)


def test_the_table_tells_the_sample_of_figures_that_have_one() -> None:
    measurement = Measurement("made up", (Spec("a", "%", at_most=5), Spec("b", "")), lambda workshop: ())
    rows = figures_of("speech", measurement, [Estimate(4.0, 25, 0.7, 19.5), 0.00874])
    assert rows[0].sample == "n = 25, 0.7 to 19.5"
    assert (rows[0].met, rows[1].value, rows[1].sample) == (True, 0.00874, "")
    assert table(rows).splitlines()[1].endswith("yes  n = 25, 0.7 to 19.5")


# --- lines ------------------------------------------------------------------------------------------------


def samples(pcm: bytes) -> np.ndarray:
    return np.frombuffer(pcm, "<i2").astype(np.float64)


def test_a_clean_line_is_a_pcmu_call_at_one_level_with_quiet_around() -> None:
    heard = heard_over(CLEAN, TONE, [], 1)
    assert len(heard) == 2 * (len(TONE) + round(0.8 * RATE))
    assert level(samples(heard)[2400:-4000]) == pytest.approx(LEVEL_DBFS, abs=0.2)
    again = through_pcmu(heard)
    assert np.abs(samples(again) - samples(heard)).max() <= 1
    assert not samples(heard)[:2400].any()


@pytest.mark.parametrize("snr", [20.0, 10.0, 5.0])
def test_noise_lies_as_far_below_the_speech_as_asked(snr: float) -> None:
    clean = samples(heard_over(CLEAN, TONE, OTHERS, 1))
    noisy = samples(heard_over(Condition("noisy", snr), TONE, OTHERS, 1))
    speech = slice(2400, -4000)
    ratio = (clean[speech] ** 2).mean() / ((noisy - clean) ** 2).mean()
    assert 10 * np.log10(ratio) == pytest.approx(snr, abs=1.0)
    assert noisy[:2400].any()


def test_packets_are_lost_whole_and_the_rest_is_untouched() -> None:
    clean = samples(heard_over(CLEAN, TONE, [], 1))
    lossy = samples(heard_over(Condition("lossy", loss=0.2), TONE, [], 1))
    changed = [bool((clean - lossy)[at : at + PACKET].any()) for at in range(2400, 2400 + 2 * RATE, PACKET)]
    assert 8 <= sum(changed) <= 35


@pytest.mark.parametrize("line", CONDITIONS, ids=lambda line: line.name)
def test_a_line_is_the_same_whenever_it_is_measured(line: Condition) -> None:
    assert heard_over(line, TONE, OTHERS, 7) == heard_over(line, TONE, OTHERS, 7)


def test_noise_alone_is_as_long_as_asked_and_no_silence() -> None:
    noise = samples(surroundings(1.5, OTHERS, 1))
    assert len(noise) == 1.5 * RATE
    assert level(noise) == pytest.approx(-35, abs=1)


# --- the held-out set -------------------------------------------------------------------------------------

SCRIPT = held_out()


@pytest.fixture(scope="module")
def known() -> frozenset[str]:
    """The words that the ear hears in training, without those that it knows besides."""
    return frozenset(vocabulary.load().words)


def test_the_sentences_are_many_and_all_in_the_ears_vocabulary(known: frozenset[str]) -> None:
    assert len(set(SCRIPT.sentences)) >= 150
    unknown = {word for text in SCRIPT.sentences for word in text.lower().split()} - known
    assert unknown == set()


@pytest.mark.parametrize("name", SCRIPT.steps)
def test_a_step_has_some_intents_and_phrases_that_the_ear_can_hear(name: str, known: frozenset[str]) -> None:
    said = list(SCRIPT.in_step(name))
    meant = [text for text, kind, _ in said if kind == PHRASE]
    assert 20 <= len(meant) == len(set(meant)) <= 60
    assert 4 <= len(SCRIPT.steps[name]["intents"]) <= 10
    words = {word for text, kind, _ in said if kind in (PHRASE, OUTSIDE) for word in text.split()}
    assert words <= known


@pytest.mark.parametrize("name", SCRIPT.steps)
def test_strange_speech_has_words_that_neither_the_ear_nor_its_tuning_knows(
    name: str, known: frozenset[str]
) -> None:
    tuned = set((vocabulary.DATA / "unknown.txt").read_text(encoding="utf-8").split())
    for text, kind, _ in SCRIPT.in_step(name):
        if kind == STRANGE:
            assert set(text.split()) - known, text
            assert not set(text.split()) & tuned, text


@pytest.mark.parametrize("all_universal", [False, True])
@pytest.mark.parametrize("name", SCRIPT.steps)
def test_every_phrase_written_down_means_its_intent_and_nothing_else_means_any(
    name: str, all_universal: bool
) -> None:
    question = Question(SCRIPT.steps[name]["intents"], all_universal)
    assert (len(question.grammar or ()) > 300) == all_universal
    assert question.grammar is not None
    for text, _, intent in SCRIPT.in_step(name):
        assert question.intent(Recognition(text, 1.0)) == intent, text


def test_every_line_has_its_figures_and_some_have_targets() -> None:
    names = [spec.name for measurement in HELD_OUT for spec in measurement.specs]
    assert len(names) == len(set(names)) == sum(len(rate.lines) for rate in RATES) == 46
    targets = {spec.name: spec.at_most for each in HELD_OUT for spec in each.specs if spec.at_most}
    assert targets == {
        "word errors, whole vocabulary, clean": 15,
        "word errors, with grammar, clean": 4,
        "intents wrong, with grammar, clean": 2,
        "intents wrong, with grammar, 10 dB": 10,
        "unknown words answered, with grammar, clean": 5,
    }


def test_intents_are_decided_by_the_dialplan_with_its_own_thresholds() -> None:
    question = Question({"hours": ["when are you open"], "bye": ["goodbye [then]"]})
    assert {"when are you open", "goodbye then"} <= set(question.grammar or ())
    assert question.intent(Recognition("when are you open", 0.9)) == "hours"
    assert question.intent(Recognition("when are you open", 0.1)) == ""
    unsure = Recognition("when are open", 0.3, (Hypothesis("when are you open", 0.3),))
    assert question.intent(unsure) == "hours"
    assert question.intent(Recognition("", 0.0)) == ""


def test_a_sentence_that_is_no_template_is_refused() -> None:
    with pytest.raises(SoftswitchError, match="no sentence of a dialplan"):
        phrases(["open [now"])


# --- recordings -------------------------------------------------------------------------------------------


@pytest.fixture
def record(tmp_path: Path) -> Callable[..., Path]:
    """Writes a recording NAME of one second, and files beside it by their suffix."""

    def write(name: str, rate: int = 16000, channels: int = 1, width: int = 2, **beside: str) -> Path:
        tone = np.round(8000 * np.sin(np.arange(rate) * 2 * np.pi * 300 / rate)).astype("<i2")
        with wave.open(str(tmp_path / f"{name}.wav"), "wb") as file:
            file.setparams((channels, width, rate, 0, "NONE", ""))
            file.writeframes(np.repeat(tone, channels).tobytes() if width == 2 else bytes(rate))
        for suffix, text in beside.items():
            (tmp_path / f"{name}.{suffix}").write_text(text, encoding="utf-8")
        return tmp_path

    return write


@pytest.mark.parametrize(("rate", "channels"), [(8000, 1), (16000, 2), (44100, 2), (48000, 1)])
def test_recordings_of_any_rate_come_to_8_khz(record: Callable[..., Path], rate: int, channels: int) -> None:
    (said,) = speech_recordings.read(record("a", rate, channels, txt="Yes, please!\n")).sentences
    assert said.words == ("yes", "please")
    assert len(said.sound) == pytest.approx(RATE, abs=40)


def test_recordings_without_intents_measure_words_alone(record: Callable[..., Path]) -> None:
    measurements = speech_recordings.measurements(record("a", txt="it’s me"))
    assert [len(each.specs) for each in measurements] == [1] * len(CONDITIONS)
    assert all(SENTENCES in spec.name for each in measurements for spec in each.specs)


def test_recordings_with_intents_are_heard_in_a_step_as_well(record: Callable[..., Path]) -> None:
    record("a", txt="when are you open", intent="hours\n")
    record("b", txt="my dog is ill", intent="none")
    folder = record("c", txt="nothing in particular")
    (folder / "intents.yaml").write_text("hours: ['when are you open', 'opening hours']")
    material = speech_recordings.read(folder)
    assert len(material.sentences) == 3
    (step,) = material.steps
    assert [(said.kind, said.intent) for said in step.said] == [(PHRASE, "hours"), (OUTSIDE, "")]
    names = {spec.name for each in speech_recordings.measurements(folder) for spec in each.specs}
    assert {"intents wrong, with grammar, 5 dB", "other requests answered, without grammar, clean"} <= names
    assert not any("unknown words" in name for name in names)


@pytest.mark.parametrize(
    ("beside", "message"),
    [
        ({}, r"a\.txt: No such file.*needs a transcript"),
        ({"txt": "room 21"}, r"a\.txt has digits: write numbers in words"),
        ({"txt": " ... "}, r"a\.txt has no words"),
        ({"txt": "hello", "intent": "hours"}, r"a\.intent names the intent 'hours': expected none or one of"),
    ],
)
def test_a_file_that_cannot_be_used_is_named(
    record: Callable[..., Path], beside: dict[str, str], message: str
) -> None:
    with pytest.raises(SoftswitchError, match=message):
        speech_recordings.read(record("a", **beside))


def test_a_wav_file_of_another_kind_is_named_with_its_remedy(record: Callable[..., Path]) -> None:
    with pytest.raises(SoftswitchError, match=r"a\.wav has 8 bits a sample; convert it: sox"):
        speech_recordings.read(record("a", width=1, txt="hello"))
    (record("a", txt="hello") / "a.wav").write_bytes(b"ID3")
    with pytest.raises(SoftswitchError, match=r"a\.wav is no PCM WAV file"):
        speech_recordings.read(record("b", txt="hello"))


def test_transcripts_that_are_not_text_are_named(record: Callable[..., Path]) -> None:
    folder = record("a")
    (folder / "a.txt").write_bytes(b"caf\xe9")
    with pytest.raises(SoftswitchError, match=r"a\.txt is not UTF-8"):
        speech_recordings.read(folder)


def test_a_transcript_without_its_recording_is_named(record: Callable[..., Path]) -> None:
    folder = record("a", txt="hello")
    (folder / "b.txt").write_text("hello")
    with pytest.raises(SoftswitchError, match=r"b\.txt belongs to no recording: there is no b\.wav"):
        speech_recordings.read(folder)


@pytest.mark.parametrize(
    "text", ["[", "hours", "hours: when", "hours: [1]", "hours: ['a [b']", "{}", "../x: [a]"]
)
def test_intents_that_no_step_could_have_are_named(record: Callable[..., Path], text: str) -> None:
    folder = record("a", txt="hello")
    (folder / "intents.yaml").write_text(text)
    with pytest.raises(SoftswitchError, match=r"intents\.yaml"):
        speech_recordings.read(folder)


def test_a_folder_without_recordings_says_so(tmp_path: Path) -> None:
    with pytest.raises(SoftswitchError, match="has 0 WAV files"):
        speech_recordings.read(tmp_path)
    with pytest.raises(SoftswitchError, match="is no folder"):
        speech_recordings.read(tmp_path / "gone")


# --- the card ---------------------------------------------------------------------------------------------

CARD = "# The ear\n\nMade of speech.\n\n## What it is not for\n\nCallers.\n"


def figures() -> list[Figure]:
    return [
        Figure(
            "speech", "word errors, whole vocabulary, clean", 12.34, "%", "<= 15", True, "n = 80, 9 to 16"
        ),
        Figure("speech", "word errors, whole vocabulary, 5 dB", 40.0, "%", "", None, "n = 80, 30 to 50"),
        Figure("speech", "real-time factor, whole vocabulary, 5 dB", 0.06, "", "<= 0.05", False),
        Figure("speech", "memory per model", 6.5, "MB", "", None),
        Figure("speech", "load time of the ear", None, "ms", "", None),
        Figure("speech", "first audio of the voice", 9.0, "ms", "<= 25", True),
    ]


def test_the_section_has_a_column_for_each_line_and_a_row_for_each_rate() -> None:
    lines = section(figures()).splitlines()
    assert lines[0] == HEADING
    assert "|  | clean | 20 dB | 10 dB | 5 dB | 2 % loss | of |" in lines
    accuracy = next(line for line in lines if line.startswith("| word errors"))
    cells = "12.3 (9 to 16; <= 15) | not measured | not measured | 40.0 (30 to 50) | not measured | 80 |"
    assert accuracy == f"| word errors, whole vocabulary | {cells}"
    assert "| real-time factor, whole vocabulary, 5 dB | 0.06 | <= 0.05, missed |" in lines
    assert "| memory per model | 6.5 MB |  |" in lines
    assert "| load time of the ear | not measured |  |" in lines
    assert not any("voice |" in line for line in lines)


def test_the_section_goes_into_a_card_once_and_before_what_the_ear_is_not_for() -> None:
    once = with_section(CARD, section(figures()))
    assert with_section(once, section(figures())) == once
    assert once.count(HEADING) == 1
    order = [once.index(text) for text in ("Made of speech.", HEADING, "## What it is not for", "Callers.")]
    assert order == sorted(order)


def test_a_card_without_that_heading_gets_the_section_at_its_end() -> None:
    text = with_section("# The ear\n", section(figures()))
    assert text.startswith(f"# The ear\n\n{HEADING}\n")
    assert text.endswith("|\n")
