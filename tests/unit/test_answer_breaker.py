"""The circuit breaker: when it opens, what it lets through, when it closes."""

from softswitch.answer.breaker import Breaker, Limits

LIMITS = Limits(window=10, least=4, failures=0.5, quantile=0.9, slow=1.0, wait=2.0, probes=2)


def opened(at: float = 0.0) -> Breaker:
    breaker = Breaker(LIMITS)
    for _ in range(4):
        assert breaker.allow(at)
        breaker.failed(at)
    return breaker


def test_a_few_failures_among_many_leave_it_closed() -> None:
    breaker = Breaker(LIMITS)
    for number in range(20):
        breaker.failed(number * 0.1) if number % 3 == 2 else breaker.succeeded(number * 0.1, 0.2)
    assert breaker.state == "closed"


def test_failures_in_a_row_open_it_and_then_nothing_is_asked() -> None:
    breaker = opened()
    assert (breaker.state, breaker.opened) == ("open", 1)
    assert not breaker.allow(1.9)


def test_what_was_good_until_it_stopped_hides_that_no_longer_than_a_few_failures() -> None:
    breaker = Breaker(LIMITS)
    for number in range(50):
        breaker.succeeded(number * 0.1, 0.2)
    for number in range(3):
        breaker.overdue(6.0 + number * 0.1, 1.0)
    assert breaker.state == "closed"
    breaker.overdue(6.3, 1.0)
    assert breaker.state == "open"


def test_slow_answers_open_it_though_none_failed() -> None:
    breaker = Breaker(LIMITS)
    for number in range(4):
        breaker.succeeded(number * 0.1, 3.0)
    assert breaker.state == "open"


def test_old_outcomes_do_not_count() -> None:
    breaker = Breaker(LIMITS)
    for _ in range(3):
        breaker.failed(0.0)
    breaker.failed(11.0)
    assert breaker.state == "closed"


def test_one_probe_at_a_time_is_let_through_and_enough_good_ones_close_it() -> None:
    breaker = opened()
    assert breaker.allow(2.1)
    assert not breaker.allow(2.2), "a probe is under way"
    breaker.succeeded(2.5, 0.4)
    assert breaker.state == "half_open"
    assert breaker.allow(2.6)
    breaker.succeeded(3.0, 0.4)
    assert breaker.state == "closed"


def test_a_bad_or_slow_probe_opens_it_again() -> None:
    breaker = opened()
    assert breaker.allow(2.1)
    breaker.succeeded(3.5, 1.4)
    assert (breaker.state, breaker.opened) == ("open", 2)
    assert not breaker.allow(5.4)
    assert breaker.allow(5.6)


def test_a_probe_that_nobody_tells_the_end_of_does_not_keep_it_open() -> None:
    breaker = opened()
    assert breaker.allow(2.1)
    assert not breaker.allow(4.0)
    assert breaker.allow(5.2)


def test_a_cancelled_probe_says_nothing() -> None:
    breaker = opened()
    assert breaker.allow(2.1)
    breaker.cancelled()
    assert breaker.allow(2.2)


def test_it_remembers_no_more_outcomes_than_it_may() -> None:
    breaker = Breaker(Limits(most=50, window=1e9))
    for number in range(500):
        breaker.succeeded(number * 1.0, 0.1)
    assert len(breaker._outcomes) <= 51
