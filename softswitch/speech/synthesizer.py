"""The voice: Piper, with an ONNX session of our own making, and what turns its output into a prompt.

Piper's own loader takes no session options, and onnxruntime's defaults start a thread per core in every
session and keep an arena that grows to hundreds of megabytes.
"""

from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy as np
import onnxruntime
import soxr
from numpy.typing import NDArray
from piper import PiperVoice
from piper.config import PiperConfig, SynthesisConfig

from softswitch.errors import SoftswitchError
from softswitch.events import Fragment
from softswitch.speech.joining import MARGIN_S
from softswitch.speech.models import Voice
from softswitch.speech.normalize import normalize
from softswitch.speech.pool import SpeechPool

# Part of every prompt's address in the cache: raise it whenever the same text would sound different.
RENDERING = 1

LEVEL_DBFS = -20.0  # RMS of the active parts
PEAK = 0.9
FLOOR_DB = -38.0  # below the loudest 5 ms: a soft onset such as /f/ or /h/ is above it, Piper's noise below
LEAD_S = 0.010
TAIL_S = 0.030
FADE_S = 0.005
SENTENCE_PAUSE_S = 0.25

Samples: TypeAlias = NDArray[np.float32]


class PiperSynthesizer:
    """One voice. `identity` names it and the rendering."""

    def __init__(self, voice: Voice, clock_rate: int, pool: SpeechPool) -> None:
        self.clock_rate = clock_rate
        self.identity = f"{voice.identity} {clock_rate} {RENDERING}"
        self._pool = pool
        self._english = str(voice.settings["espeak"]["voice"]).startswith("en")
        try:
            session = _session(voice)
            self._voice = PiperVoice(session=session, config=PiperConfig.from_dict(voice.settings))
        except Exception as error:  # onnxruntime's errors have no common base of their own
            raise SoftswitchError(
                f"the Piper voice {voice.path} cannot be loaded ({error}): fetch it again"
            ) from None
        self.cuts = len(session.get_outputs()) > 1
        """Whether the voice tells where in its sound each phone is: not all are made so that they do."""

    async def speak(self, text: str, rate: float = 1.0) -> bytes:
        """`text`, as `words` gives it, as PCM at the clock rate; b"" when it holds nothing to say.

        `rate` is the speed of speech, 1 as the voice speaks by itself.
        """
        return await self._pool.run(self.render, text, rate)

    def words(self, text: str) -> str:
        """What is given to the voice. Voices of other languages than English read numbers themselves."""
        return normalize(text) if self._english else " ".join(text.split())

    def render(self, text: str, rate: float = 1.0) -> bytes:
        """The same, blocking: 2 to 4 ms per second of speech. Safe on several threads at once."""
        spoken = self.words(text)
        if not any(character.isalnum() for character in spoken):
            return b""
        chunks = self._voice.synthesize(spoken, self._timing(rate))
        sentences = [self._sentence(chunk.audio_float_array) for chunk in chunks]
        pause = np.zeros(int(SENTENCE_PAUSE_S * self.clock_rate), dtype=np.float32)
        parts = [part for sentence in sentences if len(sentence) for part in (pause, sentence)]
        if not parts:
            return b""
        return pcm(_levelled(np.concatenate(parts[1:]), self.clock_rate))

    def render_fragment(self, fragment: Fragment, rate: float = 1.0) -> bytes:
        """The fragment, cut out of it and what is said before and after, blocking; with MARGIN_S of either.

        b"" where it cannot be cut: as part of a sentence it would be read in another way.
        """
        parts = fragment.before, fragment.text, fragment.after
        words = [self.words(part) for part in parts]
        spoken = [self._voice.phonemize(part) if part else [list[str]()] for part in words]
        whole = self.words(" ".join(part for part in parts if part))
        if whole != " ".join(part for part in words if part) or any(
            len(sentences) != 1 for sentences in spoken
        ):
            return b""
        before, text, after = (sentences[0] for sentences in spoken)
        before, text = before + [" "] * bool(before), text + [" "] * bool(after)
        sound, (start, end) = self._sound(before + text + after, (len(before), len(before + text)), rate)
        samples = _levelled(self._resampled(sound), self.clock_rate)
        first, last = _loud(samples, self.clock_rate)
        margin = round(MARGIN_S * self.clock_rate)
        scale = self.clock_rate / self._voice.config.sample_rate
        start = round(start * scale) - margin if before else first
        end = round(end * scale) + margin if after else last
        return pcm(faded(samples[first:last], self.clock_rate)[max(0, start - first) : max(0, end - first)])

    def _sound(self, phones: list[str], places: Sequence[int], rate: float) -> tuple[Samples, list[int]]:
        """How phones sound, and the sample before each of these."""
        ids, timing = self._voice.phonemes_to_ids(phones), self._timing(rate)
        sound, lengths = self._voice.phoneme_ids_to_audio(ids, timing, include_alignments=True)
        assert lengths is not None, "only a voice that cuts is asked"
        ends = np.cumsum(lengths)
        # Of the ids of the first phones alone, the last one ends the sentence.
        counts = [len(self._voice.phonemes_to_ids(phones[:place])) - 1 for place in places]
        return sound, [int(ends[count - 1]) for count in counts]

    def _timing(self, rate: float) -> SynthesisConfig:
        return SynthesisConfig(length_scale=self._voice.config.length_scale / rate)

    def _sentence(self, samples: Samples) -> Samples:
        samples = self._resampled(samples)
        start, end = _loud(samples, self.clock_rate)
        return faded(samples[start:end], self.clock_rate)

    def _resampled(self, samples: Samples) -> Samples:
        rate = self._voice.config.sample_rate
        return samples if rate == self.clock_rate else soxr.resample(samples, rate, self.clock_rate)


def _session(voice: Voice) -> Any:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.enable_cpu_mem_arena = False
    options.enable_mem_pattern = False
    return onnxruntime.InferenceSession(str(voice.path), options, providers=["CPUExecutionProvider"])


def _block_rms(samples: Samples, size: int) -> Samples:
    whole = samples[: len(samples) // size * size].reshape(-1, size)
    rms: Samples = np.sqrt(np.mean(whole * whole, axis=1), dtype=np.float32)
    return rms


def _loud(samples: Samples, rate: int) -> tuple[int, int]:
    """From where to where it is no silence, with a short lead-in and tail; nowhere when it is all silence."""
    size = rate // 200
    rms = _block_rms(samples, size)
    if not len(rms) or rms.max() < 1e-5:
        return 0, 0
    loud = np.flatnonzero(rms > rms.max() * 10 ** (FLOOR_DB / 20))
    start = max(0, int(loud[0]) * size - int(LEAD_S * rate))
    return start, min(len(samples), (int(loud[-1]) + 1) * size + int(TAIL_S * rate))


def faded(samples: Samples, rate: int) -> Samples:
    """With a ramp at both ends, so that a prompt never starts or ends with a click."""
    length = min(int(FADE_S * rate), len(samples) // 2)
    ramp = (np.arange(length, dtype=np.float32) + 0.5) / max(1, length)
    soft = samples.copy()
    soft[:length] *= ramp
    soft[len(soft) - length :] *= ramp[::-1]
    return soft


def _levelled(samples: Samples, rate: int) -> Samples:
    """At LEVEL_DBFS over the 20 ms blocks within 20 dB of the loudest; no sample above PEAK."""
    rms = _block_rms(samples, rate // 50)
    if not len(rms):
        rms = _block_rms(samples, len(samples))
    active = rms[rms > rms.max() / 10]
    gain = 10 ** (LEVEL_DBFS / 20) / float(np.sqrt(np.mean(active * active)))
    return samples * np.float32(min(gain, PEAK / float(np.abs(samples).max())))


def pcm(samples: Samples) -> bytes:
    """As 16-bit PCM; what is louder than that can hold is clipped."""
    return np.round(np.clip(samples, -1, 1) * 32767).astype("<i2").tobytes()
