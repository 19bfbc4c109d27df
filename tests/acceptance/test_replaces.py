"""INVITE with Replaces (RFC 3891): a known source takes a call over, an unknown one learns nothing."""

from collections.abc import Callable

from node import Node, wait_for
from rawsip import Phone


def replaces(phone: Phone) -> str:
    """Names the dialog of `phone` as the node sees it."""
    return f"Replaces: {phone.call_id};to-tag={phone.to_tag};from-tag={phone.tag}"


def test_the_conversation_goes_on_with_who_takes_the_call_over(node: Node) -> None:
    with Phone(node.sip_port) as first, Phone(node.sip_port) as second:
        assert first.invite() == 200
        assert first.hears()
        assert second.invite(replaces(first)) == 200
        assert second.hears()
        assert first.receive().startswith("BYE ")
        (call,) = wait_for(node.calls, "the call is on record")
        assert call.ended_at is None
        second.bye()
        (call,) = node.wait_for_calls(1)
        assert (call.cause, call.ended_by) == (16, "caller")


def test_an_unknown_source_cannot_take_a_call_over(start_node: Callable[..., Node]) -> None:
    node = start_node("sip.allow=127.0.0.1/32")
    with Phone(node.sip_port) as caller, Phone(node.sip_port, "127.0.0.2") as thief:
        assert caller.invite() == 200
        assert thief.invite(replaces(caller)) == 403
        assert caller.hears()
        caller.bye()
        (call,) = node.wait_for_calls(1)
        assert call.ended_by == "caller"
