"""The trace and the dialplan that the package brings."""

from importlib import resources
from pathlib import Path

_DATA = Path(str(resources.files("softswitch.replay"))) / "data"
MONTH = _DATA / "month.jsonl.gz"
FOLDER = _DATA / "flower_shop"
NOBODY = "sip:nobody@127.0.0.1"
"""Nobody is called: a transfer ends a replayed conversation."""
