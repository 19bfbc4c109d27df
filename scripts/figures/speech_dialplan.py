"""What a dialplan makes of speech in one step: all that the speech figures know of the dialplan's room.

A step's sentences become a real dialplan of one question, loaded as a call would load it; so grammar,
matching and thresholds are those of a call.
"""

import json
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from softswitch.dialplan import expansion, loader
from softswitch.dialplan.conversation import Conversation
from softswitch.errors import SoftswitchError
from softswitch.events import Heard, Listen, Recognition

Intents = Mapping[str, Sequence[str]]
"""Sentences by intent, in the dialplan's template syntax."""

_SETTINGS: dict[str, Any] = {
    "name": "bench",
    "start": "question",
    "backchannel": ["okay", "right", "sure"],
    "skip_words": ["hello", "hi", "please", "sorry", "thanks", "thank you"],
    "repair": {"no_input": "Pardon?", "no_match": "Pardon?", "then": "end"},
    "universal": {"on": {"human": "desk"}},
}
# What every step understands besides its own intents, in a phrase each: with the hundreds that a dialplan has
# unless it writes its own, they would be most of a step's grammar.
_UNIVERSAL = {
    "human": ["connect me to a human"],
    "repeat": ["repeat your question"],
    "slower": ["speak more slowly"],
    "faster": ["speak faster"],
    "go_back": ["previous question"],
    "start_over": ["begin from the start"],
}


class Question:
    """A step that listens. `grammar` is what its recogniser gets; None stands for the whole vocabulary."""

    def __init__(self, intents: Intents, all_universal: bool = False) -> None:
        """With `all_universal` the universal intents have all phrases that the product gives them.

        Raises SoftswitchError where the sentences are none that a dialplan could have."""
        with tempfile.TemporaryDirectory(prefix="softswitch-bench-") as folder:
            _write(Path(folder), intents if all_universal else {**_UNIVERSAL, **intents}, list(intents))
            self._plan = loader.load(Path(folder), None)
        self.grammar = self._ask()[1].grammar

    def intent(self, heard: Recognition) -> str:
        """The intent that a call would act upon, "" for none."""
        conversation, _ = self._ask()
        conversation.take(Heard(heard.text, heard.confidence, heard.alternatives))
        return conversation.intent

    def _ask(self) -> tuple[Conversation, Listen]:
        conversation = Conversation(self._plan)
        listen = conversation.start()[-1]
        assert isinstance(listen, Listen)
        return conversation, listen


def phrases(sentences: Sequence[str]) -> list[str]:
    """Everything that the templates stand for. Raises SoftswitchError on one that cannot be read."""
    try:
        return [phrase for sentence in sentences for phrase in expansion.expand(sentence)]
    except ValueError as error:
        raise SoftswitchError(f"no sentence of a dialplan: {error}") from None


def _write(folder: Path, intents: Intents, own: Sequence[str]) -> None:
    listen = {"on": dict.fromkeys(own, "end")}
    steps = {
        "question": {"say": "Yes?", "listen": listen},
        "desk": {"say": "One moment.", "transfer": {"to": "human", "failed": "end"}},
        "end": {"say": "Bye.", "hangup": "yes"},
    }
    files: dict[str, Any] = {"plan": _SETTINGS, "flows/main": {"steps": steps}}
    files |= {f"intents/{name}": {"sentences": list(sentences)} for name, sentences in intents.items()}
    for name, content in files.items():
        path = folder / f"{name}.yaml"
        path.parent.mkdir(exist_ok=True)
        path.write_text(json.dumps(content), encoding="utf-8")  # JSON is YAML
