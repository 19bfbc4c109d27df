"""Connects the trunks to the gateway's link, to the desk and to the metrics."""

from collections.abc import Callable, Sequence
from typing import Any

from softswitch.app.calls import Calls
from softswitch.app.desk import Desk, Tell
from softswitch.app.trunking import telling
from softswitch.app.trunking.trunking import Trunking
from softswitch.config import Config
from softswitch.errors import SoftswitchError
from softswitch.gateway.link import GatewayLink
from softswitch.news import TrunkChanged
from softswitch.publish.metrics import Metrics


def wire(
    config: Config,
    link: GatewayLink,
    calls: Calls,
    desk: Desk,
    metrics: Metrics,
    tell: Sequence[Callable[[TrunkChanged], None]],
) -> Trunking:
    """The node's trunks; `run` them. Everybody in `tell` is told of every change of a trunk's state."""

    def changed(event: TrunkChanged) -> None:
        for each in tell:
            each(event)

    trunking = Trunking(config, link.send, lambda: link.connected, changed)
    link.on_connect.append(trunking.introduce)
    calls.listeners.append(trunking.on_news)

    async def status(request: dict[str, Any], tell: Tell) -> Any:
        name = str(request.get("name", ""))
        told = telling.status(trunking, link.calls_by_trunk(), name)
        if name and not told["trunks"]:
            raise SoftswitchError(f"the running node has no trunk {name}: see softswitch trunk list")
        return told

    desk.register("trunk.status", status)
    _watch(metrics, trunking, link)
    return trunking


def _watch(metrics: Metrics, trunking: Trunking, link: GatewayLink) -> None:
    metrics.watch("softswitch_trunk_state", lambda: telling.states(trunking))
    metrics.watch("softswitch_trunk_registered", lambda: telling.registered(trunking))
    metrics.watch("softswitch_trunk_options_seconds", lambda: telling.latencies(trunking))
    metrics.watch("softswitch_trunk_calls", lambda: telling.calls_by_trunk(trunking, link.calls_by_trunk()))
    metrics.watch("softswitch_trunk_failures_total", lambda: telling.failures(trunking))
