"""Sentences that mean one intent and are taken for another, at a step that listens for both."""

from collections.abc import Mapping

from softswitch.dialplan import expansion, templates
from softswitch.dialplan.checks.leading import listened
from softswitch.dialplan.checks.texts import rule_texts
from softswitch.dialplan.checks.ways import Ways
from softswitch.dialplan.sentences import Sentences
from softswitch.marked_yaml import Document, Place

LISTED = 200
"""Phrases of a template that are looked through for its line."""


def check(ways: Ways, sentences: Mapping[str, Sentences]) -> None:
    """`sentences` by language."""
    together = _Together(ways)
    for language, index in sentences.items():
        rules = templates.parse_rules(rule_texts(ways.draft, language))
        for phrase, first, other in index.stolen():
            step = together.step(first, other)
            # Of two that the language brings an author can change neither.
            own = next((name for name in (other, first) if name in ways.draft.intents), "")
            if step and own:
                document, place = _place(ways, language, own, phrase, rules)
                message = f"'{phrase}' is taken for {first}, not {other}, and step '{step}' listens for both"
                ways.draft.report("stolen-sentence", document, place, message)


class _Together:
    """Which step listens for two intents."""

    def __init__(self, ways: Ways) -> None:
        self._steps: dict[str, set[str]] = {}
        for name, step in ways.steps.items():
            for intent in listened(ways.plan, step):
                self._steps.setdefault(intent, set()).add(name)

    def step(self, first: str, other: str) -> str:
        """ "" when there is none."""
        return min(self._steps.get(first, set()) & self._steps.get(other, set()), default="")


def _place(
    ways: Ways, language: str, intent: str, phrase: str, rules: templates.Rules
) -> tuple[Document, Place]:
    """The line of the sentence that the phrase is of; the file where it is not found among the first ones."""
    draft = ways.draft
    document, texts = draft.documents["intents"][intent], draft.intents[intent].sentences
    place: Place = ("sentences", language) if texts.languages else ("sentences",)
    for number, text in enumerate(texts.in_language(language)):
        choice = templates.parse(text, rules)
        if expansion.count(choice) <= LISTED and phrase in expansion.phrases(choice):
            at = (*place, number)
            return document, at if at in document.marks else place
    return document, place
