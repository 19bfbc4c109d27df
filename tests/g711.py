"""G.711 for tests: what PCMU and PCMA do to audio, straight from the recommendation's tables of segments."""

import numpy as np
from numpy.typing import NDArray

Pcm = NDArray[np.int16]

_BIAS = 0x84
_CLIP = 32635


def encode_ulaw(pcm: Pcm) -> NDArray[np.uint8]:
    sample = pcm.astype(np.int32)
    sign = np.where(sample < 0, 0x80, 0)
    magnitude = np.minimum(np.abs(sample), _CLIP) + _BIAS
    segment = np.floor(np.log2(magnitude)).astype(np.int32) - 7
    mantissa = (magnitude >> (segment + 3)) & 0x0F
    coded: NDArray[np.uint8] = (~(sign | segment << 4 | mantissa) & 0xFF).astype(np.uint8)
    return coded


def decode_ulaw(coded: NDArray[np.uint8]) -> Pcm:
    code = ~coded.astype(np.int32) & 0xFF
    magnitude = (((code & 0x0F) << 3) + _BIAS << ((code & 0x70) >> 4)) - _BIAS
    return np.where(code & 0x80, -magnitude, magnitude).astype(np.int16)


def through_pcmu(pcm: bytes) -> bytes:
    """16-bit PCM as it sounds after a call over PCMU."""
    return decode_ulaw(encode_ulaw(np.frombuffer(pcm, dtype="<i2"))).astype("<i2").tobytes()
