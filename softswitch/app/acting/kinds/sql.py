"""Kind `sql`: a look-up in a database of the operator's, read only. `store.lookup_sql` has the mechanics."""

import asyncio
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from softswitch.actions.action import Action, Done, Later, Refused, Result
from softswitch.actions.kinds.sql import Sql as Settings
from softswitch.actions.templates import Field, Template, values_of
from softswitch.app.acting.mapping import mapped
from softswitch.app.acting.registry import Means
from softswitch.store.lookup_sql import Away, Database, Value, Wrong

THREADS = 16
"""Look-ups at the same time, whatever the actions allow; each ends with its own time limit."""


class Sql:
    def __init__(self, means: Means) -> None:
        self._secrets = means.integrations.secrets
        self._threads = ThreadPoolExecutor(THREADS, "look-up")
        self._databases: dict[str, Database] = {}

    async def run(self, action: Action, settings: Settings) -> Result:
        values = _bound(action, settings)
        loop = asyncio.get_running_loop()
        try:
            rows = await loop.run_in_executor(self._threads, self._rows, settings, values)
        except Away as error:
            return Later(str(error))
        except Wrong as error:
            return Refused(str(error))
        return Done(_result(rows, settings.result))

    async def close(self) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)
        for database in self._databases.values():
            database.close()

    def _rows(self, settings: Settings, values: Mapping[str, Value]) -> list[dict[str, Any]]:
        """Runs in a thread. Two that come first make two engines, of which one is used and one forgotten."""
        url = settings.database.fill({}, self._secrets)
        database = self._databases.get(url) or self._databases.setdefault(url, Database(url, THREADS))
        return database.rows(settings.query, values, settings.most_rows, settings.timeout)


def _bound(action: Action, settings: Settings) -> dict[str, Value]:
    """The values of the query's parameters. Raises Unfilled for one that the action does not have."""
    values = values_of(action)
    templates = {name: settings.parameters.get(name) or Template((Field(name),)) for name in settings.names}
    return {name: template.value(values, {}) for name, template in templates.items()}


def _result(rows: list[dict[str, Any]], wanted: Mapping[str, str]) -> dict[str, str]:
    if not wanted:
        wanted = {name: name for name in rows[0]} if rows else {}
    paths = {name: path if path.partition(".")[0].isdigit() else f"0.{path}" for name, path in wanted.items()}
    return {"rows": str(len(rows)), **mapped(rows, paths)}
