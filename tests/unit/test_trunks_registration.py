"""A registration goes from registrar to registrar, backs off, and comes back; in virtual time."""

from collections.abc import Mapping

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from softswitch.trunks import registration as rules
from softswitch.trunks.health import Standing, State
from softswitch.trunks.registration import JITTER, LATE, LONGEST_WAIT, RETURN_AFTER, Phase, Registration
from softswitch.trunks.targets import Target

FIRST, SECOND, THIRD = (Target("r.example.com", f"192.0.2.{last}", 5060, "udp") for last in (1, 2, 3))
PATIENCE = 8.0
MIDDLE = 0.5


def middle() -> float:
    return MIDDLE


class Driver:
    """One registration and a clock."""

    def __init__(self, *targets: Target) -> None:
        self.now, self.targets = 100.0, targets
        self.standings: Mapping[Target, Standing] = {}
        self.it = rules.started(Registration(self.now), targets, self.now, PATIENCE)

    def hears(self, status: int, *, expires: float = 300.0, retry_after: float = 0.0) -> Registration:
        self.it = rules.heard(
            self.it,
            status,
            "",
            self.targets,
            self.now,
            PATIENCE,
            middle,
            expires=expires,
            retry_after=retry_after,
        )
        return self.it

    def waits(self, seconds: float) -> Registration:
        self.now += seconds
        self.it = rules.passed(self.it, self.targets, self.standings, self.now, PATIENCE, middle)
        return self.it


def test_it_registers_with_the_first_target_and_is_up_when_accepted():
    driver = Driver(FIRST, SECOND)
    assert (driver.it.register_at, driver.it.attempt, driver.it.state) == (FIRST, 1, State.UNKNOWN)
    accepted = driver.hears(200, expires=120)
    assert (accepted.phase, accepted.state, accepted.expires_at) == (Phase.REGISTERED, State.UP, 220.0)
    assert accepted.register_at == FIRST and accepted.attempt == 1


def test_a_refresh_moves_the_expiry_and_not_the_beginning():
    driver = Driver(FIRST)
    driver.hears(200)
    driver.waits(250)
    refreshed = driver.hears(200)
    assert (refreshed.since, refreshed.expires_at, refreshed.attempt) == (100.0, 650.0, 1)


@pytest.mark.parametrize("status", [0, 408, 500, 503])
def test_the_next_registrar_is_tried_at_once_when_one_does_not_work(status: int):
    driver = Driver(FIRST, SECOND)
    failed = driver.hears(status)
    assert (failed.register_at, failed.attempt, failed.state) == (SECOND, 2, State.DEGRADED)


def test_silence_of_the_gateway_is_a_timeout():
    driver = Driver(FIRST, SECOND)
    assert driver.waits(PATIENCE - 0.1).register_at == FIRST
    assert driver.waits(0.2).register_at == SECOND


def test_after_the_last_registrar_it_waits_and_begins_with_the_first_again():
    driver = Driver(FIRST, SECOND)
    driver.hears(503)
    waiting = driver.hears(503)
    assert (waiting.phase, waiting.register_at, waiting.state) == (Phase.WAITING, None, State.DOWN)
    assert driver.waits(0.9).phase is Phase.WAITING
    assert (driver.waits(0.2).register_at, driver.it.attempt) == (FIRST, 3)
    assert driver.it.state is State.DOWN, "as long as nobody has accepted it"


@pytest.mark.parametrize(("status", "whole"), [(503, 4.0), (401, 120.0)])
def test_waits_are_longer_or_shorter_by_chance_so_that_not_all_come_back_at_once(status: int, whole: float):
    assert rules.wait(2, status, lambda: 0.0) == pytest.approx(0.8 * whole)
    assert rules.wait(2, status, lambda: 1.0) == pytest.approx(1.2 * whole)


def test_waits_double_up_to_five_minutes():
    assert [rules.wait(failures, 503, middle) for failures in range(11)] == [
        *(1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300)
    ]


def test_refused_credentials_are_tried_again_more_slowly_and_nowhere_else():
    driver = Driver(FIRST, SECOND)
    refused = driver.hears(403)
    assert (refused.phase, refused.due) == (Phase.WAITING, 130.0)
    assert (refused.status, refused.state) == (403, State.DOWN)


def test_success_forgets_the_failures():
    driver = Driver(FIRST)
    for _ in range(6):
        driver.hears(0)
        driver.waits(driver.it.due - driver.now)
    driver.hears(200)
    assert driver.hears(0).due == driver.now + 1


def test_the_registrars_own_wish_to_be_left_alone_is_honoured_within_reason():
    assert Driver(FIRST).hears(503, retry_after=60).due == 160
    assert Driver(FIRST).hears(503, retry_after=1e6).due <= 100 + 900


def test_a_refresh_that_fails_goes_to_the_next_registrar():
    driver = Driver(FIRST, SECOND)
    driver.hears(200)
    driver.waits(290)
    assert driver.hears(0).register_at == SECOND


def test_a_refresh_that_nobody_reports_is_not_believed():
    driver = Driver(FIRST, SECOND)
    driver.hears(200)
    assert driver.waits(300 + LATE - 1).register_at == FIRST
    assert driver.waits(2).register_at == SECOND


def test_it_leaves_a_registrar_that_is_down_before_the_refresh_is_due():
    driver = Driver(FIRST, SECOND)
    driver.hears(200)
    driver.standings = {FIRST: Standing(State.DOWN, 0), SECOND: Standing(State.UP, 0)}
    assert driver.waits(1).register_at == SECOND


def test_it_stays_when_all_registrars_are_down():
    driver = Driver(FIRST, SECOND)
    driver.hears(200)
    driver.standings = {FIRST: Standing(State.DOWN, 0), SECOND: Standing(State.DOWN, 0)}
    assert driver.waits(1).register_at == FIRST


def test_it_goes_back_to_the_first_when_that_has_been_well_for_a_while():
    driver = Driver(FIRST, SECOND)
    driver.hears(0)
    driver.hears(200)
    driver.standings = {FIRST: Standing(State.UP, driver.now), SECOND: Standing(State.UP, 0)}
    assert driver.waits(RETURN_AFTER - 1).register_at == SECOND
    assert driver.waits(2).register_at == FIRST


def test_a_degraded_first_registrar_is_not_gone_back_to():
    driver = Driver(FIRST, SECOND)
    driver.hears(0)
    driver.hears(200)
    driver.standings = {FIRST: Standing(State.DEGRADED, 0), SECOND: Standing(State.UP, 0)}
    assert driver.waits(1000 - 701).register_at == SECOND


def test_a_target_that_dns_no_longer_names_is_left():
    driver = Driver(FIRST)
    driver.hears(200)
    driver.targets = (SECOND,)
    assert driver.waits(0).register_at == SECOND


def test_without_targets_it_is_idle_and_begins_when_there_are_some():
    driver = Driver()
    assert (driver.it.phase, driver.it.register_at) == (Phase.IDLE, None)
    driver.targets = (FIRST,)
    assert driver.waits(0).register_at == FIRST
    driver.hears(200)
    driver.targets = ()
    assert (driver.waits(1).phase, driver.it.attempt) == (Phase.IDLE, 1)


def test_an_answer_to_a_try_that_was_given_up_changes_nothing():
    driver = Driver(FIRST)
    waiting = driver.hears(0)
    assert driver.hears(200) == waiting


@given(st.integers(0, 1000), st.sampled_from([0, 401, 403, 404, 503]), st.floats(0, 1))
def test_a_wait_is_within_a_fifth_of_its_step(failures: int, status: int, chance: float):
    exact = rules.wait(failures, status, middle)
    share = rules.wait(failures, status, lambda: chance) / exact
    assert 1 - JITTER - 1e-9 <= share <= 1 + JITTER + 1e-9
    assert 1 <= exact <= (900 if status in (401, 403) else LONGEST_WAIT)


class AnyCourse(RuleBasedStateMachine):
    """Whatever registrars, DNS, health and time do, in any order."""

    def __init__(self) -> None:
        super().__init__()
        self.driver = Driver(FIRST, SECOND)
        self.attempts = 1

    def _step(self) -> None:
        assert self.driver.it.attempt >= self.attempts, "the gateway knows a new try by its number"
        self.attempts = self.driver.it.attempt

    @rule(status=st.sampled_from([0, 200, 200, 401, 403, 404, 408, 423, 500, 503, 603]))
    def is_told(self, status: int) -> None:
        self.driver.hears(status)
        self._step()

    @rule(seconds=st.floats(0, 400))
    def time_passes(self, seconds: float) -> None:
        self.driver.waits(seconds)
        self._step()

    @rule(named=st.lists(st.sampled_from([FIRST, SECOND, THIRD]), unique=True, max_size=3))
    def dns_changes(self, named: list[Target]) -> None:
        self.driver.targets = tuple(named)
        self.driver.waits(0)
        self._step()

    @rule(states=st.lists(st.sampled_from(list(State)), min_size=3, max_size=3))
    def health_changes(self, states: list[State]) -> None:
        self.driver.standings = {
            target: Standing(state, self.driver.now)
            for target, state in zip((FIRST, SECOND, THIRD), states, strict=True)
        }

    @precondition(lambda self: self.driver.targets)
    @rule()
    def a_registrar_that_accepts_is_found(self) -> None:
        """Nothing gets stuck: within two longest waits a try is under way, and its success is one."""
        for _ in range(4):
            if self.driver.it.register_at:
                break
            self.driver.waits(900 * 1.2)
        assert self.driver.it.register_at
        self.driver.hears(200)
        assert self.driver.it.state is State.UP
        self._step()

    @invariant()
    def it_is_consistent(self) -> None:
        it = self.driver.it
        assert (it.phase is Phase.IDLE) <= (it.target is None)
        assert (it.state is State.UP) == (it.phase is Phase.REGISTERED)
        assert it.phase is not Phase.WAITING or it.due > self.driver.now - 1300
        assert len(it.tried) <= 4


TestAnyCourse = AnyCourse.TestCase
TestAnyCourse.settings = settings(max_examples=100, stateful_step_count=30, deadline=None)
