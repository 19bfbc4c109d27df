"""Names that an author may not give: of a wrong form, or taken already."""

import re

from softswitch.dialplan.checks.declared import built_in_intents
from softswitch.dialplan.files.flow import RESERVED_TARGETS
from softswitch.dialplan.files.kinds import NAME
from softswitch.dialplan.files.variables import FACTS
from softswitch.dialplan.reading import Draft, mapping

KEY_WORDS = ("and", "or", "not", "in", "is", "set", "heard")
"""Of expressions, and `{heard}` of texts."""


def check(draft: Draft) -> None:
    _steps(draft)
    _files(draft)
    _variables(draft)


def _steps(draft: Draft) -> None:
    for step in draft.homes:
        if step in RESERVED_TARGETS:
            message = f"'{step}' means something by itself and can be no step's name"
            draft.report_step("wrong-name", step, message)


def _files(draft: Draft) -> None:
    for kind in ("intents", "flows", "lists", "tables"):
        for name, document in draft.documents[kind].items():
            if not re.fullmatch(NAME, name):
                message = f"'{name}' is no {kind[:-1]}'s name: expected small letters (a to z), digits and _"
                draft.report("wrong-name", document, (), message)


def _variables(draft: Draft) -> None:
    for name in mapping(draft.plan_document.value, "variables"):
        if taken := _taken(draft, name):
            message = f"'{name}' is {taken} already and can be no variable's name"
            draft.report("wrong-name", draft.plan_document, ("variables", name), message, key=True)


def _taken(draft: Draft, name: str) -> str:
    """What else has the name; "" for nothing."""
    if name in draft.documents["intents"].keys() | built_in_intents():
        return "an intent"
    if name in FACTS:
        return "known of every call"
    return "a key word" if name in KEY_WORDS else ""
