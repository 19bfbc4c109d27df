"""What a breaker is told of each attempt: once, and of a late one at the moment when it is late."""

import pytest

from softswitch.answer.breaker import Attempt, Breaker, Limits


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def breaker() -> Breaker:
    return Breaker(Limits(least=2, slow=1.0))


def test_attempts_that_are_late_open_it_while_they_are_still_under_way(clock: Clock) -> None:
    guard = breaker()
    attempts = [Attempt(guard, clock) for _ in range(2)]
    clock.now += 1.0
    for attempt in attempts:
        attempt.late()
    assert guard.state == "open"


def test_an_attempt_that_was_late_is_not_counted_a_second_time(clock: Clock) -> None:
    for end in ("succeeded", "left"):
        guard = breaker()
        attempt = Attempt(guard, clock)
        attempt.late()
        getattr(attempt, end)()
        attempt.failed(at_once=False)
        assert guard.state == "closed", "one attempt is no reason"


def test_an_attempt_that_has_begun_is_not_late_and_counts_by_its_first_piece(clock: Clock) -> None:
    guard = breaker()
    for _ in range(2):
        attempt = Attempt(guard, clock)
        clock.now += 0.1
        attempt.begun()
        attempt.late()
        clock.now += 60.0
        attempt.succeeded()
    assert guard.state == "closed"
