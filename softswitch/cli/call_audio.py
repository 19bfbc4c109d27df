"""What `softswitch call` sends: words through a voice, WAV files, and noise."""

import io
import re
import shutil
import subprocess
import wave
from collections.abc import Callable
from pathlib import Path

import click
import numpy as np

from softswitch.errors import SoftswitchError
from softswitch.gateway.caller.port import CLOCK_RATE
from softswitch.gateway.caller.script import Keys, Noise, Pause, Step, Utterance
from softswitch.gateway.caller.voicing import voiced_span, white_noise
from softswitch.gateway.caller.wav import read_wav, resampled

Voice = Callable[[str], bytes]
WHITE_NOISE_S = 10


def noise(ctx: click.Context, param: click.Parameter, value: str | None) -> Noise | None:
    """FILE@SNR or white@SNR, as given to --noise."""
    if value is None:
        return None
    what, _, snr = value.rpartition("@")
    if not what or not re.fullmatch(r"-?\d+(\.\d+)?", snr):
        raise click.BadParameter(f"{value}: expected FILE@SNR in dB, for instance cafe.wav@15 or white@15")
    samples = white_noise(WHITE_NOISE_S * CLOCK_RATE) if what == "white" else read_wav(Path(what))
    if not samples.any():
        raise click.BadParameter(f"{what} is silent: there is no noise to scale")
    return Noise(samples, float(snr))


def voice(name: str) -> Voice:
    """`embedded`, the path of a Piper voice, or `espeak-ng:NAME`."""
    engine, _, variant = name.partition(":")
    return _espeak(variant or "en") if engine == "espeak-ng" else _piper(name)


def _piper(name: str) -> Voice:
    from softswitch.speech import models  # loading it takes half a second, which not every call needs
    from softswitch.speech.pool import SpeechPool
    from softswitch.speech.synthesizer import PiperSynthesizer

    return PiperSynthesizer(models.voice(name), CLOCK_RATE, SpeechPool(1)).render


def _espeak(variant: str) -> Voice:
    program = shutil.which("espeak-ng")
    if not program:
        raise SoftswitchError("--voice espeak-ng: is not installed here; apt-get install espeak-ng")

    def speak(text: str) -> bytes:
        command = [program, "-v", variant, "--stdin", "--stdout"]
        done = subprocess.run(command, input=text.encode(), capture_output=True, check=False)
        if done.returncode or not done.stdout:
            said = done.stderr.decode(errors="replace").strip()
            raise SoftswitchError(f"espeak-ng has no voice {variant} ({said}); see espeak-ng --voices")
        with wave.open(io.BytesIO(done.stdout)) as file:
            data, rate = file.readframes(2**31 - 1), file.getframerate()
        samples = resampled(np.frombuffer(data, dtype=np.int16)[:, None], rate)
        first, end = voiced_span(samples, CLOCK_RATE) or (0, 0)
        return samples[first:end].tobytes()

    return speak


def steps(script: list[tuple[str, str | float]], voice_name: str) -> tuple[Step, ...]:
    """The caller's steps from options in the order given; `barge_in_after` belongs to the one after it."""
    made: list[Step] = []
    speak: Voice | None = None
    barge_in: float | None = None
    for kind, value in script:
        if kind == "barge_in_after":
            barge_in = float(value)
            continue
        if kind == "wait":
            made.append(Pause(float(value)))
            continue
        if kind == "dtmf":
            made.append(Keys(str(value), barge_in))
        elif kind == "wav":
            made.append(_utterance(read_wav(Path(str(value))).tobytes(), str(value), "--wav", barge_in))
        else:
            speak = speak or voice(voice_name)
            made.append(_utterance(speak(str(value)), str(value), "--say", barge_in))
        barge_in = None
    if barge_in is not None:
        raise click.UsageError("--barge-in-after needs a --say, --wav or --dtmf after it.")
    return tuple(made)


def _utterance(pcm: bytes, text: str, option: str, barge_in: float | None) -> Utterance:
    if voiced_span(np.frombuffer(pcm, dtype=np.int16), CLOCK_RATE) is None:
        raise SoftswitchError(f"{option} {text!r} is silent: give it something to say")
    return Utterance(pcm, text, "say" if option == "--say" else "wav", barge_in)
