"""Each trunk's share of the node, and set-ups per second."""

from collections import Counter

from softswitch.gateway.sharing import Shares, TokenBucket
from softswitch.trunks.settings import Limits

NOBODY: Counter[str] = Counter()


def shares(max_calls: int = 10, setups: int = 1000, **limits: Limits) -> Shares:
    made = Shares(max_calls, setups)
    made.set_limits(limits)
    return made


def fill(made: Shares, trunk: str, calls: Counter[str], now: float, times: int) -> list[str]:
    """Ask for so many calls, each of which then is up; the reasons that came."""
    reasons = []
    for _ in range(times):
        reason = made.refuse(trunk, calls, calls.total(), now)
        calls[trunk] += not reason
        reasons.append(reason)
    return reasons


def test_a_full_node_refuses() -> None:
    made = shares(max_calls=2)
    assert [made.refuse("", Counter({"": up}), up, 0.0) for up in range(4)] == ["", ""] + ["node full"] * 2


def test_a_flood_is_cut_at_the_rate_of_the_node() -> None:
    made = shares(max_calls=1000, setups=5)
    answers = [made.refuse("", NOBODY, 0, 100.0) for _ in range(20)]
    assert answers == [""] * 5 + ["node's limit of calls per second"] * 15
    assert made.refuse("", NOBODY, 0, 100.5) == ""


def test_the_bucket_fills_again_but_not_beyond_its_rate() -> None:
    bucket = TokenBucket(rate=10, tokens=0, refilled_at=100.0)
    assert not bucket.take(100.0)
    assert [bucket.take(160.0) for _ in range(11)] == [True] * 10 + [False]


def test_a_trunk_keeps_to_its_own_limits() -> None:
    made = shares(max_calls=100, a=Limits(calls=2), b=Limits(calls_per_second=3))
    assert fill(made, "a", Counter(), 10.0, 3) == ["", "", "trunk's limit of calls"]
    assert fill(made, "b", Counter(), 10.0, 4) == [""] * 3 + ["trunk's limit of calls per second"]
    assert made.full_of("a", Counter(a=2)) == "trunk's limit of calls"
    assert made.full_of("b", Counter(b=50)) == ""


def test_a_trunk_alone_may_have_the_whole_node() -> None:
    made = shares(max_calls=10, a=Limits())
    assert fill(made, "a", Counter(), 10.0, 11) == [""] * 10 + ["node full"]


def test_a_busy_trunk_leaves_a_slot_for_one_that_has_no_call() -> None:
    made = shares(max_calls=20, a=Limits(), b=Limits())
    calls: Counter[str] = Counter()
    assert fill(made, "a", calls, 10.0, 20).count("") == 19
    assert fill(made, "b", calls, 11.0, 1) == [""]


def test_in_a_nearly_full_node_the_trunk_with_more_than_its_share_is_refused_first() -> None:
    made = shares(max_calls=100, a=Limits(), b=Limits())
    calls = Counter(a=85, b=5)
    assert made.refuse("b", calls, calls.total(), 10.0) == ""
    assert made.refuse("a", calls, calls.total(), 10.0) == "more than its share of calls"
    calls = Counter(a=40, b=45)
    assert made.refuse("a", calls, calls.total(), 10.0) == ""


def test_a_flood_on_one_trunk_leaves_the_other_its_calls_per_second() -> None:
    made = shares(max_calls=100_000, setups=100, a=Limits(), b=Limits())
    let_in: Counter[str] = Counter()
    refused: Counter[str] = Counter()
    for step in range(5000):  # 1,000 calls/s of `a` and 20 of `b`, for 5 s
        now = 50 + step / 1000
        for trunk in ("a", "b") if step % 50 == 0 else ("a",):
            reason = made.refuse(trunk, NOBODY, 0, now)
            (refused if reason else let_in)[trunk] += 1
    assert refused["b"] == 0
    assert 400 <= let_in["a"] <= 520


def test_trunks_that_are_gone_are_forgotten() -> None:
    made = shares(a=Limits(calls=1))
    made.set_limits({})
    assert made.refuse("a", Counter(a=1), 1, 10.0) == ""
