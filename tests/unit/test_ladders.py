"""The ladder of a dialplan: when what its calls need counts as down, and where they begin meanwhile."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import plan_files
import pytest
from fakes import FakeEndpointer, FakeRecognizer, FakeVoice

from softswitch.app import ladders
from softswitch.app.ladders import Ladders, Standing
from softswitch.dialplan import loader
from softswitch.dialplan.files.ladder import Away, Ladder
from softswitch.dialplan.parts import BEGIN
from softswitch.dialplan.plan import Plan
from softswitch.errors import InvalidFile
from softswitch.events import Recognition, Say
from softswitch.publish.metrics import Metrics
from softswitch.session.parts import Parts

FLOW = (
    """
steps:
  start:
    say: Hello.
    listen: {dtmf: {"1": closing}}
"""
    + plan_files.ENDING
)
ENGINE = "{slow: 50ms, least: 2, again_after: 100ms, good: 1, then: person}"


def plan(folder: Path, ladder: str) -> Plan:
    text = f"name: shop\nstart: start\nladder: {ladder}" + plan_files.REST
    return loader.load(plan_files.write(folder, {"plan.yaml": text, "flows/main.yaml": FLOW}))


@pytest.mark.parametrize(
    ("ladder", "why"),
    [
        ("{recogniser: {then: nowhere}}", "nowhere"),
        ("{sql: {then: nowhere}}", "nowhere"),
        ("{lookups: {find: {slow: 1s}}}", "find"),
        ("{mqtt: {slow: 1s}}", "slow"),
        ("{control: {transfer_after: 0s}}", "transfer_after"),
    ],
)
def test_a_ladder_that_leads_nowhere_or_knows_what_there_is_not_is_refused(
    tmp_path: Path, ladder: str, why: str
) -> None:
    with pytest.raises(InvalidFile, match=why):
        plan(tmp_path, ladder)


def test_a_duration_alone_is_how_long_ear_and_voice_are_waited_for() -> None:
    ladder = Ladder.model_validate({"recogniser": "900ms", "synthesiser": {"slow": "1s"}})
    assert (ladder.recogniser.slow, ladder.synthesiser.slow) == (0.9, 1.0)


def test_what_is_away_for_a_moment_is_not_down_and_what_is_back_for_a_moment_is() -> None:
    sql = Standing(Away(down=3.0, again_after=2.0), _agreed_at=0.0)
    seen = []
    for now, away in (
        (1.0, True),
        (2.0, False),
        (4.0, True),
        (5.1, True),
        (6.0, False),
        (7.0, True),
        (8.9, False),
    ):
        sql.look(away, now)
        seen.append(sql.is_down)
    assert seen == [False, False, False, True, True, True, True]
    sql.look(False, 9.0)
    assert not sql.is_down


class Works:
    """An ear's stream and a voice, as good as `fault` lets them."""

    def __init__(self) -> None:
        self.fault: Callable[[], Any] | None = None

    def open(self, grammar: object) -> "Works":
        return self

    def close(self) -> None: ...

    def get(self, say: Say) -> None: ...

    async def accept(self, pcm: bytes) -> str:
        return ""

    async def finish(self) -> Recognition:
        if self.fault:
            await self.fault()
        return Recognition("yes", 1.0)

    async def speak(self, say: Say) -> bytes:
        if self.fault:
            await self.fault()
        return b"spoken"


async def fail() -> None:
    raise OSError


async def hang() -> None:
    await asyncio.get_running_loop().create_future()


async def use(part: Any) -> None:
    """As a session does, which waits no longer than the ladder says."""
    try:
        async with asyncio.timeout(0.05):
            await part()
    except (OSError, TimeoutError):
        pass


@pytest.mark.parametrize("fault", [fail, hang])
@pytest.mark.parametrize("name", ["recogniser", "synthesiser"])
async def test_calls_begin_at_a_person_while_ear_or_voice_is_down_and_as_ever_afterwards(
    tmp_path: Path, name: str, fault: Callable[[], Any]
) -> None:
    metrics, works = Metrics(), Works()
    known = Ladders(metrics)
    shop = plan(tmp_path, f"{{{name}: {ENGINE}}}")
    parts = Parts({"en": works}, works, FakeEndpointer, lambda event: None)  # type: ignore[arg-type]
    parts = known.judge(shop, parts)
    part = (
        parts.recognizers["en"].open(None).finish
        if name == "recogniser"
        else lambda: parts.voice.speak(Say("hi"))
    )
    await use(part)
    assert known.begin("shop") == ("", "")
    works.fault = fault
    for _ in range(2):
        await use(part)
    assert known.begin("shop") == (name, "person")
    assert shop.first({BEGIN: "person"}) == "person"
    works.fault = None
    await asyncio.sleep(0.11)
    assert known.begin("shop") == ("", ""), "one call tries it again"
    assert known.begin("shop") == (name, "person")
    await use(part)
    assert known.begin("shop") == ("", "")
    assert (
        f'softswitch_ladder_calls_total{{dependency="{name}",plan="shop"}} 2.0' in metrics.render().decode()
    )


@pytest.mark.parametrize(("name", "other"), [("sql", "mqtt"), ("mqtt", "sql")])
async def test_calls_begin_elsewhere_while_database_or_broker_is_away(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, other: str
) -> None:
    monkeypatch.setattr(ladders, "LOOK_S", 0.01)
    known, away = Ladders(Metrics()), {name: True, other: False}
    parts = Parts({"en": FakeRecognizer()}, FakeVoice(), FakeEndpointer, lambda event: None)
    known.judge(
        plan(
            tmp_path, f"{{{name}: {{down: 50ms, again_after: 50ms, then: person}}, {other}: {{down: 50ms}}}}"
        ),
        parts,
    )
    running = asyncio.create_task(known.run(lambda: away["sql"], lambda: away["mqtt"]))
    assert known.begin("shop") == ("", "")
    await asyncio.sleep(0.2)
    assert known.begin("shop") == (name, "person")
    away |= {name: False, other: True}
    await asyncio.sleep(0.2)
    assert known.begin("shop") == ("", ""), f"{other} is down, which changes nothing"
    running.cancel()
