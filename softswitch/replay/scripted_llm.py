"""A server that speaks the chat completions protocol with scripted answers, latencies and faults, and embeds.

For tests and replays: what it says to a question is known beforehand, and how long it takes is drawn from a
log-normal distribution with spikes, from a seed. It can stall, break off in the middle, answer nonsense or
refuse, each by a share of the requests or by order. It listens to loopback only.
"""

import asyncio
import json
import math
import random
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from aiohttp import web

from softswitch.answer.replying import Scope
from softswitch.replay import embedding

Fault = Literal["stall", "cut", "malformed", "error", "slow"]
STALL_S = 30.0
PIECE = 8
"""Letters of a piece of the stream, about two tokens."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What is said to a question that `pattern` is found in, lower case; or the `tool` that is called."""

    pattern: str
    text: str
    scope: Scope = "plan"
    fields: tuple[str, ...] = ()
    knows: bool = True
    tool: str = ""
    arguments: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Moods:
    """Seconds. The first piece takes a log-normal time of this `median` and `sigma`, a share of `spikes`
    takes `spike` more; each further piece takes `pace`. `faults` are shares of requests. All is `speed`
    times as fast.
    """

    median: float = 0.4
    sigma: float = 0.5
    pace: float = 0.02
    spikes: float = 0.0
    spike: float = 3.0
    faults: Mapping[Fault, float] = field(default_factory=dict)
    speed: float = 1.0


NOT_KNOWN = Answer("", "I am afraid I do not know that.", "call", knows=False)


@dataclass
class ScriptedLlm:
    """`async with ScriptedLlm(...) as server:` and then ask `server.url`.

    `asked` holds the latest question of each request, `faults` what went wrong on purpose; `fault` and `wait`
    (seconds before each first piece) may be set meanwhile, to have every request from now on meet it.
    """

    answers: Sequence[Answer] = ()
    moods: Moods = Moods()
    seed: int = 1
    fault: Fault | None = None
    wait: float | None = None
    asked: list[str] = field(default_factory=list)
    requests: list[dict[str, Any]] = field(default_factory=list)
    faults: Counter[str] = field(default_factory=Counter)
    tokens: Counter[str] = field(default_factory=Counter)
    url: str = ""
    means: Mapping[str, str] = field(default_factory=dict)
    """Questions, lower case, that are embedded as if these words were asked."""
    embedded: list[str] = field(default_factory=list)
    """What was embedded, in the order in which it came."""
    embedding_fault: Literal["", "error", "malformed"] = ""
    embedding_wait: float = 0.0
    pausing: int = 0
    """Requests that wait on purpose just now."""

    async def __aenter__(self) -> "ScriptedLlm":
        self._chance = random.Random(self.seed)
        app = web.Application(client_max_size=1 << 20)
        app.router.add_post("/v1/chat/completions", self._complete)
        app.router.add_post("/v1/embeddings", self._embed)
        app.router.add_get("/v1/models", self._models)
        self._runner = web.AppRunner(app, shutdown_timeout=0.1, handler_cancellation=True)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        host, port = self._runner.addresses[0][:2]
        self.url = f"http://{host}:{port}/v1"
        return self

    async def __aexit__(self, *exc: object) -> None:
        await self._runner.cleanup()

    async def _models(self, request: web.Request) -> web.Response:
        return web.json_response({"object": "list", "data": [{"id": "scripted", "object": "model"}]})

    async def _embed(self, request: web.Request) -> web.Response:
        order = await request.json()
        texts = [order["input"]] if isinstance(order["input"], str) else order["input"]
        self.embedded += texts
        await self._pause(self.embedding_wait * self.moods.speed)
        if self.embedding_fault == "error":
            return web.json_response({"error": {"message": "no such model"}}, status=500)
        if self.embedding_fault == "malformed":
            return web.json_response({"object": "list", "data": [{"index": 0, "embedding": []}]})
        found = [embedding.vector(self.means.get(text.lower(), text)) for text in texts]
        data = [{"index": at, "object": "embedding", "embedding": each} for at, each in enumerate(found)]
        return web.json_response({"object": "list", "data": data, "usage": _NO_USAGE})

    async def _complete(self, request: web.Request) -> web.StreamResponse:
        order = await request.json()
        question = _question(order["messages"])
        self.asked.append(question)
        self.requests.append(order)
        fault = self.fault or self._draw_fault()
        if fault:
            self.faults[fault] += 1
        await self._pause(self._first_piece())
        if fault == "error":
            return web.json_response({"error": {"message": "the model is overloaded"}}, status=500)
        answer = self.choose(order["messages"])
        prompt = sum(len(str(message.get("content") or "")) for message in order["messages"]) // 4
        if not order.get("stream"):
            return web.json_response(_whole(reply_text(answer), prompt))
        return await self._stream(request, answer, fault, prompt)

    def choose(self, messages: Sequence[Mapping[str, Any]]) -> Answer:
        """What is said to all that was told."""
        return self.answer_to(_question(messages))

    def answer_to(self, question: str) -> Answer:
        text = question.lower()
        return next((each for each in self.answers if re.search(each.pattern, text)), NOT_KNOWN)

    async def _stream(
        self, request: web.Request, answer: Answer, fault: Fault | None, prompt: int
    ) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await response.prepare(request)
        text = "<html>502 Bad Gateway</html>" if fault == "malformed" else reply_text(answer)
        if answer.tool and fault != "malformed":
            await response.write(_event(_tool_delta(answer)))
            text = ""
        pieces = [text[at : at + PIECE] for at in range(0, len(text), PIECE)]
        for number, piece in enumerate(pieces):
            if fault in ("stall", "cut") and number == len(pieces) // 2:
                await self._pause(STALL_S if fault == "stall" else 0)
                assert request.transport
                request.transport.abort()
                return response
            await response.write(_event({"content": piece}))
            await self._pause(self.moods.pace)
        completion = len(text) // 4 + 1
        self.tokens.update(prompt=prompt, completion=completion)
        await response.write(_event({}, "tool_calls" if answer.tool else "stop"))
        await response.write(_usage(prompt, completion) + b"data: [DONE]\n\n")
        return response

    def _draw_fault(self) -> Fault | None:
        drawn = self._chance.random()
        for fault, share in self.moods.faults.items():
            if (drawn := drawn - share) < 0:
                return fault
        return None

    def _first_piece(self) -> float:
        if self.wait is not None:
            return self.wait * self.moods.speed
        took = self._chance.lognormvariate(math.log(self.moods.median), self.moods.sigma)
        return took + (self.moods.spike if self._chance.random() < self.moods.spikes else 0)

    async def _pause(self, seconds: float) -> None:
        self.pausing += 1
        try:
            await asyncio.sleep(seconds / self.moods.speed)
        finally:
            self.pausing -= 1


def _question(messages: Sequence[Mapping[str, Any]]) -> str:
    """The caller's latest words."""
    users = [str(message.get("content") or "") for message in messages if message.get("role") == "user"]
    return users[-1] if users else ""


def reply_text(answer: Answer) -> str:
    """What is streamed, PIECE letters at a time."""
    return json.dumps(
        {
            "depends_on": answer.scope,
            "fields": list(answer.fields),
            "knows": answer.knows,
            "answer": answer.text,
        }
    )


def _tool_delta(answer: Answer) -> dict[str, Any]:
    function = {"name": answer.tool, "arguments": json.dumps(dict(answer.arguments))}
    return {"tool_calls": [{"index": 0, "id": "call_1", "type": "function", "function": function}]}


def _event(delta: Mapping[str, Any], finish: str | None = None) -> bytes:
    choices = [{"index": 0, "delta": delta, "finish_reason": finish}]
    return _data({**_HEAD, "choices": choices})


def _usage(prompt: int, completion: int) -> bytes:
    return _data({**_HEAD, "choices": [], "usage": _counts(prompt, completion)})


def _whole(text: str, prompt: int) -> dict[str, Any]:
    message = {"role": "assistant", "content": text}
    choices = [{"index": 0, "message": message, "finish_reason": "stop"}]
    head = {**_HEAD, "object": "chat.completion"}
    return {**head, "choices": choices, "usage": _counts(prompt, len(text) // 4 + 1)}


def _counts(prompt: int, completion: int) -> dict[str, int]:
    return {
        "prompt_tokens": prompt,
        "completion_tokens": completion,
        "total_tokens": prompt + completion,
    }


_NO_USAGE = {"prompt_tokens": 0, "total_tokens": 0}
_HEAD = {"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1, "model": "scripted"}


def _data(payload: Mapping[str, Any]) -> bytes:
    return b"data: " + json.dumps(payload).encode() + b"\n\n"
