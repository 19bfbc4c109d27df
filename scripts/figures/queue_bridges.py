"""Callers and the people whom they are put through to, at the gateway: how soon they hear each other, what a
pair costs, and how soon phones stop ringing whose caller has gone.

Every far end is a call of a second gateway that plays a tone; what counts is real RTP both ways.
"""

import math
import time
import uuid
from array import array
from collections.abc import Sequence
from dataclasses import dataclass

from figures.figure import Measurement, Spec, Workshop, percentile
from figures.gateway import Gateway
from figures.node import cpu_seconds
from softswitch.errors import SoftswitchError
from softswitch.events import BridgeChanged, CallConfirmed, CallEnded, CallProgress, Cause
from softswitch.gateway import messages
from softswitch.gateway.rings import SlotView
from softswitch.trunks.targets import Target

PAIRS = 20
BRIDGINGS = 100
BUSY_PAIRS = 50
WINDOW_S = 10.0
RINGINGS = 100
HEARD = 2000
"""A sample as loud as this is the other far end's tone; without it there is silence."""
LIMIT_S = 2.0
LOUD_S = 20


@dataclass(frozen=True, slots=True)
class Leg:
    """One call between the two gateways: its name here and there, and its slot there."""

    call_id: str
    there: str
    far: SlotView


def dial(node: Gateway, far: Gateway) -> Leg:
    call_id = uuid.uuid4().hex
    target = Target("far", "127.0.0.1", far.sip_port, "udp")
    uri = f"sip:ann@127.0.0.1:{far.sip_port}"
    node.order(messages.Originate(call_id, "", target, uri, "sip:queue@127.0.0.1"))
    offered = far.offer(node.offer(call_id=call_id).info.sip_call_id)
    return Leg(call_id, offered.info.call_id, far.slot(offered))


def connect(node: Gateway, far: Gateway, count: int) -> list[tuple[Leg, Leg]]:
    """So many pairs of calls that are up; nobody hears anybody yet."""
    legs = [dial(node, far) for _ in range(2 * count)]
    for leg in legs:
        node.happened(leg.call_id, lambda event: isinstance(event, CallConfirmed))
    return list(zip(legs[::2], legs[1::2], strict=True))


def bridging(workshop: Workshop) -> Sequence[float]:
    """p50 and p99 of the ms from the order until both far ends hear the other."""
    settings = (f"media.max_calls={2 * PAIRS}",)
    with (
        Gateway(workshop, "node", *settings) as node,
        Gateway(workshop, "far", *settings, answers=True) as far,
    ):
        pairs = connect(node, far, PAIRS)
        times = []
        for number in range(BRIDGINGS):
            node.forget()
            pair = pairs[number % PAIRS]
            times.append(_bridge(node, pair))
            _part(node, pair)
        workshop.tell(f"{BRIDGINGS} bridgings: {min(times):.0f} to {max(times):.0f} ms")
        return (percentile(times, 0.5), percentile(times, 0.99))


def _bridge(node: Gateway, pair: tuple[Leg, Leg]) -> float:
    for leg in pair:
        leg.far.flush()
        leg.far.write_down(tone(LOUD_S))
    time.sleep(0.2 + uuid.uuid4().int % 20 / 1000)  # anywhere between two ticks of the clock
    places = [leg.far.read_up(0)[1] for leg in pair]
    ordered = time.monotonic()
    node.order(messages.Bridge(pair[0].call_id, pair[1].call_id))
    waits = [True, True]
    while any(waits):
        for side, leg in enumerate(pair):
            frames, places[side], _ = leg.far.read_up(places[side])
            waits[side] = waits[side] and not any(max(array("h", frame)) > HEARD for frame in frames)
        if time.monotonic() - ordered > LIMIT_S:
            raise SoftswitchError(f"after {LIMIT_S:g} s the two did not hear each other")
        time.sleep(0.0005)
    return 1000 * (time.monotonic() - ordered)


def _part(node: Gateway, pair: tuple[Leg, Leg]) -> None:
    node.order(messages.Unbridge(pair[0].call_id))
    node.happened(pair[1].call_id, BridgeChanged("").__eq__)
    for leg in pair:
        leg.far.flush()
    time.sleep(0.3)  # until the last of it was heard


def cost(workshop: Workshop) -> Sequence[float]:
    """CPU ms of the gateway per second of two calls that are up, before they are bridged and then."""
    settings = (f"media.max_calls={2 * BUSY_PAIRS}",)
    with (
        Gateway(workshop, "node", *settings) as node,
        Gateway(workshop, "far", *settings, answers=True) as far,
    ):
        pairs = connect(node, far, BUSY_PAIRS)
        for leg in (leg for pair in pairs for leg in pair):
            leg.far.write_down(tone(30))
        apart = _spent(node)
        for one, other in pairs:
            node.order(messages.Bridge(one.call_id, other.call_id))
        for one, other in pairs:
            node.happened(one.call_id, BridgeChanged(other.call_id).__eq__)
        return (apart, _spent(node))


def _spent(node: Gateway) -> float:
    time.sleep(1)  # what was ordered is done
    before, began = cpu_seconds(node.pid), time.monotonic()
    time.sleep(WINDOW_S)
    return 1000 * (cpu_seconds(node.pid) - before) / BUSY_PAIRS / (time.monotonic() - began)


def ringing(workshop: Workshop) -> Sequence[float]:
    """p99 of the ms from the order to hang up until the far end, which rings, is cancelled."""
    times = []
    with Gateway(workshop, "node") as node, Gateway(workshop, "far") as far:
        for _ in range(RINGINGS):
            leg = dial(node, far)
            node.happened(leg.call_id, lambda event: isinstance(event, CallProgress))
            ordered = time.monotonic()
            node.order(messages.Hangup(leg.call_id, Cause.NORMAL_CLEARING))
            far.happened(leg.there, lambda event: isinstance(event, CallEnded))
            times.append(1000 * (time.monotonic() - ordered))
            node.happened(leg.call_id, lambda event: isinstance(event, CallEnded))
            node.forget()
            far.forget()
    return (percentile(times, 0.99),)


def tone(seconds: float) -> bytes:
    """1 kHz, as 16-bit PCM at 8 kHz."""
    cycle = array("h", (round(8000 * math.sin(math.pi * at / 4)) for at in range(8)))
    return cycle.tobytes() * round(seconds * 1000)


BRIDGED = Measurement(
    f"{BRIDGINGS} bridgings among {PAIRS} pairs of calls, by real RTP",
    (
        Spec("Bridge ordered -> both far ends hear the other, p50", "ms"),
        Spec("Bridge ordered -> both far ends hear the other, p99", "ms", at_most=150),
    ),
    bridging,
)
COST = Measurement(
    f"{BUSY_PAIRS} pairs of calls that talk, before they are bridged and then",
    (
        Spec("gateway CPU per pair of calls and second, not bridged", "ms"),
        Spec("gateway CPU per pair of calls and second, bridged", "ms"),
    ),
    cost,
)
RINGING = Measurement(
    f"{RINGINGS} phones that ring for a caller who hangs up",
    (Spec("hang-up ordered -> the phone stops ringing, p99", "ms", at_most=300),),
    ringing,
)
