"""`trunk test` within a node: the gateway's own OPTIONS, registrations and calls."""

from collections.abc import Callable
from typing import Any

from softswitch.app.desk import Desk, Tell
from softswitch.app.outbound import Outbound
from softswitch.app.trunking.calling import EchoCall
from softswitch.app.trunking.examining import Examination
from softswitch.app.trunking.reaching import Heard
from softswitch.app.trunking.trial import Trials
from softswitch.app.trunking.trunking import Trunking
from softswitch.config import Config
from softswitch.errors import SoftswitchError
from softswitch.gateway.link import GatewayLink
from softswitch.news import SessionEvent
from softswitch.trunks.registration import Registration
from softswitch.trunks.settings import Trunk
from softswitch.trunks.targets import Target


class NodeMeans:
    """Implements examining.Means."""

    def __init__(self, trunking: Trunking) -> None:
        self._trunking = trunking

    async def probe(self, trunk: Trunk, target: Target) -> Heard:
        probed = await self._trunking.probe(trunk, target)
        return Heard(probed.status, probed.reason, probed.latency)

    async def settle(self, trunk: Trunk) -> Registration:
        return await self._trunking.settle(trunk.name)


def wire(
    config: Config,
    trunking: Trunking,
    link: GatewayLink,
    others: Outbound,
    desk: Desk,
    emit: Callable[[SessionEvent], None],
) -> Outbound:
    """Have the desk examine trunks; what takes the place of `others`, whose calls it hands on."""
    trials = Trials(others)
    calling = EchoCall(config, trials, link.send, emit)

    async def test(request: dict[str, Any], tell: Tell) -> Any:
        name, to = str(request.get("name", "")), str(request.get("to", ""))
        trunk = trunking.find(name)
        if trunk is None:
            raise SoftswitchError(f"the running node has no trunk {name}: see softswitch trunk list")
        examination = Examination(
            config, trunk, NodeMeans(trunking), lambda finding: tell({"finding": finding.as_dict()})
        )
        reached = await examination.run()
        if to:
            await _call(examination, trunk, reached, to)
        return {"ok": examination.ok, "findings": [finding.as_dict() for finding in examination.findings]}

    async def _call(examination: Examination, trunk: Trunk, reached: list[Target], to: str) -> None:
        if not trunk.enabled:
            examination.leave_out("call", f"the trunk is disabled: softswitch trunk enable {trunk.name}")
        elif not reached:
            examination.leave_out("call", "no host of the trunk answers")
        elif any(finding.step == "register" and finding.ok is False for finding in examination.findings):
            examination.leave_out("call", "the trunk is not registered")
        else:
            await calling.run(examination, trunk, reached[0], to)

    desk.register("trunk.test", test)
    return trials
