"""Which trunks a number goes out by, in which order; priorities and weights as RFC 2782 has them."""

import random
from collections import Counter
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from softswitch.trunks.health import Standing, State
from softswitch.trunks.selection import Candidate, Place, routes, weighted
from softswitch.trunks.settings import Trunk
from softswitch.trunks.targets import Target

CHANCE = random.Random(5).random


def candidate(name: str, *standings: Standing, state: State | None = None, **settings: Any) -> Candidate:
    """A trunk with as many targets as standings (one that is up when none is given)."""
    standings = standings or (Standing(State.UP, 0.0),)
    trunk = Trunk(name=name, kind="ip", hosts=("192.0.2.1",), **settings)
    places = tuple(
        Place(Target(name, f"192.0.2.{number}", 5060, "udp"), priority=number)
        for number, _ in enumerate(standings, 1)
    )
    return Candidate(trunk, state or standings[0].state, places, standings)


def order(*candidates: Candidate, number: str = "+49301234567") -> list[str]:
    """The tries as `name` and the target's last figure."""
    found = routes(number, candidates, CHANCE)
    return [f"{route.trunk.name}{route.target.address.rpartition('.')[2]}" for route in found]


UP, DOWN = Standing(State.UP, 0.0), Standing(State.DOWN, 0.0, failures=3)
SHAKY = Standing(State.DEGRADED, 0.0, failures=1)
SLOW = Standing(State.DEGRADED, 0.0)
UNKNOWN = Standing(State.UNKNOWN, 0.0)


def test_the_lowest_priority_goes_first():
    assert order(candidate("b", priority=20), candidate("a", priority=10)) == ["a1", "b1"]


def test_a_trunks_targets_follow_each_other():
    assert order(candidate("a", UP, UP, priority=1), candidate("b", UP, priority=2)) == ["a1", "a2", "b1"]


@pytest.mark.parametrize(
    "settings", [{"enabled": False}, {"outbound": False}, {"prefixes": ("+1", "+4930999")}]
)
def test_a_trunk_that_may_not_take_the_number_is_left_out(settings: dict[str, Any]):
    assert order(candidate("a", **settings)) == []


def test_a_trunk_takes_the_numbers_of_its_prefixes():
    assert order(candidate("a", prefixes=("+1", "+4930"))) == ["a1"]


def test_what_failed_last_stands_behind_what_works_and_what_is_down_behind_everything():
    tries = order(
        candidate("a", DOWN, priority=1),
        candidate("b", SHAKY, priority=2),
        candidate("c", UP, priority=3),
        candidate("d", UNKNOWN, priority=4),
    )
    assert tries == ["c1", "d1", "b1", "a1"]


def test_a_slow_trunk_keeps_its_place():
    assert order(candidate("a", SLOW, priority=1), candidate("b", UP, priority=2)) == ["a1", "b1"]


def test_a_trunk_whose_first_target_fails_goes_on_with_its_second():
    tries = order(candidate("a", SHAKY, UP, state=State.DEGRADED, priority=1), candidate("b", UP, priority=2))
    assert tries == ["a2", "b1", "a1"]


def test_a_trunk_that_is_down_as_a_whole_stands_last_though_its_host_answers():
    """A registrar that refuses our registration would refuse our calls."""
    assert order(candidate("a", UP, state=State.DOWN, priority=1), candidate("b", UP, priority=2)) == [
        "b1",
        "a1",
    ]


def test_equals_share_by_weight():
    chance, first = random.Random(7).random, Counter[str]()
    both = [candidate("a", weight=30), candidate("b", weight=10)]
    for _ in range(4000):
        first[routes("+4930", both, chance)[0].trunk.name] += 1
    assert 0.72 < first["a"] / 4000 < 0.78


def test_weight_nought_is_hardly_ever_first_among_others_and_goes_alone():
    chance, first = random.Random(7).random, Counter[str]()
    for _ in range(1000):
        first[weighted(["none", "some"], lambda item: (0, 1 if item == "some" else 0), chance)[0]] += 1
    assert first["some"] >= 990
    assert weighted(["none"], lambda item: (0, 0), chance) == ["none"]


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 5)), max_size=12), st.floats(0, 1))
def test_every_item_stands_once_and_priorities_ascend(ranks: list[tuple[int, int]], chance: float):
    items = list(enumerate(ranks))
    ordered = weighted(items, lambda item: item[1], lambda: chance)
    assert sorted(ordered) == items
    priorities = [rank[0] for _, rank in ordered]
    assert priorities == sorted(priorities)
