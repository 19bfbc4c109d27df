"""The call of `trunk test`: through the guard to an echo target; is it answered, heard both ways, and keyed?

It is a call like others: counted against the caps, refused while they hold, and kept in the records.
"""

import asyncio
import re
import time
from collections.abc import Callable
from dataclasses import replace

from softswitch.app.dialing import tries
from softswitch.app.trunking.examining import Examination, Finding
from softswitch.app.trunking.trial import KEYS, LOST, Trial, Trials
from softswitch.config import Config
from softswitch.e164 import e164
from softswitch.errors import SoftswitchError
from softswitch.events import CallConfirmed, CallEnded, CallInfo, Cause, EndedBy
from softswitch.gateway import messages
from softswitch.news import CallAnswered, CallFinished, CallStarted, SessionEvent
from softswitch.store import dialled
from softswitch.trunks import answers, guarding
from softswitch.trunks.selection import Route
from softswitch.trunks.settings import Trunk
from softswitch.trunks.targets import Target

RING_S = 30.0
GRACE_S = 5.0
EXTENSION = r"[A-Za-z*#][A-Za-z0-9*#._-]{0,31}|[0-9]{1,6}"
"""What is no number of the public network, such as 9196, *43 or echo, is the far end's own."""
QUIET_DB = 12.0
"""Audio that comes back so much quieter or louder is worth a word."""
ROUTE = "trunk test"
"""Stands in the records where a dialplan's route would."""


class EchoCall:
    """One call by way of one target."""

    def __init__(
        self,
        config: Config,
        trials: Trials,
        send: Callable[[messages.Message], None],
        emit: Callable[[SessionEvent], None],
    ) -> None:
        self._config = config
        self._trials = trials
        self._send = send
        self._emit = emit

    async def run(self, examination: Examination, trunk: Trunk, target: Target, to: str) -> None:
        """Adds the findings `call`, `audio` and `dtmf`."""
        if not self._trials.has_room:
            examination.find(Finding("call", False, "other test calls are up", "wait until they are over"))
            return
        trial = self._trials.begin()
        try:
            number = self._number(to, trunk)
            await self._count(trial, trunk, number)
            await self._call(examination, trial, Route(trunk, target), number)
        except SoftswitchError as error:
            examination.find(Finding("call", False, str(error)))
        finally:
            self._trials.end(trial)

    def _number(self, to: str, trunk: Trunk) -> str:
        """Raises SoftswitchError when it must not be dialled."""
        if number := e164(to, trunk.numbers.country):
            if why := guarding.forbidden(number, self._config.dialing):
                raise SoftswitchError(why)
            return number
        if not re.fullmatch(EXTENSION, to):
            raise SoftswitchError(
                f"{to} is no number: write it as in +4930123456, or an extension such as 9196"
            )
        return to

    async def _count(self, trial: Trial, trunk: Trunk, number: str) -> None:
        """Raises SoftswitchError when dialling is held."""
        caps, node = guarding.caps(self._config.dialing), self._config.node
        hold = await asyncio.to_thread(
            dialled.admit, self._config.database_url, trial.call_id, number, trunk.name, node, caps
        )
        if hold:
            raise SoftswitchError(f"{hold.reason}; softswitch guard release {hold.scope} lifts the hold")

    async def _call(self, examination: Examination, trial: Trial, route: Route, number: str) -> None:
        began, within = time.monotonic(), self._config.dialing.answer_within
        order = tries.originate(trial.call_id, route, number, "", RING_S, self._config.dialing)
        info = CallInfo(
            trial.call_id, "", order.from_uri, order.uri, "", time.time(), route.trunk.name, "out"
        )
        self._emit(CallStarted(info, "", "", info.started_at, ROUTE))
        self._send(order)
        try:
            confirmed = await self._answered(trial, RING_S + within + GRACE_S)
            finding = Finding("call", True, "", "", route.target.hostport, took_ms=_since(began))
            if confirmed is None:
                examination.find(_unanswered(finding, trial.ended or LOST, route.trunk))
                return
            self._emit(CallAnswered(trial.call_id, confirmed.codec, time.time()))
            told = f"{answers.told('INVITE', 200)}, {confirmed.codec}"
            examination.find(replace(finding, detail=told, status=200))
            await self._talk(examination, trial, route.trunk, confirmed)
        finally:  # also when whoever asked has gone
            if trial.ended is None:
                self._send(messages.Hangup(trial.call_id, Cause.NORMAL_CLEARING))
            self._emit(CallFinished(trial.call_id, trial.ended or _ours(), "", time.time()))

    async def _answered(self, trial: Trial, within: float) -> CallConfirmed | None:
        try:
            async with asyncio.timeout(within):
                return await trial.answered()
        except TimeoutError:
            self._send(messages.Hangup(trial.call_id, Cause.NORMAL_CLEARING))
            trial.take(LOST)
            return None

    async def _talk(
        self, examination: Examination, trial: Trial, trunk: Trunk, confirmed: CallConfirmed
    ) -> None:
        began = time.monotonic()
        echoed = await trial.listen_for_echo()
        took = _since(began)
        keys_at = time.monotonic()
        back = await trial.press_keys() if echoed and not trial.ended else ""
        keys_took = _since(keys_at)
        quality = await trial.over()
        if echoed is None:
            detail, remedy = _unheard(trial, quality.packets_received)
            examination.find(Finding("audio", False, detail, remedy, took_ms=took))
            examination.leave_out("dtmf", "no audio comes back")
            return
        loss = f", {quality.packets_lost} packets lost" if quality.packets_lost else ""
        told = f"both ways: back after {1000 * echoed.delay:.0f} ms, {echoed.gain_db:+.0f} dB{loss}"
        remedy = "" if abs(echoed.gain_db) < QUIET_DB else "it comes back at another level: ask the far end"
        examination.find(Finding("audio", True, told, remedy, took_ms=took))
        examination.find(replace(_of_keys(trunk, confirmed, back), took_ms=keys_took))


def _unanswered(finding: Finding, ended: CallEnded, trunk: Trunk) -> Finding:
    status = ended.sip_status
    told = answers.told("INVITE", status, ended.reason)
    remedy = answers.words("INVITE", status, ended.reason).remedy.replace("NAME", trunk.name)
    return replace(finding, ok=False, detail=told, remedy=remedy, status=status)


def _unheard(trial: Trial, packets: int) -> tuple[str, str]:
    """What came instead of the sound, and what that may be."""
    if trial.ended and trial.ended.ended_by is EndedBy.CALLER:
        return "the far end hung up before the sound came back", "is the number an echo target?"
    if not packets:
        return (
            "one way at best: not one audio packet came",
            "let UDP in for the ports media.rtp_port to media.rtp_port + media.rtp_ports, and behind NAT set "
            "nat.public_address, or sip.public_address, or sip.stun",
        )
    heard = f"{packets} packets came, at {trial.level_dbfs:g} dBFS, without the sound that was sent"
    return heard, "is the number an echo target? If it is, the far end does not get our audio: check its NAT"


def _of_keys(trunk: Trunk, confirmed: CallConfirmed, back: str) -> Finding:
    if KEYS in back:
        return Finding("dtmf", True, f"the keys {KEYS} came back")
    if confirmed.telephone_event:
        return Finding(
            "dtmf", True, "sent by RFC 4733, which the far end accepts; it does not send keys back"
        )
    if trunk.dtmf == "rfc4733":
        return Finding("dtmf", False, "the far end does not accept RFC 4733", "set dtmf to auto or info")
    return Finding("dtmf", True, "the far end does not accept RFC 4733: keys go otherwise, see `dtmf`")


def _ours() -> CallEnded:
    return CallEnded(Cause.NORMAL_CLEARING, 200, EndedBy.NODE)


def _since(began: float) -> float:
    return round(1000 * (time.monotonic() - began), 1)
