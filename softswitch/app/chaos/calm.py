"""What nodes that allow no faults have in place of Chaos: nothing stands before their parts."""

from collections.abc import Callable
from typing import Any

from softswitch.answer.asking import Llm, Model
from softswitch.app.acting.registry import Means, Registry
from softswitch.app.calls import Calls
from softswitch.app.desk import Desk, Tell
from softswitch.errors import SoftswitchError
from softswitch.news import SessionEvent
from softswitch.publish.mqtt import Broker
from softswitch.session.parts import Parts

REFUSED = (
    "this node does no chaos: write `chaos: true` into its configuration and start it again, where nobody "
    "depends on it"
)


class Calm:
    def open(self, desk: Desk, calls: Calls, broker: Broker | None) -> None:
        desk.register("chaos", refuse)

    def llm(self, model: Model) -> Llm:
        return Llm(model)

    def registry(self, means: Means) -> Registry:
        return Registry(means)

    def worsen(self, parts: Parts) -> Parts:
        return parts

    def before_commit(self, url: str) -> Callable[[], None]:
        return lambda: None

    def before_journal(self) -> None:
        pass

    def take(self, event: SessionEvent) -> None:
        pass


async def refuse(request: dict[str, Any], tell: Tell) -> None:
    """The desk's answer."""
    raise SoftswitchError(REFUSED)
