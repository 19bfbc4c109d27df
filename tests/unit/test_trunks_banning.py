"""When a source is banned, and for how long."""

import pytest

from softswitch.sections.incoming import Bans
from softswitch.trunks import banning
from softswitch.trunks.banning import Tally
from softswitch.values import DAY


def test_a_source_is_banned_once_it_asked_too_often_within_the_window() -> None:
    tally = Tally(Bans(requests=20, window=60.0))
    assert [tally.seen("192.0.2.1", 1, "", now) for now in range(19)] == [""] * 19
    assert tally.seen("192.0.2.1", 1, "", 19.0) == "20 requests of an unknown source"


def test_a_source_that_asks_now_and_then_is_never_banned() -> None:
    tally = Tally(Bans(requests=20, window=60.0))
    assert not any(tally.seen("192.0.2.1", 1, "", now) for now in range(0, 4000, 4))


def test_sources_are_counted_apart() -> None:
    tally = Tally(Bans(requests=3))
    assert not any(tally.seen(f"192.0.2.{i % 100}", 1, "", 1.0) for i in range(200))


@pytest.mark.parametrize("user_agent", ["friendly-scanner", "SIPVicious/0.3", "sipcli/v1.8", "Ozeki scanner"])
def test_a_scanner_counts_ten_times(user_agent: str) -> None:
    tally = Tally(Bans(requests=20))
    assert tally.seen("192.0.2.1", 1, user_agent, 0.0) == ""
    assert tally.seen("192.0.2.1", 1, user_agent, 0.1) == f"scanner {user_agent}"


def test_a_usual_phone_is_no_scanner() -> None:
    assert not banning.is_scanner("Yealink SIP-T46S 66.85.0.5")
    assert not banning.is_scanner("")


def test_each_ban_is_twice_as_long_up_to_a_day() -> None:
    settings = Bans(duration=3600.0)
    assert [banning.duration(settings, times) for times in (1, 2, 3)] == [3600.0, 7200.0, 14400.0]
    assert banning.duration(settings, 50) == DAY
    assert banning.duration(Bans(duration=2 * DAY), 3) == 2 * DAY


def test_this_machine_and_what_is_in_never_are_protected() -> None:
    never = banning.protected(("192.0.2.0/24",))
    assert all(address in never for address in ("127.0.0.1", "::1", "192.0.2.77", "::ffff:192.0.2.77"))
    assert "127.0.0.9" not in never


def test_no_more_sources_are_counted_than_fit() -> None:
    tally = Tally(Bans(requests=2))
    for i in range(banning.MOST_SOURCES + 1):
        tally.seen(f"10.{i >> 16}.{i >> 8 & 255}.{i & 255}", 1, "", 0.0)
    assert tally.seen("10.0.0.0", 1, "", 1.0) == ""  # the first one was forgotten
    assert tally.seen("10.0.0.9", 1, "", 1.0)
