"""`trunk test`, step by step: resolve, reach, TLS, OPTIONS, register. A call, if wanted, is in calling.py.

Runs within a node, where the gateway asks and registers, and without one, as far as that goes. A step that
failed makes those impossible that need it; the others are taken.
"""

import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

from softswitch.app.trunking import reaching
from softswitch.app.trunking.reaching import Heard
from softswitch.app.trunking.resolving import Resolver, parsed
from softswitch.config import Config
from softswitch.errors import SoftswitchError
from softswitch.trunks import answers
from softswitch.trunks.health import is_alive
from softswitch.trunks.registration import Phase, Registration
from softswitch.trunks.settings import Trunk
from softswitch.trunks.targets import Target

MOST_TARGETS = 4
"""Of a trunk with more, the others are only named."""
EXPIRES_SOON = timedelta(days=14)


@dataclass(frozen=True, slots=True)
class Finding:
    """One step. `ok` None: it was left out, `detail` says why. `remedy` is what to change."""

    step: str
    ok: bool | None
    detail: str
    remedy: str = ""
    target: str = ""
    status: int | None = None
    took_ms: float | None = None

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


Tell = Callable[[Finding], None]


class Means(Protocol):
    """What only a running node can do."""

    async def probe(self, trunk: Trunk, target: Target) -> Heard:
        """OPTIONS by the gateway; status 0 when nothing came."""
        ...

    async def settle(self, trunk: Trunk) -> Registration: ...


class Examination:
    """Of one trunk. `tell` gets each finding at once; `node` is None without a running one."""

    def __init__(self, config: Config, trunk: Trunk, node: Means | None, tell: Tell) -> None:
        self._config = config
        self._trunk = trunk
        self._node = node
        self._tell = tell
        self.findings: list[Finding] = []

    @property
    def ok(self) -> bool:
        return all(finding.ok is not False for finding in self.findings)

    def find(self, finding: Finding) -> bool:
        self.findings.append(finding)
        self._tell(finding)
        return bool(finding.ok)

    def leave_out(self, step: str, why: str) -> None:
        self.find(Finding(step, None, why))

    async def run(self) -> list[Target]:
        """All steps but the call; the targets that answer."""
        reached = []
        for target in (await self._resolve())[:MOST_TARGETS]:
            if await self._reach(target):
                reached.append(target)
        await self._register(bool(reached))
        return reached

    # --- the steps --------------------------------------------------------------------------------------

    async def _resolve(self) -> list[Target]:
        """Every host by itself; the targets of all."""
        found: list[Target] = []
        if not self._trunk.hosts:
            self.leave_out("resolve", "the trunk has no hosts: calls come from it, and none go there")
        resolver = Resolver(self._config)
        for host in self._trunk.hosts:
            began = time.monotonic()
            try:
                answer = await resolver.resolve(parsed(host), self._trunk.transport)
            except SoftswitchError as error:
                remedy = f"correct the host: softswitch trunk edit {self._trunk.name} --set hosts=..."
                self.find(Finding("resolve", False, str(error), remedy, host, took_ms=_since(began)))
                continue
            targets = [place.target for place in answer.places]
            places = ", ".join(target.hostport for target in targets)
            trail = f" ({'; '.join(answer.trail)})"
            self.find(Finding("resolve", True, places + trail, "", host, took_ms=_since(began)))
            found += [target for target in targets if target not in found]
        return found

    async def _reach(self, target: Target) -> bool:
        """Whether SIP is answered there. Over UDP only an answer shows that anybody is there."""
        if target.transport == "udp":
            heard = await self._ask(target)
            reached = self.find(self._of_datagram(target, heard))
            return reached and self.find(self._of_options(target, heard))
        if not await self._connect(target):
            return False
        if target.transport == "tls" and not await self._greet(target):
            return False
        return self.find(self._of_options(target, await self._ask(target)))

    async def _connect(self, target: Target) -> bool:
        began = time.monotonic()
        try:
            await reaching.connect(target, self._trunk.health.timeout)
        except SoftswitchError as error:
            remedy = (
                f"check that a SIP server listens for {target.transport.upper()} at {target.hostport}, and "
                "that no firewall is between"
            )
            return self.find(
                Finding("reach", False, str(error), remedy, target.hostport, took_ms=_since(began))
            )
        return self.find(Finding("reach", True, "connected", "", target.hostport, took_ms=_since(began)))

    async def _greet(self, target: Target) -> bool:
        """The TLS handshake, and the certificate."""
        began = time.monotonic()
        at = Finding("tls", True, "", "", target.hostport)
        try:
            shown = await reaching.handshake(target, self._config.sip.tls, self._trunk.health.timeout)
        except SoftswitchError as error:
            remedy = "check that the port is that of SIP over TLS (5061), and TLS 1.2 or 1.3 is spoken there"
            return self.find(replace(at, ok=False, detail=str(error), remedy=remedy, took_ms=_since(began)))
        told = (
            f"{shown.version}, certificate for {', '.join(shown.names[:5]) or 'nobody'} by "
            f"{shown.issuer or 'an unnamed authority'}, until {shown.expires:%Y-%m-%d}"
        )
        at = replace(at, detail=told, took_ms=_since(began))
        if not shown.fault:
            soon = shown.expires - datetime.now(UTC) < EXPIRES_SOON
            return self.find(replace(at, remedy="have it renewed: it expires soon" if soon else ""))
        at = replace(at, detail=f"{told}: {shown.fault}")
        if not self._trunk.tls_verify:
            return self.find(replace(at, detail=f"{at.detail}; accepted, since tls_verify is off"))
        return self.find(replace(at, ok=False, remedy=_certificate_remedy(shown.fault, target.name)))

    async def _ask(self, target: Target) -> Heard:
        """OPTIONS: by the gateway, or without one from a port of its own."""
        if self._node and self._trunk.enabled:
            return await self._node.probe(self._trunk, target)
        try:
            return await reaching.options(target, self._config.sip.tls, self._trunk.health.timeout)
        except SoftswitchError as error:
            return Heard(0, str(error), self._trunk.health.timeout)

    def _of_datagram(self, target: Target, heard: Heard) -> Finding:
        took = round(1000 * heard.latency, 1)
        if heard.status:
            return Finding("reach", True, "it answers", "", target.hostport, took_ms=took)
        told = answers.told("OPTIONS", 0, heard.reason)
        remedy = answers.words("OPTIONS", 0).remedy
        return Finding("reach", False, told, remedy, target.hostport, took_ms=took)

    def _of_options(self, target: Target, heard: Heard) -> Finding:
        words = answers.words("OPTIONS", heard.status, heard.reason)
        told = answers.told("OPTIONS", heard.status, heard.reason)
        if slow := heard.latency > self._trunk.health.slow:
            told += f"; slower than health.slow, {1000 * self._trunk.health.slow:g} ms"
        if not (self._node and self._trunk.enabled):
            told += "; asked from a port of its own, not the node's"
        remedy = words.remedy or ("a nearer host, or a larger health.slow" if slow else "")
        took, alive = round(1000 * heard.latency, 1), is_alive(heard.status)
        return Finding("options", alive, told, remedy, target.hostport, heard.status, took)

    async def _register(self, reached: bool) -> None:
        trunk, name = self._trunk, self._trunk.name
        if not trunk.registers:
            return
        if not trunk.enabled:
            self.leave_out("register", f"the trunk is disabled: softswitch trunk enable {name}")
        elif self._node is None:
            self.leave_out("register", "only a running node registers: softswitch serve")
        elif not reached:
            self.leave_out("register", "no registrar answers")
        else:
            began = time.monotonic()
            self.find(self._of_registration(await self._node.settle(trunk), began))

    def _of_registration(self, it: Registration, began: float) -> Finding:
        now = time.monotonic()
        if it.phase is Phase.REGISTERED and it.target:
            told = f"registered, for {it.expires_at - now:.0f} s more"
            return Finding("register", True, told, "", it.target.hostport, 200, _since(began))
        status = it.status or 0
        told = answers.told("REGISTER", status, it.reason)
        at = it.target.hostport if it.target else ""
        remedy = answers.words("REGISTER", status).remedy.replace("NAME", self._trunk.name)
        return Finding("register", False, told, remedy, at, status, _since(began))


def _certificate_remedy(fault: str, name: str) -> str:
    if "expired" in fault or "not yet valid" in fault:
        return "the far end must renew its certificate; check this machine's clock, too"
    if "self-signed" in fault or "self signed" in fault or "issuer" in fault:
        return "name the authority's certificate in sip.tls.ca_file, or set tls_verify=no for this trunk"
    if "not for" in fault:
        return f"write the host as the certificate has it, in place of {name}"
    return "the far end must show a good certificate; tls_verify=no accepts any"


def _since(began: float) -> float:
    return round(1000 * (time.monotonic() - began), 1)
