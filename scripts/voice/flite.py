"""flite's statistical voice rms through ctypes: it says given pronunciations and shows what it plans to say.

The library has no call for that, so the structures that hold it are laid out here as flite 2.2 has them
(cst_wave.h, cst_track.h, cst_utterance.h, cst_voice.h, cst_cg.h).
"""

import ctypes
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from ctypes import POINTER, c_char_p, c_double, c_float, c_int, c_short, c_void_p
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

VOICE = "rms"
FRAME_S = 0.005
_LIBRARIES = ("flite", "flite_cmulex", "flite_usenglish", f"flite_cmu_us_{VOICE}")


class _Wave(ctypes.Structure):
    _fields_ = (
        ("type", c_char_p), ("sample_rate", c_int), ("num_samples", c_int), ("num_channels", c_int),
        ("samples", POINTER(c_short)),
    )  # fmt: skip


class _Track(ctypes.Structure):
    _fields_ = (
        ("type", c_char_p), ("num_frames", c_int), ("num_channels", c_int), ("times", POINTER(c_float)),
        ("frames", POINTER(POINTER(c_float))),
    )  # fmt: skip


class _Utterance(ctypes.Structure):
    _fields_ = (
        ("features", c_void_p), ("ffunctions", c_void_p), ("relations", c_void_p), ("context", c_void_p),
    )  # fmt: skip


class _Voice(ctypes.Structure):
    _fields_ = (("name", c_char_p), ("features", c_void_p))


class _Database(ctypes.Structure):
    _fields_ = (
        ("name", c_char_p), ("types", c_void_p), ("num_types", c_int), ("sample_rate", c_int),
        ("f0_mean", c_float), ("f0_stddev", c_float), ("num_f0_models", c_int), ("f0_trees", c_void_p),
        ("num_param_models", c_int), ("param_trees", c_void_p), ("a", c_void_p), ("b", c_void_p),
        ("num_channels", c_void_p), ("num_frames", c_void_p), ("model_vectors", c_void_p),
        ("num_channels_spamf0_accent", c_int), ("num_frames_spamf0_accent", c_int), ("spv", c_void_p),
        ("model_min", c_void_p), ("model_range", c_void_p), ("qtable", c_void_p), ("model_shape", c_int),
        ("frame_advance", c_float), ("num_dur_models", c_int), ("dur_stats", c_void_p),
        ("dur_cart", c_void_p),
        ("phone_states", c_void_p), ("do_mlpg", c_int), ("dynwin", c_void_p), ("dynwinsize", c_int),
        ("mlsa_alpha", c_float), ("mlsa_beta", c_float), ("multimodel", c_int), ("mixed_excitation", c_int),
        ("ME_num", c_int), ("ME_order", c_int), ("me_h", POINTER(POINTER(c_double))),
    )  # fmt: skip


@dataclass(frozen=True)
class Saying:
    """`ends` are those of `phones` in frames of 5 ms; f0 (Hz, 0 without voice), cepstra [frames, 25] and the
    strength of voicing in five bands [frames, 5] are what flite's vocoder gets.
    """

    phones: list[str]
    ends: list[int]
    f0: NDArray[np.float32]
    cepstra: NDArray[np.float32]
    strengths: NDArray[np.float32]
    audio: NDArray[np.int16]  # at 16 kHz


class Flite:
    """Raises OSError where Debian's package libflite1 is not installed."""

    def __init__(self) -> None:
        # Each library leans on those before it.
        libraries = [ctypes.CDLL(f"lib{name}.so.1", mode=ctypes.RTLD_GLOBAL) for name in _LIBRARIES]
        self._library = libraries[0]
        self._call("flite_init", None)
        register = getattr(libraries[-1], f"register_cmu_us_{VOICE}")
        register.restype = c_void_p
        self._voice = register(None)
        features = ctypes.cast(self._voice, POINTER(_Voice)).contents.features
        self._database = self._call("val_cg_db", c_void_p, self._feature(features, b"cg_db"))
        self.band_filters = self._band_filters()

    def say(self, text: str, pronunciations: Mapping[str, Sequence[str]]) -> Saying:
        """Every word of the text needs its pronunciation; vowels end in 0 or 1, their stress."""
        self._teach(pronunciations)
        utterance = c_void_p(self._call("flite_synth_text", c_void_p, text.encode(), self._voice))
        try:
            return self._saying(utterance)
        finally:
            self._call("delete_utterance", None, utterance)

    def _teach(self, pronunciations: Mapping[str, Sequence[str]]) -> None:
        lines = [f'"{word}" nil : {" ".join(phones)}\n' for word, phones in pronunciations.items()]
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "addenda"
            path.write_text("".join(lines), encoding="ascii")
            self._call("flite_voice_add_lex_addenda", c_int, self._voice, str(path).encode())

    def _saying(self, utterance: c_void_p) -> Saying:
        features = ctypes.cast(utterance, POINTER(_Utterance)).contents.features
        planned = self._call("val_track", c_void_p, self._feature(features, b"param_track"))
        smooth = c_void_p(self._call("mlpg", c_void_p, planned, self._database))
        frames = _array(smooth)
        self._call("delete_track", None, smooth)
        strengths = _array(c_void_p(self._call("val_track", c_void_p, self._feature(features, b"str_track"))))
        length = min(len(frames), len(strengths))
        segments = list(self._segments(utterance))
        ends = [min(length, round(end / FRAME_S)) for _, end in segments[:-1]] + [length]
        wave = ctypes.cast(self._call("utt_wave", c_void_p, utterance), POINTER(_Wave)).contents
        audio = np.ctypeslib.as_array(wave.samples, (wave.num_samples,)).copy()
        phones = [phone for phone, _ in segments]
        return Saying(phones, ends, frames[:length, 0], frames[:length, 1:26], strengths[:length], audio)

    def _segments(self, utterance: c_void_p) -> Iterator[tuple[str, float]]:
        relation = self._call("utt_relation", c_void_p, utterance, b"Segment")
        item = self._call("relation_head", c_void_p, relation)
        while item:
            name = self._call("item_feat_string", c_char_p, item, b"name")
            yield name.decode(), self._call("item_feat_float", c_float, item, b"end")
            item = self._call("item_next", c_void_p, item)

    def _band_filters(self) -> NDArray[np.float64]:
        """Impulse responses of the filters of mixed excitation, [bands, order]."""
        database = ctypes.cast(self._database, POINTER(_Database)).contents
        rows = [
            np.ctypeslib.as_array(database.me_h[band], (database.ME_order,))
            for band in range(database.ME_num)
        ]
        return np.array(rows)

    def _feature(self, features: int, name: bytes) -> c_void_p:
        return c_void_p(self._call("feat_val", c_void_p, features, name))

    def _call(self, name: str, result: Any, *arguments: Any) -> Any:
        function = getattr(self._library, name)
        function.restype = result
        # A bare int would be cut to 32 bits.
        return function(*(c_void_p(value) if isinstance(value, int) else value for value in arguments))


def _array(track: c_void_p) -> NDArray[np.float32]:
    held = ctypes.cast(track, POINTER(_Track)).contents
    rows = [np.ctypeslib.as_array(held.frames[row], (held.num_channels,)) for row in range(held.num_frames)]
    return np.array(rows, np.float32)
