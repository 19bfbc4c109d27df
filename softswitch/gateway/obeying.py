"""Control's orders about one call, carried out."""

from collections.abc import Mapping

from softswitch.gateway import bridging, caretaking, holding, messages, pressing, ringing, transfer
from softswitch.gateway.leg import Leg
from softswitch.gateway.music import MusicShelf


def obey(leg: Leg, order: messages.Message, legs: Mapping[str, Leg], shelf: MusicShelf) -> None:
    """`legs` are all that are up, by their call ids."""
    match order:
        case messages.Ring():
            ringing.ring(leg, order.early_media)
        case messages.Answer():
            caretaking.give_back(leg)  # perhaps it was slow, and the gateway has answered in its place
            leg.answer()
        case messages.Hangup():
            leg.hangup(order.cause)
        case messages.Refer():
            transfer.blind(leg, order.uri)
        case messages.Replace():
            transfer.attended(leg, legs.get(order.other))
        case messages.SendDtmf():
            pressing.press(leg, order.digits)
        case messages.Hold():
            holding.hold(leg, order.on)
        case messages.Keep():
            leg.kept = order
        case messages.Music():
            leg.port.music = shelf.get(order.path)
        case messages.Bridge():
            bridging.bridge(leg, legs.get(order.other))
        case messages.Unbridge():
            bridging.unbridge(leg)
