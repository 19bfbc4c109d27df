"""Numbers that far ends have called by REFER, between the gateway's news and a real database."""

import asyncio
from pathlib import Path

import sqlalchemy as sa
from test_app_dialing import Setup

from softswitch.app.dialing.referred import Referrals
from softswitch.gateway.messages import Hangup, Referred
from softswitch.store.engine import transaction
from softswitch.store.tables import dialled

NUMBER = "+442079460123"
CALL = "c" * 32


def rows(setup: Setup) -> list[sa.Row[tuple[str, float | None, float | None]]]:
    query = sa.select(dialled.c.number, dialled.c.answered_at, dialled.c.ended_at).order_by(dialled.c.at)
    with transaction(setup.url) as connection:
        return list(connection.execute(query))


def ended(setup: Setup) -> list[str]:
    return [message.call_id for message in setup.around.sent if isinstance(message, Hangup)]


async def test_they_count_from_the_refer_to_the_end_of_the_call(tmp_path: Path) -> None:
    setup = Setup(tmp_path)
    referrals = Referrals(setup.dialer)
    for news in (Referred(CALL, 1, NUMBER), Referred(CALL, 2, NUMBER), Referred(CALL, 2)):
        referrals.on_news(news)
    await setup.until(lambda: [row for row in rows(setup) if row.ended_at and row.answered_at][1:])
    assert [row.number for row in rows(setup)] == [NUMBER, NUMBER]
    assert ended(setup) == []


async def test_where_a_cap_trips_the_call_is_ended_and_dialling_is_held(tmp_path: Path) -> None:
    setup = Setup(tmp_path, calls_per_number=1)
    referrals = Referrals(setup.dialer)
    referrals.on_news(Referred(CALL, 1, NUMBER))
    referrals.on_news(Referred("d" * 32, 1, NUMBER))
    await setup.until(lambda: ended(setup))
    assert ended(setup) == ["d" * 32]
    assert setup.dialer.guard.held == {NUMBER}


async def test_what_cannot_be_counted_is_ended(tmp_path: Path) -> None:
    setup = Setup(tmp_path)
    setup.lose_database()
    Referrals(setup.dialer).on_news(Referred(CALL, 1, NUMBER))
    async with asyncio.timeout(10):
        await setup.until(lambda: ended(setup))
