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


def parts(draft: Draft) -> Expressions:
    """What can be told of each part by itself and of the names it uses; the expressions for `whole`."""
    names.check(draft)
    texts.check(draft)
    calendar.check(draft)
    queues.check_parts(draft)
    return values.check(draft)


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
