"""All checks: of each part by itself, and of a whole whose parts are sound."""

from collections.abc import Mapping

from softswitch.dialplan.checks import (
    calendar,
    callers,
    filled,
    flows,
    idle,
    known,
    length,
    names,
    naming,
    queues,
    secrets,
    sentences,
    texts,
    values,
    ways,
)
from softswitch.dialplan.checks.values import Expressions
from softswitch.dialplan.reading import Draft
from softswitch.dialplan.sentences import Sentences

BESIDE_THE_WAYS = frozenset(
    {
        "wrong-prompt",
        "missing-language",
        "unknown-recording",
        "wrong-expression",
        "wrong-type",
        "wrong-calendar",
        "unknown-variable",
        "unknown-rule",
        "unknown-list",
        "unknown-table",
        "unknown-action",
        "wrong-sentence",
    }
)
"""Rules that a step may break and still lead where it leads."""


def parts(draft: Draft) -> Expressions:
    """What can be told of each part by itself and of the names it uses; the expressions for `whole`."""
    names.check(draft)
    naming.check(draft)
    texts.check(draft)
    calendar.check(draft)
    queues.check_parts(draft)
    return values.check(draft)


def ways_alone(draft: Draft) -> None:
    """What can be proved of where the steps lead, though a text or a value somewhere is wrong."""
    leading = {str(draft.plan_document.file), *(each.file for each in draft.documents["flows"].values())}
    wrong = (each for each in draft.problems if not each.warning and each.rule not in BESIDE_THE_WAYS)
    if draft.plan is None or any(each.file in leading or each.rule == "wrong-file" for each in wrong):
        return
    found = ways.ways(draft)
    flows.check(found)
    callers.check(found)


def whole(draft: Draft, expressions: Expressions, heard: Mapping[str, Sentences]) -> None:
    """What can be proved of a plan whose parts are all sound. `heard` are its sentences by language."""
    found = ways.ways(draft)
    flows.check(found)
    callers.check(found)
    queues.check(found)
    filled.check(known.known(found, expressions))
    secrets.check(found, expressions)
    idle.check(found, expressions)
    sentences.check(found, heard)
    length.check(draft)
