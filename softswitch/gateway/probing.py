"""OPTIONS to the targets of trunks (RFC 3261 section 11): who answers, with what, and how soon."""

import time
from collections.abc import Callable
from dataclasses import dataclass

import pjsua2 as pj

from softswitch.gateway import messages
from softswitch.gateway.accounts import Accounts

MOST = 2000
"""Probes under way at once; one more counts as not answered."""
FORGET_AFTER = 40.0
"""Seconds; PJSIP reports the end of each request, after 32 s without an answer (Timer F)."""


@dataclass(slots=True)
class Pending:
    """Kept until PJSIP has reported its end: `request` is how that is told from others' ends."""

    order: messages.Probe
    request: pj.SendRequestParam
    sent_at: float
    told: bool = False


class Probing:
    def __init__(self, accounts: Accounts, send: Callable[[messages.Message], None]) -> None:
        self._accounts = accounts
        self._send = send
        self._pending: dict[int, Pending] = {}

    def probe(self, order: messages.Probe) -> None:
        """Probed follows: with the answer, or with status 0 and why there is none."""
        if len(self._pending) >= MOST:
            reason = f"{MOST} probes are under way already"
            self._send(messages.Probed(order.trunk, order.target, 0, reason, 0.0))
            return
        target = order.target
        account = self._accounts.of_version(6 if ":" in target.address else 4)
        account.on_answer = self._answered
        request = pj.SendRequestParam()
        request.method = "OPTIONS"
        request.txOption.targetUri = f"sip:{target.hostport};transport={target.transport}"
        request.userData = request  # it comes back as the address of this object
        self._pending[int(request.this)] = Pending(order, request, time.monotonic())
        try:
            account.sendRequest(request)
        except pj.Error as error:
            if failed := self._pending.pop(int(request.this), None):
                self._tell(failed, 0, error.reason.strip())

    def _answered(self, prm: pj.OnSendRequestParam) -> None:
        pending = self._pending.pop(int(prm.userData), None)
        if pending is None:
            return
        event = prm.e.body.tsxState
        if event.type == pj.PJSIP_EVENT_RX_MSG:
            self._tell(pending, event.tsx.statusCode, event.tsx.statusText)
        else:
            self._tell(pending, 0, self._accounts.distrust(pending.order.target) or event.tsx.statusText)

    def tick(self, now: float) -> None:
        """Several times a second: give up those whose time is over."""
        for key, pending in list(self._pending.items()):
            if now - pending.sent_at > pending.order.timeout:
                self._tell(pending, 0, f"no answer in {pending.order.timeout:g} s")
            if now - pending.sent_at > pending.order.timeout + FORGET_AFTER:
                del self._pending[key]

    def _tell(self, pending: Pending, status: int, reason: str) -> None:
        if not pending.told:
            pending.told = True
            order, latency = pending.order, time.monotonic() - pending.sent_at
            self._send(messages.Probed(order.trunk, order.target, status, reason, latency))
