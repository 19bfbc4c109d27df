"""Calls that the node makes: what their ends mean, which ways there are, what INVITEs say, what is given."""

import plan_files
import pytest
from small_plan import FILES

from softswitch.app.dialing import outcome, tries
from softswitch.app.dialing.limits import Limits
from softswitch.app.dialing.outcome import Outcome
from softswitch.dialplan import given, loader
from softswitch.dialplan.plan import Plan
from softswitch.errors import SoftswitchError
from softswitch.events import CallEnded, Cause, EndedBy
from softswitch.gateway.messages import Originate
from softswitch.sections.dialing import Dialing
from softswitch.trunks.selection import Route
from softswitch.trunks.settings import Trunk
from softswitch.trunks.targets import Target

NUMBER = "+442079460123"
TARGET = Target("sip.example.com", "192.0.2.1", 5060, "udp")


def ended(status: int, cause: int = Cause.NORMAL_UNSPECIFIED, by: EndedBy = EndedBy.CALLER) -> CallEnded:
    return CallEnded(cause, status, by)


@pytest.mark.parametrize(
    ("status", "means"),
    [
        (486, Outcome.BUSY),
        (600, Outcome.BUSY),
        (480, Outcome.NO_ANSWER),
        (487, Outcome.NO_ANSWER),
        (404, Outcome.UNREACHABLE),
        (604, Outcome.UNREACHABLE),
        (603, Outcome.REJECTED),
        (403, Outcome.REJECTED),
        (503, Outcome.FAILED),
        (408, Outcome.FAILED),
        (488, Outcome.FAILED),
        (0, Outcome.FAILED),
    ],
)
def test_a_status_means_one_outcome(status: int, means: Outcome):
    assert outcome.of(ended(status)) is means


def test_a_cause_that_says_more_than_the_status_counts():
    assert outcome.of(ended(503, Cause.USER_BUSY)) is Outcome.BUSY
    assert not outcome.mendable(ended(503, Cause.USER_BUSY))
    assert outcome.of(ended(500, Cause.UNALLOCATED_NUMBER)) is Outcome.UNREACHABLE


@pytest.mark.parametrize("status", [401, 407, 408, 500, 502, 503, 504])
def test_another_way_may_mend_servers_that_fail(status: int):
    assert outcome.mendable(ended(status))


@pytest.mark.parametrize("status", [404, 480, 484, 486, 487, 488, 501, 505, 513, 600, 603, 604])
def test_no_other_way_mends_what_was_decided(status: int):
    assert not outcome.mendable(ended(status))


def test_no_other_way_is_tried_when_the_node_itself_ended_the_call():
    assert not outcome.mendable(ended(503, by=EndedBy.NODE))
    assert outcome.mendable(ended(408, by=EndedBy.NODE))  # it gave up waiting


def trunk(name: str = "a", **settings: object) -> Trunk:
    return Trunk.model_validate({"name": name, "kind": "ip", "hosts": ["sip.example.com"], **settings})


def route(**settings: object) -> Route:
    return Route(trunk(**settings), TARGET)


def order(*, showing: str = "", **settings: object) -> Originate:
    return tries.originate("c" * 32, route(**settings), NUMBER, showing, 30.0, Dialing(minutes_per_call=90))


def test_an_invite_has_the_number_as_its_trunk_wants_it():
    assert order().uri == "sip:+442079460123@sip.example.com"
    national = {"send": "national", "country": "GB"}
    assert order(numbers=national, domain="pbx.example").uri == "sip:02079460123@pbx.example"


def test_the_gateway_is_told_how_long_a_call_may_last():
    assert order().longest == 90 * 60


def test_an_invite_shows_the_number_of_the_trunk_or_the_one_wanted():
    caller_id = {"number": "+442079460001", "allowed": ["+44207946"]}
    assert order(caller_id=caller_id).from_uri == "sip:+442079460001@sip.example.com"


def test_a_number_that_may_be_shown_is():
    settings = {"number": "+442079460001", "allowed": ["+44207946"]}
    made = order(showing="+442079460099", caller_id=settings)
    assert made.from_uri == "sip:+442079460099@sip.example.com"


def test_from_is_anonymous_where_the_number_goes_into_a_header_of_its_own():
    made = order(caller_id={"number": "+442079460001", "header": "p-asserted-identity"})
    assert "anonymous@anonymous.invalid" in made.from_uri
    assert made.headers == (("P-Asserted-Identity", "<sip:+442079460001@sip.example.com>"),)


def test_who_has_no_number_is_anonymous():
    assert "anonymous@anonymous.invalid" in order().from_uri
    assert order(username="desk#one").from_uri == "sip:desk%23one@sip.example.com"


def test_a_wish_that_no_trunk_fulfils_is_told_with_its_remedy():
    routes = [route(caller_id={"number": "+442079460001"})]
    assert tries.allowed(routes, NUMBER, "a", "+442079460001") == routes
    with pytest.raises(SoftswitchError, match="no trunk takes"):
        tries.allowed([], NUMBER, "", "")
    with pytest.raises(SoftswitchError, match=r"the trunk b does not take .* those that do: a"):
        tries.allowed(routes, NUMBER, "b", "")
    with pytest.raises(SoftswitchError, match=r"caller_id\.allowed"):
        tries.allowed(routes, NUMBER, "", "+442079460002")


def test_a_trunk_has_no_more_calls_than_its_limit():
    calls = 1
    limits = Limits(lambda name: calls, lambda: 0.0)
    assert limits.take(trunk(limits={"calls": 2})) == ""
    calls = 2
    assert "limits.calls" in limits.take(trunk(limits={"calls": 2}))
    assert limits.take(trunk()) == ""


def test_a_trunk_begins_no_more_calls_in_any_second_than_its_limit():
    now, begun = 0.0, []
    limits = Limits(lambda name: 0, lambda: now)
    slow = trunk(limits={"calls_per_second": 3})
    for step in range(300):
        now = step / 50
        if not limits.take(slow):
            begun.append(now)
    assert all(sum(at - 1 < each <= at for each in begun) <= 3 for at in begun)
    assert len(begun) >= 15


@pytest.fixture(scope="module")
def plan(tmp_path_factory: pytest.TempPathFactory) -> Plan:
    return loader.load(plan_files.write(tmp_path_factory.mktemp("plan"), FILES), None)


def test_values_are_given_to_variables_of_the_plan(plan: Plan):
    values = {"day": "2026-12-01", "amount": "42.50", "state": "said so"}
    assert given.check(plan, values) == values


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ({"dya": "2026-12-01"}, "no variable 'dya'; did you mean 'day'"),
        ({"day": "tomorrow"}, "'tomorrow' does not fit 'day', which is date such as 2026-11-23"),
        ({"amount": "100.00"}, "which is money from 1.00 to 99.00"),
        ({"size": "huge"}, "of the list sizes"),
        ({"shop": "Blue Street"}, "the plan's own"),
        ({"state": ""}, "does not fit 'state'"),
        ({"called_number": NUMBER}, "no variable 'called_number'"),
    ],
)
def test_what_fits_no_variable_is_told(plan: Plan, values: dict[str, str], told: str):
    with pytest.raises(SoftswitchError, match=told):
        given.check(plan, values)


def test_all_that_is_wrong_is_told_at_once(plan: Plan):
    with pytest.raises(SoftswitchError, match=r"dya.*tomorrow"):
        given.check(plan, {"dya": "1", "day": "tomorrow"})
