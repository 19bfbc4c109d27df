"""What dialplans are told of a call: numbers as its trunk writes them, and who vouches for the caller."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, cast

from plan_text import plan_of

from softswitch.app.dialplans import Dialplans, Loaded, facts_of
from softswitch.events import CallInfo, Signalled
from softswitch.trunks.settings import Trunk

PLAIN = Trunk.model_validate(
    {"name": "main", "kind": "ip", "allow": "192.0.2.0/24", "numbers": {"send": "plain", "country": "DE"}}
)
INFO = CallInfo("0" * 32, "1@far", "sip:442079460000@far", "sip:03012345678@near", "", 0.0, "main")
SIGNALLED = Signalled("sip:12125551234@far", False, "sip:493099999999@far")


def facts(info: CallInfo, trunk: Trunk | None = PLAIN) -> dict[str, str]:
    plan = plan_of("flows: {main: {steps: {start: {say: Hello., hangup: 'yes'}}}}")
    call = facts_of(info, trunk, "A")
    return plan.facts(call, plan.route(call))


def test_numbers_are_those_that_the_trunks_rules_make_of_them() -> None:
    found = facts(INFO)
    assert (found["caller_number"], found["called_number"]) == ("+442079460000", "+493012345678")
    assert (found["trunk"], found["direction"], found["attestation"]) == ("main", "in", "A")
    assert "diverted_from" not in found


def test_the_trunk_asserts_who_calls_and_tells_who_forwarded() -> None:
    found = facts(replace(INFO, signalled=SIGNALLED))
    assert (found["caller_number"], found["diverted_from"]) == ("+12125551234", "+493099999999")


def test_a_caller_who_wants_privacy_has_no_number() -> None:
    private = replace(INFO, signalled=replace(SIGNALLED, private=True))
    assert "caller_number" not in facts(private)
    assert "caller_number" not in facts(private, None)


def test_a_call_of_no_trunk_is_known_by_its_from_alone() -> None:
    call = facts_of(replace(INFO, trunk="", signalled=SIGNALLED), None)
    assert (call.from_uri, call.to_uri, call.diverted_from) == (INFO.from_uri, INFO.to_uri, "")
    assert call.at == datetime.fromtimestamp(0, UTC)


def test_the_dialplans_ask_for_the_trunk_by_its_name() -> None:
    plan = plan_of("plan: {country: GB}\nflows: {main: {steps: {start: {say: Hello., hangup: 'yes'}}}}")
    dialplans = Dialplans([Loaded("", plan, cast(Any, None), cast(Any, None))])
    before = dialplans.admit(INFO)
    dialplans.find_trunk = {"main": PLAIN}.get
    after = dialplans.admit(INFO)
    assert before and after
    assert before.facts["called_number"] == "+443012345678"
    assert after.facts["called_number"] == "+493012345678"
