"""Dialplans that tests write file by file, and the lines that most of these have in common."""

from collections.abc import Mapping
from pathlib import Path

REST = """
universal:
  on: {human: person}
human: sip:desk@127.0.0.1
repair: {no_input: Hello?, no_match: Pardon?, then: closing}
"""
"""Of plan.yaml; the steps that it names are those of ENDING."""
ENDING = """
  person:
    say: One moment.
    transfer: {to: human, failed: closing}
  closing:
    say: Goodbye.
    hangup: yes
"""


def write(folder: Path, files: Mapping[str, str]) -> Path:
    """Texts by their path in the folder; the folder."""
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    return folder
