"""DTMF tones heard in a caller's audio (ITU-T Q.23, Q.24), for calls that negotiated no telephone-event.

Blocks of 25 ms, one each 10 ms, are measured at the eight frequencies and beside them. A key counts when the
same one stands in so many blocks on end that its tone lasted about 40 ms, and again only after a pause.
Speech has the frequencies too, but never two of them alone: hence the share of the block's energy.
"""

import numpy as np
from numpy.typing import NDArray

KEYS = ("123A", "456B", "789C", "*0#D")
ROWS = (697.0, 770.0, 852.0, 941.0)
COLUMNS = (1209.0, 1336.0, 1477.0, 1633.0)
BLOCK_S = 0.0256
HOP_S = 0.010
NEAR, OFF = 0.018, 0.045
"""A tone may be off by the first; where it is stronger at the second it is none (Q.24: 1.5 and 3.5 %)."""
LEAST_DBFS = -42.0
"""Weaker tones are none (Q.24 leaves the level to administrations; most have -25 to -35 dBm)."""
FORWARD_DB, REVERSE_DB = 6.0, 10.0
"""How much stronger the high tone, or the low tone, may be than the other: Q.24's 4 and 8 dB, and some."""
APART_DB = 8.0
"""How much a tone stands above the next one of its group."""
SHARE = 0.72
"""Of the block's energy, in the two tones."""
BLOCKS_ON, BLOCKS_OFF = 3, 3
"""Blocks on end with a key, and without it, that begin and end it."""


class InbandKeys:
    """Feed every frame of a call, in order."""

    def __init__(self, clock_rate: int) -> None:
        self._block = round(clock_rate * BLOCK_S)
        self._hop = round(clock_rate * HOP_S)
        self._window = np.hamming(self._block)
        self._gain = float(self._window.sum())
        self._energy_gain = float((self._window**2).sum())
        tones = np.array([*ROWS, *COLUMNS])
        probes = np.outer([1, 1 - NEAR, 1 + NEAR, 1 - OFF, 1 + OFF], tones).ravel()
        angles = 2 * np.pi * np.outer(probes, np.arange(self._block)) / clock_rate
        self._basis = np.concatenate([np.cos(angles), np.sin(angles)]) * self._window
        self._samples = np.zeros(0)
        self._standing = self._key = ""
        self._blocks = self._silence = 0
        self._frames = 0
        self._latest = ("", 0)

    def feed(self, frame: bytes) -> str:
        """The keys whose tones were recognised in this frame: nearly always none, seldom one."""
        self._frames += 1
        samples = np.frombuffer(frame, "<i2") / 32768
        self._samples = np.concatenate([self._samples, samples])
        found = ""
        while len(self._samples) >= self._block:
            found += self._step(self._measure(self._samples[: self._block]))
            self._samples = self._samples[self._hop :]
        if found:
            self._latest = found[-1], self._frames
        return found

    def heard(self, key: str) -> bool:
        """Whether this key was the latest one, within the last two seconds."""
        latest, frame = self._latest
        return key == latest and self._frames - frame < 100

    def _step(self, heard: str) -> str:
        """One block more: a key that begins, or ""."""
        self._blocks = self._blocks + 1 if heard == self._standing else 1
        self._standing = heard
        if heard and heard == self._key:
            self._silence = 0
            return ""
        self._silence += 1
        if self._silence >= BLOCKS_OFF:
            self._key = ""
        if heard and self._blocks >= BLOCKS_ON:
            self._key, self._silence = heard, 0
            return heard
        return ""

    def _measure(self, block: NDArray[np.float64]) -> str:
        """The key whose two tones, and nothing else, this block holds; "" for none."""
        energy = float((block * self._window) @ (block * self._window)) / self._energy_gain
        if energy < 10 ** (LEAST_DBFS / 10):
            return ""
        parts = self._basis @ block
        half = len(parts) // 2
        powers = 2 * (parts[:half] ** 2 + parts[half:] ** 2) / self._gain**2
        probes = powers.reshape(5, 8)
        tones = probes[:3].max(axis=0)
        row, column = int(tones[:4].argmax()), int(tones[4:].argmax()) + 4
        if any(probes[3:, at].max() > probes[0, at] for at in (row, column)):
            return ""
        twist = 10 * np.log10(tones[column] / tones[row])
        stands_out = self._stands_out(tones[:4]) and self._stands_out(tones[4:])
        if not -REVERSE_DB <= twist <= FORWARD_DB or not stands_out:
            return ""
        return KEYS[row][column - 4] if tones[row] + tones[column] >= SHARE * energy else ""

    @staticmethod
    def _stands_out(powers: NDArray[np.float64]) -> bool:
        second, first = np.sort(powers)[-2:]
        return bool(first >= second * 10 ** (APART_DB / 10))
