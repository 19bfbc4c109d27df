"""Asks a language model over the OpenAI-compatible protocol, streamed. The only importer of openai.

Nothing is retried here: whoever asks has a budget, and decides what is tried instead. Every wait is bounded:
for the first piece, between two pieces, and altogether.
"""

import asyncio
import contextlib
import logging
from collections.abc import AsyncGenerator, AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from softswitch.answer.replying import SCHEMA
from softswitch.errors import SoftswitchError

if TYPE_CHECKING:
    from openai import AsyncOpenAI

Kind = Literal["connect", "status", "timeout", "stalled", "cut", "malformed", "busy"]
Message = Mapping[str, Any]
"""Of the chat completions protocol: role and content, tool_calls, tool_call_id."""


class Failed(SoftswitchError):
    """The model gave no answer, or no whole one; `kind` says in which way."""

    def __init__(self, kind: Kind, told: str) -> None:
        super().__init__(told)
        self.kind: Kind = kind


@dataclass(frozen=True, slots=True)
class Model:
    """Where a model is, and how it is asked. Seconds; `key` is a secret. `structured` is what the server
    understands of response_format: most know json_schema, some json_object only.
    """

    name: str
    url: str
    model: str
    key: str = field(default="", repr=False)
    first_piece: float = 4.0
    between_pieces: float = 2.0
    timeout: float = 20.0
    most_tokens: int = 300
    temperature: float = 0.0
    structured: Literal["json_schema", "json_object", "none"] = "json_schema"
    extra: Mapping[str, Any] = field(default_factory=dict)
    embedding: "Embedding | None" = None


@dataclass(frozen=True, slots=True)
class Embedding:
    """A server's embedding model, at `url` with `key`. `patience` in seconds; `least` is the cosine from
    which on two questions are alike, `margin` by how much less alike all are that have another answer.
    """

    model: str
    url: str
    key: str = field(default="", repr=False)
    patience: float = 0.15
    least: float = 0.95
    margin: float = 0.03


@dataclass(frozen=True, slots=True)
class Piece:
    """Some text of the reply."""

    text: str


@dataclass(frozen=True, slots=True)
class ToolCall:
    """The model wants something done, or looked up; `arguments` is the JSON text that it wrote."""

    id: str
    name: str
    arguments: str


@dataclass(frozen=True, slots=True)
class Usage:
    """What the request took, as the server counts."""

    prompt_tokens: int = 0
    completion_tokens: int = 0


class Llm:
    """One model of one server. Connections are kept; `close` it at the end."""

    def __init__(self, model: Model) -> None:
        self.model = model
        self._client: AsyncOpenAI | None = None
        self._preparing = asyncio.Lock()

    async def close(self) -> None:
        if self._client is not None:
            await self._client.close()

    async def ask(
        self, messages: Sequence[Message], tools: Sequence[Mapping[str, Any]] = ()
    ) -> AsyncGenerator[Piece | ToolCall | Usage, None]:
        """The reply as it comes; Usage last, where the server tells it. Raises Failed."""
        await self.prepare()
        loop = asyncio.get_running_loop()
        end, calls, begun = loop.time() + self.model.timeout, _Calls(), False
        try:
            stream = await self._within(self._begin(messages, tools), self.model.first_piece, end)
            begun = True
            async with contextlib.aclosing(aiter(stream)) as chunks:
                async for chunk in self._bounded(chunks, end):
                    for choice in chunk.choices:
                        calls.add(choice.delta.tool_calls or ())
                        if choice.delta.content:
                            yield Piece(choice.delta.content)
                        calls.finished = calls.finished or choice.finish_reason is not None
                    if chunk.usage:
                        yield Usage(chunk.usage.prompt_tokens, chunk.usage.completion_tokens)
        except Failed:
            raise
        except Exception as error:
            raise self._failure(error, begun) from error
        if not calls.finished:
            raise Failed("cut", f"the reply of {self.model.name} ended in the middle")
        for call in calls.whole():
            yield call

    async def vectors(self, texts: Sequence[str], patience: float) -> list[list[float]]:
        """Of each text, by the embedding model, within `patience` seconds. Raises Failed."""
        try:
            async with asyncio.timeout(patience):
                told = await self._embed(list(texts))
                found = {each.index: [float(number) for number in each.embedding] for each in told.data}
                return [found[at] for at in range(len(texts))]
        except TimeoutError:
            raise Failed("timeout", f"{self.model.name} gave no vectors within {patience:g} s") from None
        except (LookupError, TypeError, AttributeError) as error:
            raise Failed("malformed", f"{self.model.name} gave what are no vectors") from error
        except Exception as error:
            raise self._failure(error, begun=False) from error

    async def _embed(self, texts: list[str]) -> Any:
        await self.prepare()
        embedding = self.model.embedding
        assert embedding
        assert self._client
        client = self._client.with_options(base_url=embedding.url, api_key=embedding.key or "none")
        # Not every compatible server knows the base64 that the client would ask for.
        return await client.embeddings.create(model=embedding.model, input=texts, encoding_format="float")

    async def _begin(self, messages: Sequence[Message], tools: Sequence[Mapping[str, Any]]) -> Any:
        model = self.model
        options: dict[str, Any] = {"tools": list(tools)} if tools else {}
        if model.structured == "json_schema":
            shape = {"name": "answer", "strict": True, "schema": SCHEMA}
            options["response_format"] = {"type": "json_schema", "json_schema": shape}
        elif model.structured == "json_object":
            options["response_format"] = {"type": "json_object"}
        assert self._client
        create: Any = self._client.chat.completions.create  # its overloads know no compatible server's models
        return await create(
            model=model.model,
            messages=list(messages),
            stream=True,
            stream_options={"include_usage": True},
            max_tokens=model.most_tokens,
            temperature=model.temperature,
            extra_body=dict(model.extra) or None,
            **options,
        )

    async def prepare(self) -> None:
        """Be ready to ask: importing the client takes half a second, in a thread, once."""
        async with self._preparing:  # of two clients one would never be closed
            if self._client is None:
                self._client = await asyncio.to_thread(_open, self.model)

    async def _bounded(self, chunks: AsyncIterator[Any], end: float) -> AsyncIterator[Any]:
        patience = self.model.first_piece
        while True:
            try:
                chunk = await self._within(anext(chunks), patience, end)
            except StopAsyncIteration:
                return
            patience = self.model.between_pieces
            yield chunk

    async def _within(self, waited_for: Any, patience: float, end: float) -> Any:
        left = end - asyncio.get_running_loop().time()
        try:
            return await asyncio.wait_for(waited_for, max(0.0, min(patience, left)))
        except TimeoutError:
            if left <= patience:
                told = f"{self.model.name} was not done within {self.model.timeout:g} s"
                raise Failed("timeout", told) from None
            raise Failed("stalled", f"{self.model.name} said nothing for {patience:g} s") from None

    def _failure(self, error: Exception, begun: bool) -> Failed:
        import openai

        name = self.model.name
        match error:
            case openai.APIStatusError():
                kind: Kind = "busy" if error.status_code in (429, 503) else "status"
                return Failed(kind, f"{name} answered {error.status_code}")
            case openai.APITimeoutError():
                return Failed("timeout", f"{name} was not done within {self.model.timeout:g} s")
            case openai.APIConnectionError() if not begun:
                return Failed("connect", f"{name} at {self.model.url} cannot be reached")
            case ValueError() | openai.APIResponseValidationError():
                return Failed("malformed", f"{name} answered what is no reply: {type(error).__name__}")
        return Failed("cut", f"the reply of {name} broke off: {type(error).__name__}")


def _open(model: Model) -> "AsyncOpenAI":
    from openai import AsyncOpenAI, DefaultAsyncHttpxClient

    for name in ("openai", "httpx2", "httpcore2"):  # they log what callers say
        logging.getLogger(name).setLevel(logging.WARNING)
    return AsyncOpenAI(
        base_url=model.url,
        api_key=model.key or "none",
        timeout=model.timeout,
        max_retries=0,
        # A proxy of the environment would be spoken to instead of the host that was configured.
        http_client=DefaultAsyncHttpxClient(trust_env=False, follow_redirects=False),
    )


class _Calls:
    """Tool calls come in pieces, by index."""

    def __init__(self) -> None:
        self.finished = False
        self._parts: dict[int, tuple[str, str, str]] = {}

    def add(self, deltas: Sequence[Any]) -> None:
        for delta in deltas:
            identity, name, arguments = self._parts.get(delta.index, ("", "", ""))
            function = delta.function
            self._parts[delta.index] = (
                identity or delta.id or "",
                name + ((function and function.name) or ""),
                arguments + ((function and function.arguments) or ""),
            )

    def whole(self) -> list[ToolCall]:
        return [ToolCall(*parts) for _, parts in sorted(self._parts.items()) if parts[1]]
