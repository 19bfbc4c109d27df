"""What stands beside the graph, for Piper: sample rate, language, ids of the symbols."""

from typing import Any

from piper.phoneme_ids import DEFAULT_PHONEME_ID_MAP

from voice.lessons import LANGUAGE
from voice.symbols import SYMBOLS
from voice.vocoder import HOP, RATE


def settings() -> dict[str, Any]:
    """noise_scale and noise_w are there because Piper wants them; the voice knows no chance."""
    return {
        "audio": {"sample_rate": RATE, "quality": "low"},
        "espeak": {"voice": LANGUAGE},
        "phoneme_type": "espeak",
        "num_symbols": SYMBOLS,
        "num_speakers": 1,
        "inference": {"noise_scale": 0.0, "length_scale": 1.0, "noise_w": 0.0},
        "phoneme_id_map": DEFAULT_PHONEME_ID_MAP,
        "phoneme_map": {},
        "speaker_id_map": {},
        "hop_length": HOP,
        "piper_version": "1.0.0",
        "language": {
            "code": "en_US",
            "family": "en",
            "region": "US",
            "name_native": "English",
            "name_english": "English",
            "country_english": "United States",
        },
        "dataset": "softswitch",
    }
