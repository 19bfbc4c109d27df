"""Remembered answers in SQL: kept, found again at a start, reviewed. Whether one suits is the answer room's.

Rows cross as plain dictionaries by column, without `id` where they are new. An answer that was approved, or
edited, by a person is never overwritten by a model's.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from softswitch.store import changes
from softswitch.store.engine import transaction
from softswitch.store.tables import answers

KIND = "answers"
"""Of changes: nodes read anew what was changed when this moves on."""
MOST = 50_000
"""Rows that are kept of one plan; of more those go that were not used for the longest time."""
STEP = 1000
Row = Mapping[str, Any]

_INSERT: dict[str, Any] = {"sqlite": sqlite.insert(answers), "postgresql": postgresql.insert(answers)}
_UNIQUE = ["plan", "version", "language", "key", "intent", "same"]
_NEW = ("answer", "scope", "fields", "known", "caller", "question", "made_at", "expires_at")


def keep(connection: sa.Connection, row: Row) -> int | None:
    """Write down a new answer, or a newer one to the same question; its id, None where a person's stands."""
    insert = _INSERT[connection.dialect.name]
    new = dict(row) | {"same": _same(row)}
    statement = insert.values(new).on_conflict_do_update(
        index_elements=_UNIQUE,
        set_={name: insert.excluded[name] for name in _NEW},
        where=answers.c.state == "new",
    )
    kept = connection.execute(statement.returning(answers.c.id)).scalar()
    if kept is not None:
        changes.bump(connection, KIND)
    return kept


def _same(row: Row) -> str:
    """What the answer hangs on beside the question."""
    return json.dumps([row["caller"], sorted(row["fields"].items())])


def read(
    url: str,
    plan: str = "",
    *,
    state: str = "",
    language: str = "",
    since: float = 0.0,
    most: int = MOST,
) -> list[dict[str, Any]]:
    """Answers of a plan, in a state and a language ("" for all), the latest used first; of those made or
    changed after `since`.
    """
    query = sa.select(answers).order_by(answers.c.used_at.desc(), answers.c.id.desc()).limit(most)
    wanted = ((answers.c.plan, plan), (answers.c.state, state), (answers.c.language, language))
    query = query.where(*(column == value for column, value in wanted if value))
    if since:
        query = query.where(answers.c.made_at >= since)
    with transaction(url) as connection:
        return [_row(found) for found in connection.execute(query)]


def find(url: str, number: int) -> dict[str, Any] | None:
    with transaction(url) as connection:
        found = connection.execute(sa.select(answers).where(answers.c.id == number)).first()
        return _row(found) if found else None


def review(url: str, numbers: Sequence[int], now: float, **new: Any) -> int:
    """Set `state`, `answer` or `expires_at` of these; how many there were."""
    with transaction(url, writes=True) as connection:
        count = 0
        for at in range(0, len(numbers), STEP):  # a statement takes so many values, and no more
            some = answers.c.id.in_(numbers[at : at + STEP])
            count += connection.execute(sa.update(answers).where(some).values(made_at=now, **new)).rowcount
        if count:
            changes.bump(connection, KIND)
        return count


def used(connection: sa.Connection, uses: Mapping[int, int], now: float) -> None:
    """Count uses by id."""
    for number, count in sorted(uses.items()):  # in one order, or two nodes would wait for each other
        connection.execute(
            sa.update(answers).where(answers.c.id == number).values(uses=answers.c.uses + count, used_at=now)
        )


def forget(connection: sa.Connection, now: float, versions: Mapping[str, str]) -> int:
    """Delete what has expired, what belongs to another version of a plan than the one in `versions` and was
    not used for a day, and what is too much; how many rows.
    """
    gone = answers.c.expires_at <= now
    for plan, version in versions.items():
        stale = (answers.c.plan == plan) & (answers.c.version != version) & (answers.c.state == "new")
        gone |= stale & (answers.c.made_at < now - 86_400) & (answers.c.used_at < now - 86_400)
    count = connection.execute(sa.delete(answers).where(gone)).rowcount
    for plan in versions:
        of_plan = sa.select(answers.c.id).where(answers.c.plan == plan)
        beyond = of_plan.order_by(answers.c.used_at.desc(), answers.c.id.desc()).offset(MOST).limit(1000)
        count += connection.execute(sa.delete(answers).where(answers.c.id.in_(beyond))).rowcount
    return count


def counts(url: str, now: float) -> list[dict[str, Any]]:
    """By plan, language, state and scope: how many answers, and how often they were used."""
    by = (answers.c.plan, answers.c.language, answers.c.state, answers.c.scope)
    figures = sa.func.count().label("answers"), sa.func.sum(answers.c.uses).label("uses")
    query = sa.select(*by, *figures).where(answers.c.expires_at > now).group_by(*by).order_by(*by)
    with transaction(url) as connection:
        return [dict(row._mapping) | {"uses": int(row._mapping["uses"])} for row in connection.execute(query)]


def _row(found: sa.Row[Any]) -> dict[str, Any]:
    return {name: value for name, value in found._mapping.items() if name != "same"}
