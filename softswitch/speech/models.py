"""Finds the ear (a Vosk model folder) and the voice (a Piper .onnx and its .json), and checks their shape.

The engines abort the process or raise obscurely on a broken model, so what can be checked before is.
"""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from softswitch.errors import SoftswitchError

DATA = Path(__file__).parent / "data"
EMBEDDED = "embedded"

# Vosk knows two layouts: with folders, and flat (older models).
_LAYOUTS = (
    ("am/final.mdl", "conf/mfcc.conf", "graph/phones/word_boundary.int", "graph"),
    ("final.mdl", "mfcc.conf", "word_boundary.int", "."),
)


@dataclass(frozen=True, slots=True)
class Voice:
    """A voice that has been checked. `identity` changes with any byte of its files."""

    path: Path
    settings: dict[str, Any]  # the parsed .json
    identity: str


def ear(setting: str, installed: Path | None = None) -> Path:
    """The Vosk model folder that a setting means: `embedded`, a model's name below `installed`, or a path."""
    folder = DATA / "ear" if setting == EMBEDDED else _found(setting, installed)
    remedy = _remedy(setting, "model", "the path of an unpacked Vosk model")
    if not folder.is_dir():
        raise SoftswitchError(f"no Vosk model at {folder}: {remedy}")
    acoustic, features, boundary, graph = _layout(folder)
    needed = [acoustic, features, boundary]
    if not (folder / graph / "HCLG.fst").is_file():
        needed += [f"{graph}/HCLr.fst", f"{graph}/Gr.fst"]
    for name in needed:
        if not (folder / name).is_file() or (folder / name).stat().st_size == 0:
            raise SoftswitchError(
                f"{folder} is not a whole Vosk model ({name} is missing or empty): {remedy}"
            )
    return folder


def takes_grammar(folder: Path) -> bool:
    """Whether Vosk can limit this model to the phrases of a step: its graph is not composed beforehand."""
    return not (folder / _layout(folder)[3] / "HCLG.fst").is_file()


def words(folder: Path) -> list[str]:
    """The model's vocabulary; empty when it comes without the list, which only recognising needs not."""
    listed = folder / _layout(folder)[3] / "words.txt"
    if not listed.is_file():
        return []
    lines = listed.read_text(encoding="utf-8", errors="replace").splitlines()
    return [line.split()[0] for line in lines if line.strip()]


def voice(setting: str, installed: Path | None = None) -> Voice:
    """The Piper voice that a setting means: `embedded`, a name below `installed`, or an .onnx file."""
    path = _voice_path(setting, installed)
    remedy = _remedy(setting, "voice", "the path of a Piper .onnx file")
    if not path.is_file() or path.stat().st_size == 0:
        raise SoftswitchError(f"no Piper voice at {path}: {remedy}")
    described = path.with_name(path.name + ".json")
    if not described.is_file():
        raise SoftswitchError(
            f"{described} is missing: a Piper voice is an .onnx file with its .json beside it"
        )
    raw = described.read_bytes()
    settings = _voice_settings(described, raw)
    identity = hashlib.sha256(path.read_bytes() + raw).hexdigest()
    return Voice(path, settings, identity)


def _layout(folder: Path) -> tuple[str, str, str, str]:
    return _LAYOUTS[0] if (folder / "am").is_dir() else _LAYOUTS[1]


def _found(setting: str, installed: Path | None) -> Path:
    """An installed model goes before a file of the same name in the current folder."""
    if installed and _is_name(setting) and (installed / setting).is_dir():
        return installed / setting
    return Path(setting).expanduser()


def _voice_path(setting: str, installed: Path | None) -> Path:
    if setting == EMBEDDED:
        return DATA / "voice/voice.onnx"
    found = _found(setting, installed)
    inside = sorted(found.glob("*.onnx")) if found.is_dir() else []
    return inside[0] if len(inside) == 1 else found


def _is_name(setting: str) -> bool:
    return "/" not in setting and not setting.startswith((".", "~"))


def _remedy(setting: str, key: str, what: str) -> str:
    if setting == EMBEDDED:
        return "the installation is damaged, install softswitch again"
    if _is_name(setting):
        return f"fetch it with `softswitch model pull {setting}`, or set speech.{key} to {what}"
    return f"set speech.{key} to {what}, or to {EMBEDDED}"


def _voice_settings(path: Path, raw: bytes) -> dict[str, Any]:
    """Check what piper reads from the .json without asking whether it is there."""
    try:
        settings: dict[str, Any] = json.loads(raw)
        checks = {
            "audio.sample_rate": settings["audio"]["sample_rate"],
            "espeak.voice": settings["espeak"]["voice"],
            "phoneme_id_map": settings["phoneme_id_map"],
            "num_symbols": settings["num_symbols"],
            "num_speakers": settings["num_speakers"],
        }
        if any(not value for value in checks.values()):
            raise ValueError("empty")
    except (ValueError, KeyError, TypeError) as error:
        raise SoftswitchError(
            f"{path} does not describe a Piper voice ({error}): fetch the voice's own .json again"
        ) from None
    return settings
