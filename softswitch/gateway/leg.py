"""One far end's leg: its SIP call, its audio port, and what PJSIP's callbacks mean for them.

A leg outlives a SIP call where the far end transfers it (REFER): the new call takes the leg over, and the
conversation goes on with whoever is there now.
"""

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

import pjsua2 as pj

from softswitch.events import (
    CallConfirmed,
    CallEnded,
    CallInfo,
    CallProgress,
    DtmfReceived,
    EndedBy,
    LegEvent,
    MediaQuality,
)
from softswitch.gateway import bridging, keys, quality
from softswitch.gateway.causes import cause_of, reason_header, stated_cause, status_of
from softswitch.gateway.endpoint import call_options
from softswitch.gateway.guard import guarded
from softswitch.gateway.media_port import CallPort
from softswitch.gateway.rings import Slot
from softswitch.gateway.survival import Alone
from softswitch.gateway.timers import Timers
from softswitch.trunks.settings import Trunk

if TYPE_CHECKING:
    from softswitch.gateway.messages import Keep
    from softswitch.gateway.sip_call import SipCall

SUCCESSION_LIMIT = 180.0
"""Seconds for the call that a far end's REFER makes to be answered (Timer C, RFC 3261 section 16.6): it may
be said to ring for ever, and he who sent the REFER may be gone.
"""


class Owner(Protocol):
    """What a leg tells the switchboard."""

    def happened(self, leg: "Leg", event: LegEvent) -> None: ...

    def confirmed(self, leg: "Leg") -> None: ...

    def may_refer_to(self, uri: str) -> bool: ...

    def referred(self, leg: "Leg", uri: str) -> None: ...

    def knows(self, source: str) -> bool: ...

    def forget_call(self, call: "SipCall") -> None: ...

    def keep_call(self, call: "SipCall") -> None: ...


@dataclass(eq=False)
class Leg:
    info: CallInfo
    port: CallPort
    owner: Owner
    account: pj.Account
    call: "SipCall | None" = None
    successor: "SipCall | None" = None
    """The call that a REFER of the far end makes, until it is up."""
    trunk: Trunk | None = None
    """What it came or goes by; None for a source that `sip.allow` knows."""
    codecs: tuple[str, ...] = ()
    """Those that it may have, best first."""
    timers: Timers = field(default_factory=Timers)
    codec: str = ""
    telephone_event: bool = True
    """Whether keys come and go by RFC 4733."""
    answered: bool = False
    confirmed: bool = False
    held: bool = False
    hold_wanted: bool | None = None
    """What control asked for last."""
    hold_tries: int = 0
    longest: float = 0.0
    """Seconds from its answer that it may last, 0 for ever."""
    referred: int = 0
    """How many numbers the far end's REFERs have had dialled."""
    rung: int = 0
    """The provisional status that the caller has had."""
    pressed: keys.Pressed = field(default_factory=keys.Pressed)
    to_press: keys.Pending = field(default_factory=keys.Pending)
    ended: bool = False
    transferring: bool = False
    notified: int = 0
    """How often the far end has told of the transfer under way."""
    consulted: "Leg | None" = None
    """In an attended transfer the leg whose far end the other one is to speak with."""
    bridged: "Leg | None" = None
    """The leg whose far end this one's hears."""
    fetched: bool = False
    """It was bridged for the other's sake: without that one nobody here is waited for."""
    ended_by: EndedBy = EndedBy.CALLER
    cause: int | None = None
    reason: str = ""
    progress: CallProgress | None = None
    """What control was last told of our INVITE."""
    kept: "Keep | None" = None
    """For the control process after the present one, and for the time without."""
    alone: Alone | None = None
    quality: MediaQuality = field(default_factory=MediaQuality)

    @property
    def outbound(self) -> bool:
        return self.info.direction == "out"

    def answer(self) -> None:
        if self.call and not self.answered and not self.ended and not self.outbound:
            self.answered = True
            self.timers.cancel("ring", "control")
            self.call.answer(call_options(200))

    def hangup(self, cause: int, ended_by: EndedBy = EndedBy.NODE, status: int = 0, reason: str = "") -> None:
        """BYE, CANCEL or a refusal, whichever it is time for, and the same for a call that would take this
        one's place. `status` is that of the record for a CANCEL.
        """
        successor = self.successor if self.successor and self.successor.isActive() else None
        calls = [call for call in (successor, self.call) if call]
        if not calls or self.ended:
            return
        self.ended_by, self.cause, self.reason = ended_by, cause, reason
        if not self.outbound and not self.confirmed and not self.answered:
            status = status_of(cause)
        for call in calls:
            call.hangup(call_options(status, (("Reason", reason_header(cause)),)))

    @property
    def joined(self) -> bool:
        return self.call is not None and self.call.joined

    def tick(self, now: float) -> None:
        """Several times a second: do what is due."""
        for do in self.timers.due(now):
            if not self.ended:
                guarded(do)

    # --- what the SIP call reports -----------------------------------------------------------------

    def on_answer(self, call: "SipCall", status: int) -> None:
        """Any answer to an INVITE of ours."""
        if call is not self.call or self.confirmed or self.ended or not 100 <= status < 300:
            return
        self.timers.cancel("answer_within")
        if 180 <= status < 200:
            self.tell_progress(CallProgress(status, call.joined))

    def tell_progress(self, progress: CallProgress) -> None:
        if progress != self.progress:
            self.progress = progress
            self.owner.happened(self, progress)

    def on_confirmed(self) -> None:
        if self.confirmed:
            return
        self.confirmed = self.answered = True
        self.timers.cancel("answer_within", "ring_for")
        self.owner.confirmed(self)
        self.owner.happened(self, CallConfirmed(self.codec, self.telephone_event))

    def on_key(self, key: str, means: str) -> None:
        if self.pressed.is_new(key, means, time.monotonic()):
            self.owner.happened(self, DtmfReceived(key))

    def on_disconnected(self, call: "SipCall", info: pj.CallInfo, message: str) -> None:
        if call is self.successor:
            self.successor = None
            self.timers.cancel("successor")
            if self.call:  # the REFER failed; the caller is still here
                return
        elif call is not self.call:  # transferred away from; the new call carries the leg
            return
        elif self.successor and self.successor.isActive():  # he who sent the REFER did not wait
            bridging.part(self)
            self.call = None
            return
        status = info.lastStatusCode
        cause = self.cause if self.cause is not None else stated_cause(message) or cause_of(status)
        if self.ended_by is EndedBy.CALLER and status >= 400 and (self.answered or self.outbound):
            self.ended_by = EndedBy.FAILURE if self.answered or status in (408, 503) else EndedBy.CALLER
        self.finish(cause, status, self.reason or info.lastReason)

    def finish(self, cause: int, status: int, reason: str) -> None:
        """Say once that the call is over."""
        if self.ended:
            return
        self.ended = True
        self.timers.clear()
        self.may_be_succeeded()
        self.owner.happened(self, CallEnded(cause, status, self.ended_by, self.quality, reason))

    def on_stats(self, call: "SipCall", stat: pj.StreamStat) -> None:
        if call is not self.call:
            return
        underruns = self.port.slot.counters[Slot.UNDERRUNS]
        self.quality = quality.add(self.quality, self.codec, stat, underruns)

    def may_be_succeeded(self) -> bool:
        """Whether no other call is about to take this one's place."""
        if self.successor and not self.successor.isActive():  # PJSIP could not even begin it
            self.owner.forget_call(self.successor)
            self.successor = None
        return self.successor is None

    def expect_successor(self, call: "SipCall") -> None:
        """The far end has this call made, to take its place."""
        self.successor = call
        self.timers.set("successor", time.monotonic() + SUCCESSION_LIMIT, self._give_up_successor)

    def _give_up_successor(self) -> None:
        if self.successor and not self.may_be_succeeded():
            self.successor.hangup(call_options())

    def take_over(self, call: "SipCall") -> None:
        """The far end's REFER reached its target: `call` is the far end from now on."""
        self.timers.cancel("successor")
        bridging.part(self)
        old, self.call, self.successor = self.call, call, None
        if old:
            old.leave(self.port)
