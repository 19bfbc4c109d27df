"""A language model asked over the real protocol: streams, faults, bounds of every wait, hedges."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator

import pytest
from acting import Receiver
from stopwatch import Stopwatch

from softswitch.answer.asking import Failed, Llm, Model, Piece, ToolCall, Usage
from softswitch.answer.hedging import hedged
from softswitch.answer.replying import ReplyReader
from softswitch.replay.scripted_llm import Answer, Moods, ScriptedLlm

HOURS = Answer("open", "We open at nine. We close at six.")
QUICK = Moods(median=0.005, sigma=0.1, pace=0.0005)
ASK = [{"role": "user", "content": "When do you OPEN?"}]


@pytest.fixture
async def server() -> AsyncIterator[ScriptedLlm]:
    async with ScriptedLlm(
        [HOURS, Answer("order", "", tool="find_order", arguments={"number": "12"})], QUICK
    ) as it:
        yield it


@pytest.fixture
async def llm(server: ScriptedLlm) -> AsyncIterator[Llm]:
    llm = Llm(Model("main", server.url, "scripted", first_piece=0.5, between_pieces=0.3, timeout=2.0))
    yield llm
    await llm.close()


async def reply(llm: Llm) -> str:
    reader = ReplyReader()
    async for part in llm.ask(ASK):
        if isinstance(part, Piece):
            reader.feed(part.text)
    return reader.reply.text


async def test_a_reply_comes_in_pieces_with_what_it_took_at_the_end(llm: Llm, server: ScriptedLlm) -> None:
    parts = [part async for part in llm.ask(ASK)]
    reader = ReplyReader()
    for part in parts:
        if isinstance(part, Piece):
            reader.feed(part.text)
    assert (reader.reply.text, reader.reply.scope) == (HOURS.text, "plan")
    assert len([part for part in parts if isinstance(part, Piece)]) > 5
    usage = next(part for part in parts if isinstance(part, Usage))
    assert (usage.prompt_tokens, usage.completion_tokens) == (
        server.tokens["prompt"],
        server.tokens["completion"],
    )


async def test_the_shape_of_the_reply_is_asked_for(llm: Llm, server: ScriptedLlm) -> None:
    await reply(llm)
    schema = server.requests[0]["response_format"]["json_schema"]["schema"]
    assert list(schema["properties"]) == ["depends_on", "fields", "knows", "answer"]


async def test_a_tool_call_comes_whole(llm: Llm) -> None:
    ask = [{"role": "user", "content": "where is my order"}]
    tools = [{"type": "function", "function": {"name": "find_order", "parameters": {"type": "object"}}}]
    parts = [part async for part in llm.ask(ask, tools)]
    assert ToolCall("call_1", "find_order", '{"number": "12"}') in parts


@pytest.mark.parametrize(("fault", "kind"), [("error", "status"), ("stall", "stalled"), ("cut", "cut")])
async def test_each_fault_is_told_apart_and_soon(
    llm: Llm, server: ScriptedLlm, fault: str, kind: str
) -> None:
    await reply(llm)  # the client is there
    server.fault = fault  # type: ignore[assignment]
    watch = Stopwatch()
    with pytest.raises(Failed) as failed:
        await reply(llm)
    assert failed.value.kind == kind
    assert watch.own_s < 1.5


async def test_a_malformed_reply_is_no_reply_that_is_shared(llm: Llm, server: ScriptedLlm) -> None:
    server.fault = "malformed"
    reader = ReplyReader()
    async for part in llm.ask(ASK):
        if isinstance(part, Piece):
            reader.feed(part.text)
    assert not reader.is_object
    assert reader.reply.scope == "call"


async def test_a_server_that_says_nothing_is_given_up(llm: Llm, server: ScriptedLlm) -> None:
    await reply(llm)
    server.wait = 5.0
    with pytest.raises(Failed) as failed:
        await reply(llm)
    assert failed.value.kind == "stalled"


async def test_a_server_that_is_not_there_is_told_with_its_address() -> None:
    llm = Llm(Model("main", "http://127.0.0.1:9/v1", "x"))
    with pytest.raises(Failed, match=r"main at http://127\.0\.0\.1:9/v1 cannot be reached") as failed:
        await reply(llm)
    assert failed.value.kind == "connect"
    await llm.close()


async def test_a_server_cannot_send_on_who_asks() -> None:
    with Receiver() as there:
        there.answers = lambda path, n: (307, {"Location": "/elsewhere"}, b"")
        llm = Llm(Model("main", f"{there.url}/v1", "x", key="s3cret"))
        with pytest.raises(Failed, match="main answered 307") as failed:
            await reply(llm)
        await llm.close()
    assert failed.value.kind == "status"
    assert [each["path"] for each in there.requests] == ["/v1/chat/completions"]


async def test_a_proxy_of_the_environment_is_not_used(
    server: ScriptedLlm, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Receiver() as proxy:
        monkeypatch.setenv("http_proxy", proxy.url)
        llm = Llm(Model("main", server.url, "scripted"))
        assert await reply(llm) == HOURS.text
        await llm.close()
    assert proxy.requests == []


async def test_a_key_is_shown_nowhere() -> None:
    assert "s3cret" not in repr(Model("main", "http://127.0.0.1:9/v1", "x", key="s3cret"))


async def test_what_nobody_waits_for_any_more_is_given_up_at_the_server(
    llm: Llm, server: ScriptedLlm
) -> None:
    await reply(llm)
    server.moods = Moods(median=0.005, pace=0.05)
    stream = llm.ask(ASK)
    await anext(stream)
    await stream.aclose()
    await asyncio.sleep(0.3)
    assert server.tokens["completion"] < 40, "the second reply did not run to its end"


# --- hedging ----------------------------------------------------------------------------------------------


def streams(*delays: float) -> list[AsyncGenerator[str, None]]:
    async def stream(number: int, delay: float) -> AsyncGenerator[str, None]:
        if delay < 0:
            raise Failed("connect", f"number {number}")
        await asyncio.sleep(delay)
        yield f"{number} first"
        yield f"{number} second"

    return [stream(number, delay) for number, delay in enumerate(delays)]


async def took(*delays: float) -> tuple[list[str], int]:
    begun, hedges = iter(streams(*delays)), []
    values = [value async for value in hedged(lambda: next(begun), 0.05, lambda: hedges.append(1))]
    return values, len(hedges)


async def test_a_first_answer_in_time_needs_no_second_request() -> None:
    assert await took(0.0, 0.0) == (["0 first", "0 second"], 0)


async def test_a_late_first_one_is_overtaken() -> None:
    assert await took(5.0, 0.01) == (["1 first", "1 second"], 1)


async def test_a_late_first_one_may_still_win() -> None:
    assert await took(0.1, 5.0) == (["0 first", "0 second"], 1)


async def test_a_first_one_that_fails_is_hedged_at_once() -> None:
    assert await took(-1, 0.01) == (["1 first", "1 second"], 1)


async def test_when_both_fail_the_first_failure_is_told() -> None:
    with pytest.raises(Failed, match="number 0"):
        await took(-1, -1)
