"""A talk of a caller with a person, from the moment at which it may begin to its end."""

import asyncio
import time
from collections.abc import Callable

from softswitch.app.people.legs import Leg
from softswitch.app.people.places import Here
from softswitch.events import BridgeChanged, CallEnded, DtmfReceived, EndedBy
from softswitch.gateway import messages

FREE_S = 10.0
"""A caller who is being told something, or speaks, is waited for so long."""
TICK_S = 0.02
UNBRIDGED_S = 0.5
"""A bridge that ended without the end of either call: after so long it is over."""
GIVE_BACK = "*1"
"""Keys of the person by which the caller goes back to the dialplan."""
Send = Callable[[messages.Message], None]


async def until_free(here: Here, leg: Leg) -> bool:
    """Whether both are still there once the caller may be put through."""
    deadline = time.monotonic() + FREE_S
    while not here.waiter.free and time.monotonic() < deadline and not (here.gone or leg.ended):  # noqa: ASYNC110
        await asyncio.sleep(TICK_S)
    return not (here.gone or leg.ended or leg.cancelled)


async def until_over(here: Here, leg: Leg, send: Send) -> str:
    """How the talk ended: gone (the caller), hung_up, given_back, lost, queue, number, or joined to whom the
    agent has spoken with apart.
    """
    keys, bridged = "", False
    while True:
        match await _next(leg, UNBRIDGED_S if bridged and not _is_bridged(leg) else None):
            case None:
                return "lost"
            case CallEnded() as ended:
                return _how(here, ended)
            case BridgeChanged(other=other):
                bridged = bridged or bool(other)
            case DtmfReceived(digit=digit):
                keys += digit
                if keys == GIVE_BACK and here.aside:
                    here.aside.cancel()
                    keys = ""
                elif keys == GIVE_BACK:
                    here.onward = "given_back"
                    return "given_back"
                if not GIVE_BACK.startswith(keys):  # no key of ours: the caller hears it
                    if not here.apart:
                        send(messages.SendDtmf(here.waiter.call_id, keys))
                    keys = ""


async def _next(leg: Leg, seconds: float | None) -> object:
    try:
        async with asyncio.timeout(seconds):
            return await leg.news.get()
    except TimeoutError:
        return None


def _is_bridged(leg: Leg) -> bool:
    return leg.line is not None and bool(leg.line.bridged_to)


def _how(here: Here, ended: CallEnded) -> str:
    if here.gone:
        return "gone"
    if here.aside and not here.onward:
        here.joined = True
        return "joined"
    return here.onward or ("hung_up" if ended.ended_by is EndedBy.CALLER else "lost")
