"""Figures: how well the embedded voice is understood, whether it clicks, and what it costs.

An independent recogniser (pocketsphinx with the English model in its wheel) writes down what it hears of the
voice and of flite's rms, which the voice learnt from. It gets a virtual environment of its own below build/.

Run as a program with the path of the voice's card, it measures and writes the figures into the card.
"""

import subprocess
import sys
import tempfile
import time
import venv
import wave
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import TypeAlias

import numpy as np
import soxr
from ear.audio import ulaw
from ear.measure import edits
from numpy.typing import NDArray
from voice.clicks import spike

from figures.figure import Figure, Measurement, Spec, Workshop, figures_of
from figures.speech_card import HEADING, with_section
from softswitch.errors import SoftswitchError
from softswitch.speech import models
from softswitch.speech.pool import SpeechPool
from softswitch.speech.synthesizer import PiperSynthesizer

SENTENCES = Path(__file__).parent / "speech/voice.txt"
TEN_WORDS = "Please hold while I transfer your call to billing now."
RATE = 8000
ROUNDS = 20
PACES = (0.7, 1.0, 1.5)
SPHINX = Path(__file__).parents[2] / "build/venv-sphinx"
SPHINX_PACKAGE = "pocketsphinx==5.1.1"
_SPHINX_RATE = 16000
_SPHINX_LEVEL = 0.6  # of full scale, at the loudest
_SPHINX_SILENCE_S = 0.3
# Reads the paths of raw files, a line each, and writes what it heard, a line each.
_LISTENER = """
import sys
from pocketsphinx import Decoder
decoder = Decoder(samprate=16000, loglevel="FATAL")
for path in sys.stdin:
    decoder.start_utt()
    decoder.process_raw(open(path.strip(), "rb").read(), full_utt=True)
    decoder.end_utt()
    heard = decoder.hyp()
    print(heard.hypstr if heard else "", flush=True)
"""

Sound: TypeAlias = NDArray[np.float32]


def sentences() -> list[str]:
    return SENTENCES.read_text(encoding="utf-8").splitlines()


@contextmanager
def _embedded(rate: int = RATE) -> Iterator[PiperSynthesizer]:
    pool = SpeechPool(workers=1)
    try:
        yield PiperSynthesizer(models.voice(models.EMBEDDED), rate, pool)
    finally:
        pool.close()


def speed(workshop: Workshop) -> Sequence[float]:
    """CPU seconds per second of audio over all sentences; median of the wall ms to all of ten words."""
    with _embedded() as voice:
        voice.render(TEN_WORDS)
        started = time.process_time()
        samples = sum(len(voice.render(text)) // 2 for text in sentences())
        factor = (time.process_time() - started) / (samples / RATE)
        waits = []
        for _ in range(ROUNDS):
            started = time.perf_counter()
            voice.render(TEN_WORDS)
            waits.append(1000 * (time.perf_counter() - started))
    return (factor, median(waits))


def understood(workshop: Workshop) -> Sequence[float]:
    """Word error rates in percent, of the voice and of flite's rms, and by how much the first is larger."""
    texts = sentences()
    with _embedded() as voice:
        own = [_signal(voice.render(text)) for text in texts]
    taught = [soxr.resample(sound, 16000, RATE) for sound in _flite(workshop, texts)]
    rates = []
    for name, sounds in (("the voice", own), ("flite's rms", taught)):
        workshop.tell(f"pocketsphinx hears {len(texts)} sentences of {name}")
        rates.append(_word_errors(texts, _heard(workshop, sounds)))
    return (*rates, rates[0] - rates[1])


def clicks(workshop: Workshop) -> Sequence[float]:
    """The sharpest corner at several paces, by the sharpest of flite's rms; see voice.clicks.spike."""
    texts = sentences()
    with _embedded(16000) as voice:
        own = [spike(_signal(voice.render(text, pace)), 16000) for pace in PACES for text in texts]
    return (max(own) / max(spike(sound, 16000) for sound in _flite(workshop, texts)),)


def _signal(pcm: bytes) -> Sound:
    return np.frombuffer(pcm, "<i2").astype(np.float32) * np.float32(1 / 32768)


def _flite(workshop: Workshop, texts: Sequence[str]) -> list[Sound]:
    """At 16 kHz."""
    path = workshop.folder / "flite.wav"
    sounds = []
    for text in texts:
        try:
            command = ["flite", "-voice", "rms", "-t", text, "-o", str(path)]
            subprocess.run(command, check=True, capture_output=True, timeout=60)
        except (OSError, subprocess.CalledProcessError) as error:
            raise SoftswitchError(f"flite does not speak ({error}): apt-get install flite") from None
        with wave.open(str(path)) as spoken:
            sounds.append(_signal(spoken.readframes(spoken.getnframes())))
    return sounds


def _heard(workshop: Workshop, sounds: Sequence[Sound]) -> list[str]:
    """What pocketsphinx writes down of sounds at 8 kHz after PCMU."""
    python = _sphinx()
    paths = []
    for number, sound in enumerate(sounds):
        paths.append(workshop.folder / f"heard-{number}.raw")
        paths[-1].write_bytes(_telephoned(sound))
    listing = "".join(f"{path}\n" for path in paths)
    command = [str(python), "-c", _LISTENER]
    done = subprocess.run(command, input=listing, capture_output=True, text=True, timeout=3600, check=False)
    if done.returncode:
        raise SoftswitchError(f"pocketsphinx failed ({done.stderr[-300:]}): remove {SPHINX} and try again")
    return done.stdout.splitlines()


def _telephoned(sound: Sound) -> bytes:
    loud = sound.astype(np.float64) / np.abs(sound).max() * _SPHINX_LEVEL * 32767
    wide = soxr.resample(ulaw(np.round(loud)).astype(np.float32), RATE, _SPHINX_RATE)
    padded = np.pad(wide.astype(np.float64), round(_SPHINX_SILENCE_S * _SPHINX_RATE))
    # A recogniser that is given digital silence has no level to reckon with.
    padded = padded + np.random.default_rng(1).normal(0, 3, len(padded))
    return np.clip(np.round(padded), -32768, 32767).astype("<i2").tobytes()


def _sphinx() -> Path:
    """The Python that has pocketsphinx, installed at the first call."""
    python = SPHINX / "bin/python"
    ready = SPHINX / ".ready"
    if not ready.exists():
        venv.create(SPHINX, with_pip=True, clear=True)
        command = [str(python), "-m", "pip", "install", "-q", SPHINX_PACKAGE]
        done = subprocess.run(command, capture_output=True, text=True, timeout=600, check=False)
        if done.returncode:
            raise SoftswitchError(
                f"pip could not install {SPHINX_PACKAGE} ({done.stderr.strip()[-200:]}): name a package index"
                " that can be reached, as in pip config set global.index-url ADDRESS"
            )
        ready.touch()
    return python


def _word_errors(texts: Sequence[str], heard: Sequence[str]) -> float:
    wanted = [_words(text) for text in texts]
    wrong = sum(edits(words, _words(line)) for words, line in zip(wanted, heard, strict=True))
    return 100 * wrong / sum(map(len, wanted))


def _words(text: str) -> list[str]:
    letters = "".join(letter if letter.isalpha() or letter == "'" else " " for letter in text.lower())
    return letters.split()


SPEED = Measurement(
    "CPU time of the voice, one core",
    (
        Spec("real-time factor of the voice", "", at_most=0.01),
        Spec("first audio of the voice, ten words", "ms", at_most=25),
    ),
    speed,
)
UNDERSTOOD = Measurement(
    "how well the voice is understood by pocketsphinx, 8 kHz, PCMU",
    (
        Spec("word errors on the voice, 8 kHz", "%"),
        Spec("word errors on the voice it learnt from", "%"),
        Spec("word errors on the voice beyond those", "points", at_most=2),
    ),
    understood,
)
CLICKS = Measurement(
    "clicks of the voice at three paces",
    (Spec("sharpest corner of the voice, flite's being 1", "", at_most=1.1),),
    clicks,
)
VOICE = (SPEED, UNDERSTOOD, CLICKS)


_SECTION = """{heading}

By `scripts/bench speech`, on {count} sentences that it has not learnt from, over 8 kHz PCMU. Word errors are
those of pocketsphinx with the English model of its wheel; the last figure sets the sharpest corner between
samples at three paces with the sharpest of flite's rms, where a click would stand out.

| figure | value | target |
|---|---|---|
{rows}
"""


def section(figures: Sequence[Figure]) -> str:
    """The figures for the voice's card, in Markdown."""
    rows = [
        f"| {each.name} | {each.value:g} {each.unit}".rstrip() + f" | {each.target} |" for each in figures
    ]
    return _SECTION.format(heading=HEADING, count=len(sentences()), rows="\n".join(rows))


def main(card: Path) -> None:
    """Raises SoftswitchError where something cannot be measured; the card stays as it is."""
    figures: list[Figure] = []
    with tempfile.TemporaryDirectory() as folder:
        workshop = Workshop(Path(folder), lambda text: print(text, file=sys.stderr))
        for measurement in VOICE:
            figures += figures_of("speech", measurement, measurement.run(workshop))
    card.write_text(with_section(card.read_text(encoding="utf-8"), section(figures)), encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
