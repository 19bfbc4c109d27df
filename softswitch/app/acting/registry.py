"""What a kind of integration is, and which there are. A new one is a module, a line here, and its settings.

Modules are imported when something of their kind is configured: the HTTP client alone takes longer to import
than a control process that is started again may take.
"""

import importlib
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from softswitch.actions.action import Action, Result
from softswitch.actions.files import Integrations
from softswitch.actions.settings import Integration

if TYPE_CHECKING:
    from softswitch.app.dialing.dialer import Dialer

KINDS: Mapping[str, str] = {
    "http": "softswitch.app.acting.kinds.http:Http",
    "email": "softswitch.app.acting.kinds.email:Email",
    "sql": "softswitch.app.acting.kinds.sql:Sql",
    "calendar": "softswitch.app.acting.kinds.calendar:Calendar",
    "call_back": "softswitch.app.acting.kinds.call_back:CallBack",
    "mqtt": "softswitch.app.acting.kinds.mqtt:Mqtt",
    "script": "softswitch.app.acting.kinds.script:Script",
    "log": "softswitch.app.acting.kinds.log:Log",
}


class Kind(Protocol):
    """Does actions of one kind. Made on the event loop, with Means, when the first one is wanted."""

    async def run(self, action: Action, settings: Any) -> Result:
        """One attempt. It is cancelled when `settings.timeout` is over, and must leave nothing behind then.

        Hands `action.idempotency_key` to the other side. What it raises counts as `Later`; Done is said
        only when the other side has said so.
        """
        ...

    async def close(self) -> None: ...


Publish = Callable[[str, bytes], Awaitable[None]]
"""Sends a message to the broker; returns when the broker has it. Raises SoftswitchError when it is away."""


class Phone(Protocol):
    """The node's calls. `database_url` is where they are recorded."""

    @property
    def database_url(self) -> str: ...

    @property
    def dialer(self) -> "Dialer":
        """Raises dialer.NotNow while the node starts."""
        ...


@dataclass(frozen=True, slots=True)
class Means:
    """What kinds may use of the node. Without a `publish` there is no broker, without a `phone` no trunk."""

    integrations: Integrations = field(default_factory=Integrations)
    publish: Publish | None = None
    phone: Phone | None = None


class Registry:
    """The kinds of one file of actions, each made when it is first wanted."""

    def __init__(self, means: Means) -> None:
        self._means = means
        self._made: dict[str, Kind] = {}
        self.limits: dict[str, int] = {}
        """The actions that something is configured for, and how many of each may be under way."""
        for key, settings in means.integrations.file.actions.items():
            name = key.rpartition(".")[2]
            self.limits[name] = max(self.limits.get(name, 0), settings.at_once)

    @property
    def integrations(self) -> Integrations:
        return self._means.integrations

    def load(self) -> None:
        """Import what is configured. Takes a while: to be called from a thread."""
        file = self.integrations.file
        for integration in (*file.actions.values(), *file.lookups.values()):
            _find(kind_of(integration))

    async def run(self, action: Action, settings: Integration) -> Result:
        name = kind_of(settings)
        if name not in self._made:
            self._made[name] = _find(name)(self._means)
        return await self._made[name].run(action, settings)

    async def close(self) -> None:
        for kind in self._made.values():
            await kind.close()
        self._made.clear()


def kind_of(settings: Integration) -> str:
    return str(getattr(settings, "kind"))  # noqa: B009 every integration has one, each of its own type


def _find(name: str) -> Callable[[Means], Kind]:
    module, _, kind = KINDS[name].partition(":")
    found: Callable[[Means], Kind] = getattr(importlib.import_module(module), kind)
    return found
