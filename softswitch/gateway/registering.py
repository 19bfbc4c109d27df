"""A trunk's account, and its registration (RFC 3261 section 10.2): sent when control says so, refreshed by
PJSIP, every result told. Nothing is tried again from here.
"""

import logging
import re
from collections.abc import Callable

import pjsua2 as pj

from softswitch.gateway.build import SMALL_BUILD, is_tuned
from softswitch.gateway.guard import guarded
from softswitch.trunks.targets import Connection, Target

log = logging.getLogger(__name__)
Told = Callable[[str, Target, int, str, float, float], None]
"""Trunk, target, status (0: no answer came), reason, seconds until it expires, and of a Retry-After."""
MOST_CHANGES = 20
"""Then an account is closed and made anew, as soon as no call has it."""
Answered = Callable[[pj.OnSendRequestParam], None]


class TrunkAccount(pj.Account):  # type: ignore[misc,unused-ignore]
    """May be closed and created again, for another trunk."""

    def __init__(self, on_incoming: Callable[[pj.OnIncomingCallParam, str], None], told: Told) -> None:
        super().__init__()
        self.trunk = ""
        self.version = 4
        """Of IP."""
        self.on_answer: Answered | None = None
        self._on_incoming = on_incoming
        self._told = told
        self._target: Target | None = None
        self._attempt = 0
        self._changes = 0
        self._registered = False
        self.asking = False
        """Whether the answer to a REGISTER is still to come."""

    def follow(self, connection: Connection, settings: pj.AccountConfig, *, changed: bool) -> None:
        """Be as control wants it from here on; `changed`: `settings` are not those that it has."""
        if self._target and self._target != connection.register_at:
            self.leave()
        if changed:
            self._change(settings)
        again = changed or self._attempt != connection.attempt
        self._target, self._attempt = connection.register_at, connection.attempt
        if self._target and again:
            self._register(self._target, settings)

    def _register(self, target: Target, settings: pj.AccountConfig) -> None:
        try:
            if self.asking:
                self._forget(settings)
            self.asking = True
            self.setRegistration(True)
        except pj.Error as error:
            self.asking = False
            self._told(self.trunk, target, 0, error.reason.strip(), 0.0, 0.0)

    def _forget(self, settings: pj.AccountConfig) -> None:
        """The REGISTER that waits for its answer: PJSIP takes no second one beside it."""
        registrar = settings.regConfig.registrarUri
        settings.regConfig.registrarUri = ""
        self._change(settings)
        settings.regConfig.registrarUri = registrar
        self._change(settings)

    def _change(self, settings: pj.AccountConfig) -> None:
        """PJSIP keeps the texts of all settings that an account ever had, until it is closed."""
        self._changes += 1
        if self._changes > MOST_CHANGES and self.close():
            self.create(settings)
        else:
            self.modify(settings)

    def leave(self) -> None:
        """Unregister, where it is registered; the answer is not told."""
        self._target = None
        if self._registered:
            self._registered = False
            try:
                self.setRegistration(False)
                self.asking = True
            except pj.Error as error:
                log.debug("%s: not unregistered: %s", self.trunk, error.reason)

    def close(self) -> bool:
        """Give the account up, unless a call has it still."""
        if not self._shut():
            return False
        self._attempt = self._changes = 0
        self.asking = self._registered = False
        return True

    def _shut(self) -> bool:
        if not is_tuned():  # PJSIP 2.15 does not ask for calls
            calls = [call for call in map(pj.Call.lookup, range(SMALL_BUILD)) if call]
            if any(call.getInfo().accId == self.getId() for call in calls):
                return False
            self.shutdown()
            return True
        gently = pj.AccountShutdownParam()
        gently.force = False
        try:
            self.shutdown2(gently)
        except pj.Error:
            return False
        return True

    # --- what PJSIP reports ------------------------------------------------------------------------------

    def onIncomingCall(self, prm: pj.OnIncomingCallParam) -> None:
        guarded(self._on_incoming, prm, self.trunk)

    def onRegState(self, prm: pj.OnRegStateParam) -> None:
        guarded(self._registration, prm)

    def _registration(self, prm: pj.OnRegStateParam) -> None:
        self.asking = False
        self._registered = 200 <= prm.code < 300 and prm.expiration > 0
        if self._target is None:
            self.leave()  # a REGISTER that was under way when the trunk was given up has been accepted
            return
        answer = prm.rdata.wholeMsg
        expires = float(prm.expiration) if self._registered else 0.0
        status = prm.code if answer else 0
        self._told(self.trunk, self._target, status, prm.reason, expires, retry_after(answer))

    def onSendRequest(self, prm: pj.OnSendRequestParam) -> None:
        if self.on_answer:
            guarded(self.on_answer, prm)


def retry_after(message: str) -> float:
    """Seconds that an answer asks to be left alone for (RFC 3261 section 20.33); 0 where it does not."""
    found = re.search(r"^Retry-After\s*:\s*(\d{1,6})", message, re.M | re.I)
    return float(found[1]) if found else 0.0
