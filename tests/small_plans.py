"""Small dialplans for tests, written file by file; and calls to them that run beside the test."""

import subprocess
from pathlib import Path

import plan_files
from node import SOFTSWITCH, Node

HELPING = """
  pressing:
    say: You can press one.
    return: yes
"""
END = """
  desk:
    say: Please hold.
    transfer: {to: human, failed: bye}
  bye:
    say: Goodbye.
    hangup: yes
"""
REST = """
repair: {no_input: Are you there?, no_match: Pardon?, then: bye}
universal:
  on: {goodbye: bye, human: desk}
  digress: {help: helping}
"""


def write(folder: Path, plan: str, steps: str, **others: str) -> Path:
    """A dialplan: `plan` goes on with what every plan must have, `steps` with the steps that it leads to.
    `others` are more files: intents_hours="..." is intents/hours.yaml.
    """
    files = {"plan.yaml": plan + REST, "flows/main.yaml": "steps:" + steps, "flows/end.yaml": "steps:" + END}
    files["flows/helping.yaml"] = "steps:" + HELPING
    files |= {f"{name.replace('_', '/', 1)}.yaml": text for name, text in others.items()}
    return plan_files.write(folder, files)


class Calling:
    """`softswitch call` with these arguments, while the test goes on."""

    def __init__(self, node: Node, *arguments: str, to: str = "") -> None:
        uri = node.uri.replace("reception", to or "reception")
        self._process = subprocess.Popen(
            [str(SOFTSWITCH), "call", uri, "--json", *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def __enter__(self) -> "Calling":
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.communicate()

    def wait(self, seconds: float = 60.0) -> str:
        """What it printed, once it is over."""
        out, err = self._process.communicate(timeout=seconds)
        return out + err
