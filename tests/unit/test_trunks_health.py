"""A target goes by answers and failures, with hysteresis; a trunk by its targets and registration."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from softswitch.trunks import health
from softswitch.trunks.health import LATENCIES, Standing, State
from softswitch.trunks.settings import Health

SETTINGS = Health(slow="500ms", fall=3, rise=2)
QUICK, SLOW = 0.05, 0.8


def standing_after(*news: str, settings: Health = SETTINGS) -> Standing:
    """`quick`, `slow`, `silent` (an answer without latency) or `fail`, one a second."""
    standing = health.unheard(0.0)
    for now, what in enumerate(news, 1):
        if what == "fail":
            standing = health.failed(standing, "no answer", settings, now)
        else:
            latency = {"quick": QUICK, "slow": SLOW, "silent": None}[what]
            standing = health.answered(standing, latency, settings, now)
    return standing


@pytest.mark.parametrize(
    ("news", "state"),
    [
        ("", State.UNKNOWN),
        ("quick", State.UP),
        ("silent", State.UP),
        ("slow", State.DEGRADED),
        ("fail", State.DEGRADED),
        ("quick slow", State.DEGRADED),
        ("quick fail", State.DEGRADED),
        ("quick fail fail", State.DEGRADED),
        ("quick fail fail fail", State.DOWN),
        ("quick fail fail quick fail", State.DEGRADED),
        ("fail quick", State.DEGRADED),
        ("fail quick quick", State.UP),
        ("slow quick slow quick", State.DEGRADED),
        ("fail fail fail quick", State.DOWN),
        ("fail fail fail quick fail quick", State.DOWN),
        ("fail fail fail quick quick", State.UP),
        ("fail fail fail quick slow", State.DEGRADED),
        ("fail fail fail quick slow quick quick", State.UP),
    ],
)
def test_a_target_goes_by_what_is_heard_of_it(news: str, state: State):
    assert standing_after(*news.split()).state is state


def test_a_fall_of_one_is_down_at_once():
    assert standing_after("quick", "fail", settings=Health(fall=1)).state is State.DOWN


def test_since_is_when_the_state_was_reached_and_not_when_it_was_confirmed():
    assert standing_after("quick", "quick", "quick").since == 1
    assert standing_after("quick", "fail", "fail", "fail", "fail").since == 4


def test_the_error_says_why_it_is_not_better_and_goes_when_it_is():
    assert standing_after("slow").error == "answers slowly: 800 ms"
    assert standing_after("fail").error == "no answer"
    assert standing_after("fail", "quick").error == "no answer"
    assert standing_after("fail", "quick", "quick").error == ""


def test_calls_go_elsewhere_after_the_first_failure_and_come_back_after_an_answer():
    assert standing_after("quick", "fail").is_failing
    assert not standing_after("quick", "fail", "quick").is_failing
    assert standing_after("fail", "fail", "fail", "quick").is_failing


def test_a_target_in_the_balance_is_not_settled():
    assert standing_after("quick").is_settled
    assert not standing_after("quick", "fail").is_settled
    assert standing_after("fail", "fail", "fail").is_settled
    assert not standing_after("fail", "fail", "fail", "quick").is_settled


def test_latency_is_the_last_one_and_the_median_of_the_last_fifty():
    standing = health.unheard(0.0)
    for number in range(LATENCIES + 10):
        standing = health.answered(standing, number / 1000, SETTINGS, number)
    assert standing.latency == 0.059
    assert standing.median == 0.035
    assert len(standing.latencies) == LATENCIES


@pytest.mark.parametrize("status", [200, 401, 403, 404, 405, 481, 500, 501, 603])
def test_whoever_answers_is_alive_even_with_a_refusal(status: int):
    assert health.is_alive(status)


@pytest.mark.parametrize("status", [0, 408, 502, 503, 504])
def test_who_is_out_of_service_is_not(status: int):
    assert not health.is_alive(status)


NEWS = st.lists(st.sampled_from(["quick", "slow", "silent", "fail"]), max_size=40)


@given(NEWS, st.integers(1, 5), st.integers(1, 5))
def test_nothing_is_down_without_enough_failures_in_a_row_nor_up_again_without_enough_answers(
    news: list[str], fall: int, rise: int
):
    settings = Health(fall=fall, rise=rise)
    standing = health.unheard(0.0)
    for now, what in enumerate(news, 1):
        before = standing
        if what == "fail":
            standing = health.failed(before, "no answer", settings, now)
        else:
            latency = {"quick": QUICK, "slow": SLOW, "silent": None}[what]
            standing = health.answered(before, latency, settings, now)
        row = news[:now]
        if standing.state is State.DOWN and before.state is not State.DOWN:
            assert row[-fall:] == ["fail"] * fall
        if before.state is State.DOWN and standing.state is not State.DOWN:
            assert "fail" not in row[-rise:] and len(row) >= rise
        assert (standing.since == now) == (standing.state is not before.state)
        assert (standing.state is State.UP) <= (standing.error == "")
        assert standing.state is not State.UNKNOWN


@given(NEWS)
def test_enough_failures_are_always_down_and_enough_quick_answers_always_up(news: list[str]):
    assert standing_after(*news, "fail", "fail", "fail").state is State.DOWN
    assert standing_after(*news, *["quick"] * 4).state is State.UP


def standings(*states: State) -> list[Standing]:
    return [Standing(state, 0.0) for state in states]


@pytest.mark.parametrize(
    ("targets", "registration", "state"),
    [
        ([], None, State.UNKNOWN),
        ([State.UNKNOWN], None, State.UNKNOWN),
        ([State.UP], None, State.UP),
        ([State.UP, State.UNKNOWN], None, State.UP),
        ([State.UP, State.DOWN], None, State.DEGRADED),
        ([State.DEGRADED], None, State.DEGRADED),
        ([State.DOWN, State.UNKNOWN], None, State.DEGRADED),
        ([State.DOWN, State.DOWN], None, State.DOWN),
        ([State.UP], State.UP, State.UP),
        ([State.UP], State.UNKNOWN, State.UNKNOWN),
        ([State.UP], State.DEGRADED, State.DEGRADED),
        ([State.UP], State.DOWN, State.DOWN),
        ([State.DOWN], State.UP, State.DOWN),
    ],
)
def test_a_trunk_is_what_its_targets_and_its_registration_make_of_it(
    targets: list[State], registration: State | None, state: State
):
    assert health.of_trunk(standings(*targets), registration) is state
