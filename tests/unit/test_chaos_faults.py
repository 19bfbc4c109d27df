"""Faults on purpose: what meets them suffers them until they are over, and nobody else does."""

import asyncio
import errno
import threading
import time
from collections.abc import AsyncIterator
from typing import Any

import pytest

from softswitch.answer.asking import Failed, Llm, Model
from softswitch.app.chaos import seams, wiring
from softswitch.app.chaos.calm import refuse
from softswitch.app.chaos.experience import Experience
from softswitch.app.chaos.faults import Fault, Faults, Injected
from softswitch.app.chaos.seams import FaultyEar, FaultyLlm, FaultyVoice
from softswitch.app.chaos.wiring import Chaos
from softswitch.errors import SoftswitchError
from softswitch.events import CallEnded, EndedBy, Say
from softswitch.news import CallFinished, TurnFinished
from softswitch.store.committing import Away


async def took(work: Any) -> float:
    began = time.monotonic()
    await work
    return time.monotonic() - began


async def test_without_a_fault_nothing_waits() -> None:
    faults = Faults()
    faults.begin("sql", Fault(hang=True))
    assert await took(faults.meet("llm")) < 0.02


async def test_latency_is_waited_for_and_an_end_ends_it_at_once() -> None:
    faults = Faults()
    faults.begin("llm", Fault(latency=0.1))
    assert 0.09 < await took(faults.meet("llm")) < 0.5
    faults.end("llm")
    faults.begin("llm", Fault(hang=True))
    asyncio.get_running_loop().call_later(0.05, faults.end, "llm")
    assert await took(faults.meet("llm")) < 0.5


async def test_patience_ends_before_a_fault_that_lasts() -> None:
    faults = Faults()
    faults.begin("llm", Fault(hang=True))
    with pytest.raises(TimeoutError):
        await faults.meet("llm", 0.05)


async def test_a_share_of_the_uses_fails() -> None:
    faults, failed = Faults(), 0
    fault = Fault(errors=0.5)
    faults.begin("llm", fault)
    for _ in range(200):
        try:
            await faults.meet("llm")
        except Injected:
            failed += 1
    assert 50 < failed < 150
    assert fault.met == 200


def test_a_dependency_has_one_fault_at_a_time() -> None:
    faults = Faults()
    faults.begin("llm", Fault())
    with pytest.raises(ValueError, match="has a fault already"):
        faults.begin("llm", Fault())


async def test_a_model_that_is_late_fails_as_a_real_one_does(monkeypatch: pytest.MonkeyPatch) -> None:
    async def answer(*_: Any) -> AsyncIterator[str]:
        yield "hi"

    monkeypatch.setattr(Llm, "ask", answer)
    faults = Faults()
    llm = FaultyLlm(Model("main", "http://127.0.0.1:1", "m", first_piece=0.05), faults)
    assert [part async for part in llm.ask(())] == ["hi"]  # type: ignore[comparison-overlap]
    for fault, kind in ((Fault(hang=True), "stalled"), (Fault(errors=1.0), "status")):
        faults.begin("llm", fault)
        with pytest.raises(Failed) as failed:
            [part async for part in llm.ask(())]
        assert failed.value.kind == kind
        faults.end("llm")


class Works:
    """An ear and a voice."""

    def open(self, grammar: object) -> "Works":
        return self

    async def accept(self, pcm: bytes) -> str:
        return "yes"

    async def finish(self) -> str:
        return "yes"

    def close(self) -> None: ...

    def get(self, say: Say) -> bytes:
        return b"rendered"

    async def speak(self, say: Say) -> bytes:
        return b"spoken"


async def test_ear_and_voice_fail_and_what_was_rendered_is_heard_all_the_same() -> None:
    faults, works = Faults(), Works()
    stream = FaultyEar(works, faults).open(None)  # type: ignore[arg-type]
    voice = FaultyVoice(works, faults)  # type: ignore[arg-type]
    assert (await stream.accept(b""), await voice.speak(Say("hi"))) == ("yes", b"spoken")
    faults.begin("recogniser", Fault(errors=1.0))
    faults.begin("synthesiser", Fault(errors=1.0))
    with pytest.raises(Injected):
        await stream.finish()  # type: ignore[misc]
    with pytest.raises(Injected):
        await voice.speak(Say("hi"))
    assert voice.get(Say("hi")) == b"rendered"


async def test_a_full_disk_is_met_by_a_database_in_a_file_and_by_the_journal() -> None:
    faults = Faults()
    seams.before_commit(faults, on_disk=True)
    faults.begin("disk", Fault(errors=1.0))
    with pytest.raises(Away):
        seams.before_commit(faults, on_disk=True)
    seams.before_commit(faults, on_disk=False)
    with pytest.raises(OSError) as full:
        seams.before_journal(faults)
    assert full.value.errno == errno.ENOSPC


async def test_a_thread_that_waits_goes_on_when_the_fault_is_over() -> None:
    faults = Faults()
    faults.begin("sql", Fault(hang=True))
    waiting = asyncio.create_task(asyncio.to_thread(seams.before_commit, faults, True))
    await asyncio.sleep(0.05)
    assert not waiting.done()
    assert threading.active_count() > 1
    faults.end("sql")
    await asyncio.wait_for(waiting, 2.0)


class Caller:
    def __init__(self, call_id: str) -> None:
        self.call_id, self.owes_sound = call_id, False


def test_silence_counts_only_while_it_is_the_nodes_turn() -> None:
    caller = Caller("a")
    experience = Experience(lambda: [caller])  # type: ignore[list-item]
    for now, owes in ((1.0, False), (2.0, True), (2.5, True), (3.2, True), (3.4, False), (9.0, True)):
        caller.owes_sound = owes
        experience.look(now)
    assert experience.longest_silence == pytest.approx(1.2)
    experience.take(TurnFinished("a", 1, "", "", "", 0, "", "", 0, 0, "", 0, rung="thought"))
    experience.take(CallFinished("a", CallEnded(38, 0, EndedBy.FAILURE), "", 0))
    told = experience.told()
    assert (told["calls"], told["turns"], told["ended"], told["dropped"]) == (1, {"thought": 1}, 1, 1)


async def test_a_node_whose_configuration_does_not_allow_it_refuses() -> None:
    with pytest.raises(SoftswitchError, match="chaos: true"):
        await refuse({}, lambda told: None)


class Calls:
    def sessions(self) -> list[Caller]:
        return []


class Desk:
    def register(self, name: str, handler: object) -> None: ...


async def test_a_fault_lasts_as_long_as_was_asked_and_ends_with_who_asked_for_it() -> None:
    chaos = Chaos()
    chaos.open(Desk(), Calls(), None)  # type: ignore[arg-type]
    told: list[Any] = []
    request = {"do": "chaos", "dependency": "llm", "hang": True, "seconds": 0.1}
    assert (await chaos.answer(request, told.append))["seconds"] >= 0.1
    assert told
    assert told[0]["left_s"] <= 0.1
    asked = asyncio.create_task(chaos.answer(request | {"seconds": 60}, told.append))
    await asyncio.sleep(0.05)
    with pytest.raises(SoftswitchError, match="has a fault already"):
        await chaos.answer(request, told.append)
    asked.cancel()
    await asyncio.gather(asked, return_exceptions=True)
    assert await took(chaos.faults.meet("llm")) < 0.02


async def test_who_counts_what_callers_experience_is_forgotten_when_the_fault_is_over(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    watchers: list[Experience] = []

    class Watcher(Experience):
        def __init__(self, sessions: Any) -> None:
            super().__init__(sessions)
            watchers.append(self)

    monkeypatch.setattr(wiring, "Experience", Watcher)
    chaos = Chaos()
    chaos.open(Desk(), Calls(), None)  # type: ignore[arg-type]
    ended = CallFinished("a", CallEnded(16, 0, EndedBy.CALLER), "", 0)
    request = {"do": "chaos", "dependency": "llm", "hang": True, "seconds": 0.05}
    asked = asyncio.create_task(chaos.answer(request, lambda told: None))
    await asyncio.sleep(0)
    chaos.take(ended)
    assert (await asked)["ended"] == 1
    chaos.take(ended)
    with pytest.raises(SoftswitchError):
        await chaos.answer({"do": "chaos", "dependency": "mqtt"}, lambda told: None)
    chaos.take(ended)
    assert [watcher.ended for watcher in watchers] == [1, 0]


@pytest.mark.parametrize(
    ("order", "why"),
    [
        ({"dependency": "llm"}, "say what is to go wrong"),
        ({"dependency": "mqtt"}, "has no broker"),
        ({"dependency": "moon"}, "this is no fault"),
        ({"dependency": "llm", "errors": 2}, "this is no fault"),
    ],
)
async def test_orders_that_make_no_sense_are_refused_with_a_sentence(order: Any, why: str) -> None:
    chaos = Chaos()
    chaos.open(Desk(), Calls(), None)  # type: ignore[arg-type]
    with pytest.raises(SoftswitchError, match=why):
        await chaos.answer(order, lambda told: None)


async def test_the_clock_jumps_for_a_while_and_comes_back() -> None:
    chaos, real = Chaos(), time.time
    chaos.open(Desk(), Calls(), None)  # type: ignore[arg-type]
    asked = asyncio.create_task(
        chaos.answer({"dependency": "clock", "jump": -3600, "seconds": 0.1}, lambda told: None)
    )
    await asyncio.sleep(0.03)
    assert time.time() == pytest.approx(real() - 3600, abs=1)
    await asked
    assert time.time == real
