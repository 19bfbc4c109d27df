"""Composes the hold music that the package brings: soft chords, broken chords above, some notes of a tune.

Nothing is taken from anybody: the notes stand below, and the sound is sines. It is written as a circle: what
rings on at the end is added to the beginning, so that no seam can be heard. The same notes give the same
file.
"""

import argparse
import wave
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

Sound = NDArray[np.float64]

RATE = 8000
BAR_S = 4.0
BEATS = 8  # eighth notes in a bar
LOWEST_HZ, HIGHEST_HZ = 300.0, 2600.0
"""What a telephone lets through, and no more of the top than sounds soft."""
LEVEL_DBFS = -24.0
"""RMS, about -23 LUFS: there, and not in the way."""
SHIPPED = Path(__file__).parents[1] / "softswitch/speech/data/music/hold.wav"

# MIDI numbers (69 is 440 Hz): D major, twelve bars.
CHORDS = (
    (50, 62, 66, 69, 73),  # D maj7
    (47, 62, 66, 69, 71),  # B m7
    (55, 62, 66, 67, 71),  # G maj7
    (57, 62, 64, 69, 71),  # A sus4, 9
    (54, 61, 64, 66, 69),  # F# m7
    (47, 62, 66, 69, 71),  # B m7
    (52, 62, 64, 67, 71),  # E m7
    (57, 61, 64, 67, 69),  # A 7
    (50, 62, 66, 69, 76),  # D add9
    (55, 62, 66, 67, 71),  # G maj7
    (52, 62, 66, 67, 71),  # E m9
    (57, 62, 64, 67, 69),  # A 7sus4
)
PATTERN = (1, 2, 3, 4, 3, 2, 4, 3)
"""Which note of the chord each eighth of a bar takes, an octave up."""
TUNE = (
    (0, 4, 81), (0, 6, 78), (1, 2, 76), (1, 4, 74), (2, 4, 79), (2, 6, 78), (3, 2, 76),
    (4, 4, 81), (4, 6, 78), (5, 2, 74), (6, 4, 79), (6, 6, 76), (7, 2, 73), (7, 6, 76),
    (8, 2, 78), (8, 6, 81), (9, 2, 83), (9, 6, 81), (10, 2, 79), (10, 6, 78), (11, 2, 76),
)  # fmt: skip
"""Bar, eighth and note."""


def main() -> None:
    parser = argparse.ArgumentParser(prog="make_music", description=__doc__)
    parser.add_argument(
        "file", nargs="?", type=Path, default=SHIPPED, help="a WAV file; as shipped unless given"
    )
    path = parser.parse_args().file
    path.parent.mkdir(parents=True, exist_ok=True)
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, RATE, 0, "NONE", ""))
        file.writeframes(compose().astype("<i2").tobytes())
    print(f"{path}: {len(CHORDS) * BAR_S:g} s, {path.stat().st_size / 1000:.0f} kB")


def compose() -> NDArray[np.int16]:
    """The whole piece: 16-bit samples, of which the first follows the last."""
    circle = np.zeros(round(len(CHORDS) * BAR_S * RATE))
    for bar, chord in enumerate(CHORDS):
        for note in chord:
            _add(circle, bar * BAR_S, _pad(_hertz(note)), 0.30)
        for beat, place in enumerate(PATTERN):
            accent = 1.0 if beat in (0, 4) else 0.75
            _add(
                circle,
                bar * BAR_S + beat * BAR_S / BEATS,
                _pluck(_hertz(chord[place] + 12), 0.5),
                0.34 * accent,
            )
    for bar, beat, note in TUNE:
        _add(circle, bar * BAR_S + beat * BAR_S / BEATS, _pluck(_hertz(note), 1.1), 0.55)
    circle = _within_band(circle)
    circle *= 32768 * 10 ** (LEVEL_DBFS / 20) / np.sqrt(np.mean(circle**2))
    return np.round(circle).astype(np.int16)


def _hertz(note: int) -> float:
    return float(440 * 2 ** ((note - 69) / 12))


def _add(circle: Sound, at_s: float, sound: Sound, level: float) -> None:
    """What goes beyond the end begins again at the start."""
    places = (round(at_s * RATE) + np.arange(len(sound))) % len(circle)
    circle[places] += level * sound


def _tone(hertz: float, seconds: float, harmonics: tuple[float, ...]) -> Sound:
    time = np.arange(round(seconds * RATE)) / RATE
    parts = [
        level * np.sin(2 * np.pi * number * hertz * time)
        for number, level in enumerate(harmonics, 1)
        if number * hertz < RATE / 2
    ]
    return np.asarray(np.sum(parts, axis=0))


def _pad(hertz: float) -> Sound:
    """Swells for a second and overlaps the next chord; two voices a little apart make it breathe."""
    seconds = BAR_S + 1.2
    lower, upper = (
        _tone(hertz * detuned, seconds, (1.0, 0.5, 0.25, 0.12, 0.06)) for detuned in (0.9988, 1.0012)
    )
    both = lower + upper
    time = np.arange(len(both)) / RATE
    swell = np.clip(time / 1.0, 0, 1) * np.clip((seconds - time) / 1.2, 0, 1)
    return np.asarray(both * np.sin(swell * np.pi / 2) ** 2 / 2)


def _pluck(hertz: float, decay_s: float) -> Sound:
    """A string of nylon, or a small piano: on at once, though not with a click, and away."""
    seconds = 5 * decay_s
    sound = _tone(hertz, seconds, (1.0, 0.35, 0.12, 0.04))
    time = np.arange(len(sound)) / RATE
    return (
        sound * np.clip(time / 0.012, 0, 1) * np.exp(-time / decay_s) * np.clip((seconds - time) / 0.05, 0, 1)
    )


def _within_band(circle: Sound) -> Sound:
    """Through a filter with soft edges, around the circle."""
    spectrum, hertz = np.fft.rfft(circle), np.fft.rfftfreq(len(circle), 1 / RATE)
    rising = np.clip((hertz - LOWEST_HZ * 0.8) / (LOWEST_HZ * 0.4), 0, 1)
    falling = np.clip((3400 - hertz) / (3400 - HIGHEST_HZ), 0, 1)
    return np.fft.irfft(spectrum * np.sin(rising * np.pi / 2) * falling**2, len(circle))


if __name__ == "__main__":
    main()
