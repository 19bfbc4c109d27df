"""Speaks the held-out set with festival's voice kdlpc, which the embedded ear neither trains nor tunes on.

What was spoken once is kept below build/, so that only the first run has to wait for it.
"""

import hashlib
import shutil
import subprocess
import wave
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from pathlib import Path

import numpy as np
from ear.audio import RATE, Audio, resample
from ear.speech_plan import spoken

from figures.figure import Workshop
from figures.speech_material import Material, held_out
from softswitch.errors import SoftswitchError

VOICE = "voice_ked_diphone"
PACKAGES = "festival and festvox-kdlpc16k"
CACHE = Path(__file__).parents[2] / "build/bench-speech"
_BATCH = 50  # texts to one festival, which takes a second to start

Tell = Callable[[str], None]


@lru_cache(maxsize=1)
def _material(folder: Path, tell: Tell) -> Material:
    script = held_out()
    return script.spoken(dict(zip(script.lines(), sounds(script.lines(), folder, tell), strict=True)))


def material(workshop: Workshop) -> Material:
    """The held-out set as sound."""
    return _material(CACHE, workshop.tell)


def sounds(texts: Sequence[str], folder: Path, tell: Tell) -> list[Audio]:
    """The texts at 8 kHz, from `folder` where they are already spoken; whatever else lies there is removed.

    Raises SoftswitchError when festival or the voice is missing.
    """
    folder.mkdir(parents=True, exist_ok=True)
    paths = {text: folder / f"{_key(text)}.wav" for text in texts}
    for path in set(folder.iterdir()) - set(paths.values()):
        path.unlink()
    missing = [text for text, path in paths.items() if not path.exists()]
    for start, batch in _batches(missing):
        tell(f"festival speaks {start + len(batch)} of {len(missing)} sentences")
        _speak(batch, [paths[text] for text in batch])
    return [_read(paths[text]) for text in texts]


def _batches(texts: Sequence[str]) -> Iterator[tuple[int, Sequence[str]]]:
    for start in range(0, len(texts), _BATCH):
        yield start, texts[start : start + _BATCH]


def _key(text: str) -> str:
    return hashlib.sha256(f"{VOICE} {text}".encode()).hexdigest()[:24]


def _speak(texts: Sequence[str], paths: Sequence[Path]) -> None:
    """A file appears only when it is whole."""
    festival = shutil.which("festival")
    if not festival:
        raise SoftswitchError(f"festival is not installed: apt-get install {PACKAGES.replace(' and', '')}")
    partial = [path.with_suffix(".partial") for path in paths]
    # In a batch the first error is the last; from a pipe festival would go on with another voice.
    command = [festival, "-b", f"({VOICE})", *map(_saying, texts, partial)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=600, check=False)
    if done.returncode or not all(path.exists() for path in partial):
        said = (done.stderr.strip() or "no reason given").splitlines()[0]
        raise SoftswitchError(f"festival does not speak with {VOICE} ({said}): install {PACKAGES}")
    for path, whole in zip(partial, paths, strict=True):
        path.replace(whole)


def _saying(text: str, path: Path) -> str:
    read = spoken(tuple(text.split()))
    return f'(utt.save.wave (utt.synth (Utterance Text "{read}")) "{path}" \'riff)'


def _read(path: Path) -> Audio:
    with wave.open(str(path)) as file:
        samples = np.frombuffer(file.readframes(file.getnframes()), "<i2").astype(np.float64)
        return resample(samples, RATE / file.getframerate())
