"""Speaks utterances with espeak-ng, flite and festival, and brings them to 8 kHz.

flite and festival also tell when each phone ends; that starts the alignment of everything else.
"""

import json
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ear.audio import RATE, Audio, resample
from ear.speech_plan import Utterance

Segments = list[tuple[str, float]]  # phone, its end in seconds
PEAK = 20000
SHORTEST = RATE // 10


@dataclass(frozen=True, slots=True)
class Spoken:
    utterance: Utterance
    audio: NDArray[np.int16]
    segments: Segments  # empty where the synthesiser does not tell


def write_shard(path: Path, engine: str, utterances: Sequence[Utterance]) -> None:
    """All utterances of one engine as one file; what came out silent is left out."""
    speak = {"flite": _flite, "festival": _festival}.get(engine.partition("_")[0], _espeak)
    spoken = []
    with tempfile.TemporaryDirectory(dir=_memory()) as folder:
        for utterance, (audio, segments) in zip(utterances, speak(utterances, Path(folder)), strict=True):
            if len(audio) >= SHORTEST and audio.any():
                spoken.append(_finished(utterance, audio, segments))
    _save(path, spoken)


def read_shard(path: Path) -> list[Spoken]:
    with np.load(path) as shard:
        notes = json.loads(shard["notes"].tobytes())
        ends = np.cumsum([note["samples"] for note in notes])
        pieces = np.split(shard["audio"], ends[:-1]) if notes else []
    found = []
    for note, audio in zip(notes, pieces, strict=True):
        note["utterance"]["words"] = tuple(note["utterance"]["words"])
        segments = [(phone, end) for phone, end in note["segments"]]
        found.append(Spoken(Utterance(**note["utterance"]), audio, segments))
    return found


def _save(path: Path, spoken: Sequence[Spoken]) -> None:
    notes = [
        {"utterance": asdict(item.utterance), "samples": len(item.audio), "segments": item.segments}
        for item in spoken
    ]
    audio = np.concatenate([np.zeros(0, np.int16), *(item.audio for item in spoken)])
    with path.open("wb") as file:
        np.savez(file, audio=audio, notes=np.frombuffer(json.dumps(notes).encode(), np.uint8))


def _finished(utterance: Utterance, audio: Audio, segments: Segments) -> Spoken:
    audio = audio * (PEAK / np.abs(audio).max())
    return Spoken(utterance, np.round(audio).astype(np.int16), segments)


def _memory() -> str | None:
    """Short-lived files do not belong on a disk."""
    return "/dev/shm" if Path("/dev/shm").is_dir() else None


def _espeak(utterances: Sequence[Utterance], folder: Path) -> Iterator[tuple[Audio, Segments]]:
    wave = folder / "speech.wav"
    for utterance in utterances:
        speed, pitch = round(160 * utterance.pace), round(50 + 55 * np.log2(utterance.pitch))
        manner = ["-v", utterance.voice, "-s", str(speed), "-p", str(pitch)]
        subprocess.run(
            ["espeak-ng", *manner, "-w", wave, "--", utterance.text], check=True, capture_output=True
        )
        yield _read_wave(wave, utterance.warp), []


def _flite(utterances: Sequence[Utterance], folder: Path) -> Iterator[tuple[Audio, Segments]]:
    wave = folder / "speech.wav"
    for utterance in utterances:
        command = ["flite", "-voice", utterance.voice, "--setf", f"duration_stretch={1 / utterance.pace:.3f}"]
        if utterance.voice.startswith("kal"):
            command += ["--setf", f"int_f0_target_mean={105 * utterance.pitch:.1f}"]
        else:
            command += ["--setf", f"f0_shift={utterance.pitch:.3f}"]
        answer = subprocess.run(
            [*command, "-psdur", "-t", f"{utterance.text} ", "-o", wave],
            check=True,
            capture_output=True,
            text=True,
        )
        ends = [item.rpartition(":") for item in answer.stdout.split()]
        segments = [(phone, round(float(end) * utterance.warp, 4)) for phone, _, end in ends]
        yield _read_wave(wave, utterance.warp), segments


_FESTIVAL_VOICES = {
    "kal": "(voice_kal_diphone)\n(set! base_f0 105)",
    "slt": "(voice_cmu_us_slt_arctic_hts)\n(set! base_f0 170)",
}
_FESTIVAL_SAY = """
(Parameter.set 'Duration_Stretch {stretch:.3f})
(set! int_lr_params '((target_f0_mean {f0:.1f}) (target_f0_std 14) (model_f0_mean 170) (model_f0_std 34)))
(set! said (utt.synth (Utterance Text "{text}")))
(utt.save.wave said "{wave}" 'riff)
(utt.save.segs said "{segments}")
"""


def _festival(utterances: Sequence[Utterance], folder: Path) -> Iterator[tuple[Audio, Segments]]:
    """One process says them all: festival takes half a second to start."""
    script = [_FESTIVAL_VOICES[utterances[0].voice]]
    files = [(folder / f"{index}.wav", folder / f"{index}.lab") for index in range(len(utterances))]
    for utterance, (wave, labels) in zip(utterances, files, strict=True):
        script.append(
            _FESTIVAL_SAY.format(
                stretch=1 / utterance.pace,
                f0=105 * utterance.pitch,
                text=utterance.text,
                wave=wave,
                segments=labels,
            )
        )
    (folder / "say.scm").write_text("\n".join(script), encoding="utf-8")
    subprocess.run(["festival", "-b", folder / "say.scm"], check=True, capture_output=True)
    for utterance, (wave, labels) in zip(utterances, files, strict=True):
        # Lines after "#" are: end, colour, phone.
        lines = labels.read_text(encoding="utf-8").partition("#\n")[2].splitlines()
        segments = [(line.split()[2], round(float(line.split()[0]) * utterance.warp, 4)) for line in lines]
        yield _read_wave(wave, utterance.warp), segments


def _read_wave(path: Path, warp: float) -> Audio:
    """The samples at 8 kHz. espeak-ng and flite leave the length in the header open; it is not read."""
    raw = path.read_bytes()
    rate = int.from_bytes(raw[24:28], "little")
    start = raw.find(b"data") + 8
    samples = np.frombuffer(raw[start : len(raw) - (len(raw) - start) % 2], "<i2").astype(np.float64)
    return resample(samples, RATE / rate * warp) if len(samples) > 1 else np.zeros(0)
