"""The scripted model of a trace: it answers from what it is told, as a real one would.

What a caller's words mean may hang on what he said before; what an answer says may hang on the context. Where
neither was told, it does not know, like a real model that keeps to its rules.
"""

import re
import string
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from softswitch.replay.scripted_llm import NOT_KNOWN, Answer, ScriptedLlm
from softswitch.replay.trace import Trace

_CONTEXT = re.compile(r"<context>\n(.*?)\n</context>", re.S)


class Script:
    """The right answers of a trace. `only` may name one: it is given then, whatever is asked."""

    def __init__(self, trace: Trace) -> None:
        self._answers = trace.answers
        self._meant: dict[tuple[str, str], str] = {}
        for call in trace.calls:
            before = ""
            for turn in call.turns:
                if turn.answer:
                    self._mean(turn.heard, before if turn.follows else "", turn.answer)
                before = turn.heard
        self.only = ""

    def _mean(self, heard: str, before: str, answer: str) -> None:
        """Words that mean two things in the same place mean neither: nobody could know."""
        known = self._meant.setdefault((heard, before), answer)
        if known != answer:
            self._meant[heard, before] = ""

    def answer(self, heard: str, before: str, context: Mapping[str, str]) -> Answer:
        """What is to be said; its `pattern` is the answer's name, "" where nobody can know."""
        name = self.only or self._meant.get((heard, before)) or self._meant.get((heard, ""), "")
        for answer in self._answers.get(name, ()):
            if all(context.get(field) for field in fields(answer.text)):
                return replace(answer, pattern=name, text=answer.text.format_map(context))
        return NOT_KNOWN


def fields(text: str) -> Iterable[str]:
    """The names in braces."""
    return [name for _, name, _, _ in string.Formatter().parse(text) if name]


class TraceLlm(ScriptedLlm):
    """Set `script` before it is asked."""

    script: Script

    def choose(self, messages: Sequence[Mapping[str, Any]]) -> Answer:
        callers = [str(message["content"]) for message in messages if message["role"] == "user"]
        told = _CONTEXT.search(str(messages[0]["content"]))
        pairs = (line.partition(": ")[::2] for line in told[1].splitlines()) if told else ()
        return self.script.answer(callers[-1], callers[-2] if callers[1:] else "", dict(pairs))
