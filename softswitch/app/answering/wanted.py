"""Which questions of a plan are worth asking ahead: what callers asked before, by the store's answers."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from softswitch.answer.answerer import Question
from softswitch.answer.prompting import MOST_QUESTION
from softswitch.app.answering.thinker import PlanThinker
from softswitch.app.answering.warming import Ahead, of_nobody
from softswitch.dialplan.plan import Plan
from softswitch.store import answers

MOST = 200
MOST_READ = 1000
"""Answers that are looked at, those used last."""
Key = tuple[str, str, str]
"""Language, key and intent."""


def most_wanted(url: str, plan: Plan, thinker: PlanThinker, opening: datetime) -> list[Question]:
    """As they would be asked when the hours begin, the most used first. Waits for the database. Raises
    SoftswitchError.
    """
    rows = answers.read(url, plan.name, most=MOST_READ)
    found = dict(_asked_anew(rows, plan, thinker, opening))
    uses = Counter[Key]()
    for row in rows:
        uses[_key(row)] += row["uses"]
    wanted = sorted(found, key=lambda key: -uses[key])
    return [found[key] for key in wanted[:MOST]]


def _asked_anew(
    rows: list[dict[str, Any]], plan: Plan, thinker: PlanThinker, opening: datetime
) -> Iterator[tuple[Key, Question]]:
    """What has the same key when nobody in particular asks: what hangs on words said before, or on values
    that were heard with it, would be another question.
    """
    forgotten = {_key(row) for row in rows if row["state"] == "forgotten"}
    for row in rows:
        if _key(row) in forgotten or not _is_for_all(row, plan):
            continue
        ahead = Ahead(question=row["question"], intent=row["intent"])
        question = of_nobody(plan, thinker, ahead, row["language"], opening)
        if question.asked.key == row["key"]:
            yield _key(row), replace(question, ahead=True)


def _is_for_all(row: Mapping[str, Any], plan: Plan) -> bool:
    known = row["language"] in plan.languages and (not row["intent"] or row["intent"] in plan.files.intents)
    return known and row["scope"] in ("nothing", "plan") and 0 < len(row["question"]) <= MOST_QUESTION


def _key(row: Mapping[str, Any]) -> Key:
    return row["language"], row["key"], row["intent"]
