"""When targets are asked with OPTIONS: spread, one at a time each, and sooner while they are doubtful."""

import random
from collections import Counter
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from softswitch.app.trunking.probing import GRACE_S, MOST_PER_TICK, Prober, Wanted
from softswitch.gateway.messages import Probed
from softswitch.trunks import health
from softswitch.trunks.health import Standing
from softswitch.trunks.settings import Health
from softswitch.trunks.targets import Target

HEALTH = Health(every="30s", timeout="4s")


def target(number: int) -> Target:
    return Target("a.example.com", f"192.0.2.{number}", 5060, "udp")


def wanted(number: int = 1, settings: Health = HEALTH) -> Wanted:
    return Wanted("a", target(number), settings, health.unheard(0))


def answer(number: int = 1) -> Probed:
    return Probed("a", target(number), 200, "OK", 0.01)


class Course:
    """Ticks of a tenth of a second; what is asked when."""

    def __init__(self, *targets: Wanted) -> None:
        self.prober = Prober(random.Random(1).random)
        self.targets, self.now = list(targets), 0.0
        self.asked: list[tuple[float, int]] = []

    def run(self, seconds: float, answers: bool = True, standing: Standing | None = None) -> list[float]:
        """The times of the probes to the first target in that time."""
        before, end = len(self.asked), self.now + seconds
        while self.now < end:
            for probe in self.prober.tick(self.targets, self.now):
                number = int(probe.target.address.rpartition(".")[2])
                self.asked.append((self.now, number))
                if answers:
                    self.prober.answered(answer(number), HEALTH, standing, self.now + 0.01)
            self.now = round(self.now + 0.1, 3)
        return [at for at, number in self.asked[before:] if number == 1]


def test_a_new_target_is_asked_at_once_and_then_at_its_interval():
    times = Course(wanted()).run(200)
    assert times[0] == 0
    assert all(27 <= later - earlier <= 33.1 for earlier, later in pairwise(times))


def test_many_new_targets_are_asked_one_after_the_other():
    course = Course(*(wanted(number) for number in range(1, 101)))
    course.run(6)
    assert len(course.asked) == 100
    per_second = Counter(int(at) for at, _ in course.asked)
    assert max(per_second.values()) <= 40


def test_no_tick_asks_more_than_a_few():
    course = Course(*(wanted(number) for number in range(1, 101)))
    course.run(10)
    course.now += 100
    course.run(0.1)
    assert 0 < len([at for at, _ in course.asked if at > 100]) <= MOST_PER_TICK


def test_while_it_is_open_how_a_target_is_it_is_asked_every_second():
    shaky = health.failed(health.unheard(0), "", HEALTH, 0)
    times = Course(wanted()).run(10, standing=shaky)
    assert 8 <= len(times) <= 12


def test_a_probe_that_nobody_answers_for_is_given_up_and_not_doubled_before():
    times = Course(wanted()).run(13, answers=False)
    assert times == [0, 4 + GRACE_S, 2 * (4 + GRACE_S)]


def test_an_interval_of_nought_means_never():
    assert Course(wanted(settings=Health(every=0))).run(100) == []


def test_a_target_that_became_doubtful_is_asked_at_once_but_never_twice_at_a_time():
    course = Course(wanted())
    course.run(5)
    course.prober.hurry("a", target(1), course.now)
    assert course.run(1, answers=False) == [5.0]
    course.prober.hurry("a", target(1), course.now)
    assert course.run(1) == []


def test_targets_that_are_gone_are_forgotten():
    course = Course(wanted(1), wanted(2))
    course.run(1)
    course.targets = []
    course.run(1)
    assert not course.prober._turns
    course.prober.answered(answer(), HEALTH, None, course.now)
    assert not course.prober._turns


@given(st.lists(st.tuples(st.sampled_from(["tick", "answer", "hurry"]), st.floats(0, 20)), max_size=60))
def test_at_most_one_probe_per_target_is_under_way(course: list[tuple[str, float]]):
    prober, now, open_until = Prober(random.Random(2).random), 0.0, 0.0
    for what, seconds in course:
        now += seconds
        if what == "answer":
            prober.answered(answer(), HEALTH, None, now)
            open_until = 0.0
        elif what == "hurry":
            prober.hurry("a", target(1), now)
        elif prober.tick([wanted()], now):
            assert now >= open_until
            open_until = now + HEALTH.timeout
