"""Which numbers may be dialled, and that no cap is ever passed."""

from bisect import bisect_right

import pytest
from hypothesis import given
from hypothesis import strategies as st

from softswitch.sections.dialing import Dialing
from softswitch.trunks import guarding
from softswitch.trunks.guarding import HOUR, MINUTE, Cap
from softswitch.values import DAY

SETTINGS = Dialing(
    prefixes=("+49", "+44207", "+4990012"), forbidden=("+4990", "+44207946", "+491"), calls_per_hour=0
)


@pytest.mark.parametrize("number", ["+49301234567", "+442071234567", "+49900123456"])
def test_the_longest_prefix_decides_and_may_allow(number: str):
    assert guarding.forbidden(number, SETTINGS) == ""


@pytest.mark.parametrize("number", ["+4990055555", "+442079460123", "+4917012345"])
def test_the_longest_prefix_decides_and_may_forbid(number: str):
    assert "`dialing.forbidden`" in guarding.forbidden(number, SETTINGS)


@pytest.mark.parametrize("number", ["+12125550100", "+4412345678"])
def test_what_no_prefix_fits_is_not_dialled(number: str):
    assert "none of `dialing.prefixes`" in guarding.forbidden(number, SETTINGS)


def test_nothing_is_dialled_where_nobody_said_what_may_be():
    assert guarding.forbidden("+49301234567", Dialing())


def test_of_two_prefixes_alike_the_one_that_forbids_holds():
    settings = Dialing(prefixes=("+49",), forbidden=("+49",))
    assert "`dialing.forbidden`" in guarding.forbidden("+49301234567", settings)


def test_a_cap_of_nothing_is_none():
    names = [cap.name for cap in guarding.caps(SETTINGS)]
    assert "calls_per_hour" not in names
    assert "calls_per_minute" in names


def test_minutes_are_counted_in_seconds():
    caps = {cap.name: cap for cap in guarding.caps(Dialing(minutes_per_hour=2))}
    assert caps["minutes_per_hour"].limit == 120.0
    assert caps["minutes_per_hour"].told() == "2 minutes of calls in an hour"


def test_calls_and_minutes_have_caps_for_every_window_and_for_each_number():
    found = {(cap.counts, cap.window, cap.each) for cap in guarding.caps(Dialing())}
    windows = ((MINUTE, False), (HOUR, False), (DAY, False), (DAY, True))
    assert found == {(counts, *window) for counts in ("calls", "seconds") for window in windows}


def test_a_cap_of_each_number_holds_that_number_alone():
    caps = {cap.name: cap for cap in guarding.caps(Dialing())}
    assert caps["calls_per_number"].scope("+4930") == caps["minutes_per_number"].scope("+4930") == "+4930"
    assert caps["calls_per_day"].scope("+4930") == "calls_per_day"


@given(
    st.lists(st.floats(0, 3 * DAY, allow_nan=False), max_size=150).map(sorted),
    st.lists(
        st.tuples(st.sampled_from([MINUTE, HOUR, DAY]), st.integers(1, 20)),
        min_size=1,
        max_size=3,
        unique_by=lambda each: each[0],
    ),
)
def test_no_window_ever_holds_more_calls_than_its_cap(wanted: list[float], limits: list[tuple[float, int]]):
    caps = [Cap(f"cap {window}", "calls", window, limit) for window, limit in limits]
    made: list[float] = []
    for at in wanted:
        used = [(cap, float(len(made) - bisect_right(made, at - cap.window))) for cap in caps]
        if guarding.tripped(used) is None:
            made.append(at)
    for cap in caps:
        for at in made:
            assert sum(at - cap.window < each <= at for each in made) <= cap.limit
    assert not wanted or made, "the first call is never held"
