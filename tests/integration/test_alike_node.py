"""Questions in other words on a node: as configured, with its memory in the database; and in a replay."""

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime
from pathlib import Path
from typing import Any, cast

import pytest
from click.testing import CliRunner
from llm import LlmBeside
from plan_text import plan_of

from softswitch.answer.asking import Embedding, Failed, Model
from softswitch.app.answering.thinker import PlanThinker
from softswitch.app.answering.wiring import Answering
from softswitch.app.chaos.faults import Fault, Faults
from softswitch.app.chaos.seams import FaultyLlm
from softswitch.cli.replay import replay
from softswitch.config import Config
from softswitch.dialplan import loader
from softswitch.errors import SoftswitchError
from softswitch.publish.metrics import Metrics
from softswitch.replay.both import replay_both
from softswitch.replay.bundled import FOLDER, NOBODY
from softswitch.replay.scripted_llm import Answer, Moods, ScriptedLlm
from softswitch.replay.trace import Call, Trace, Turn
from softswitch.store import migrate
from softswitch.store.writer import Records
from softswitch.thinking import Think

ASKED, AGAIN = "do you sell roses", "can roses with thorns be had at your shop"
ROSES = Answer("rose|thorns", "Roses are here all year.")
PLAN = plan_of("""
plan:
  answers: {instructions: You sell flowers., remember: 1d}
  variables:
    pin: {type: digits, length: "4", sensitive: "yes"}
flows:
  main:
    steps:
      start: {say: Hello., listen: {on: {human: closing}}}
      closing: {say: Goodbye., hangup: "yes"}
""")


@pytest.fixture
async def server() -> AsyncIterator[ScriptedLlm]:
    async with ScriptedLlm([ROSES], Moods(median=0.01, sigma=0.1, pace=0.001)) as server:
        server.means = {AGAIN: ASKED}
        yield server


def config(folder: Path, server: ScriptedLlm) -> Config:
    llm = {"url": server.url, "model": "scripted", "embedding": "embed", "embedding_patience": "1s"}
    return Config.model_validate({"data_dir": folder, "llm": {"main": llm}})


async def say(thinker: PlanThinker, question: str) -> tuple[str, str]:
    thought = thinker.think(Think("start:1", question), {"pin": "4711", "caller_number": "+441"}, ())
    spoken = " ".join([sentence async for sentence in thought.sentences])
    return thought.how, spoken


async def until(metrics: Metrics, line: str) -> None:
    async with asyncio.timeout(20):
        while line not in metrics.render().decode().splitlines():
            await asyncio.sleep(0.01)


async def test_a_node_compares_with_what_it_and_an_earlier_start_remember(
    tmp_path: Path, server: ScriptedLlm
) -> None:
    settings = config(tmp_path, server)
    migrate.upgrade(settings.database_url)
    records = Records(settings.database_url)
    records.start()
    for start, how in enumerate(("thought", "remembered")):
        metrics = Metrics()
        node = Answering(settings, metrics)
        node.open(records, cast(Any, None))
        thinker = node.thinker(PLAN, cast(Any, object()))
        assert thinker
        running = asyncio.create_task(node.run())
        if start:
            await until(metrics, "softswitch_answers_comparable 1.0")
        assert await say(thinker, ASKED) == (how, ROSES.text)
        await until(metrics, "softswitch_answers_comparable 1.0")
        assert await say(thinker, AGAIN) == ("remembered", ROSES.text)
        assert 'softswitch_answers_compared_total{result="found"} 1.0' in metrics.render().decode()
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        await node.close()
    await records.close()
    assert server.embedded == [ASKED, AGAIN] * 2
    assert len(server.asked) == 1
    assert "4711" not in str(server.requests)


async def test_faults_of_the_model_meet_its_vectors_too_and_keep_nobody_longer(server: ScriptedLlm) -> None:
    faults = Faults()
    llm = FaultyLlm(Model("main", server.url, "scripted", embedding=Embedding("embed", server.url)), faults)
    await llm.prepare()
    assert len(await llm.vectors([ASKED], 5.0)) == 1
    for fault, kind in ((Fault(hang=True), "timeout"), (Fault(errors=1.0), "status")):
        faults.begin("llm", fault)
        with pytest.raises(Failed) as told:
            await llm.vectors([ASKED], 0.05)
        assert told.value.kind == kind
        faults.end("llm")
    assert server.embedded == [ASKED]
    await llm.close()


def test_a_replay_measures_a_models_vectors() -> None:
    turns = [(Turn(ASKED, "roses"),), (Turn(AGAIN, "roses"),), (Turn("is there a garden", "garden"),)]
    calls = tuple(Call(100.0 * at, f"+44770090000{at}", turn) for at, turn in enumerate(turns))
    answers = {"roses": (Answer("", "Roses are here."),), "garden": (Answer("", "There is none."),)}
    plan, given = loader.load(FOLDER, NOBODY), Trace(datetime(2026, 2, 2), answers, calls)
    with LlmBeside([]) as beside:
        beside.server.means = {AGAIN: ASKED}
        embedding = Embedding("embed", beside.server.url, patience=1.0)
        done = replay_both(plan, given, None, lambda what, at, total: None, embedding)
        assert [took.how for took in done.remembering.took] == ["thought", "remembered", "thought"]
        assert [took.wrong for took in done.remembering.took] == [False] * 3
        assert done.without.requests == 3
        assert beside.server.asked == []


def test_a_model_without_vectors_is_told() -> None:
    plain = Config.model_validate({"llm": {"main": {"url": "http://127.0.0.1:9/v1", "model": "x"}}})
    for words, told in (
        (["--embedding", "main"], "write `embedding` into llm.main"),
        (["--embedding", "other"], "--embedding other: not configured"),
        (["--embedding", "main", "--llm", "main"], "leave --embedding out"),
    ):
        ran = CliRunner().invoke(replay, ["--calls", "1", *words], obj=plain)
        assert isinstance(ran.exception, SoftswitchError)
        assert told in str(ran.exception)
