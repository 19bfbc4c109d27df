"""One thought: a language model is asked, and each sentence of its answer given as soon as it may be spoken.

Tools are asked for by the model and run by whoever offers them; the model is then asked again with what they
gave, a bounded number of times.
"""

import contextlib
import json
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal, Protocol

from softswitch.answer.asking import Failed, Message, Piece, ToolCall, Usage
from softswitch.answer.guarding import Guards, speakable
from softswitch.answer.replying import Reply, ReplyReader
from softswitch.answer.sentences import Sentences

ROUNDS = 3
"""How often a model may ask for tools before it has to answer."""
MOST_RESULT = 2_000

Kind = Literal["answered", "unknown", "refused", "failed", "wanted"]
Ask = Callable[
    [Sequence[Message], Sequence[Mapping[str, Any]]], AsyncGenerator[Piece | ToolCall | Usage, None]
]


NOTHING, NO_USAGE = Reply(), Usage()


class Tools(Protocol):
    """The plan's actions and look-ups that a model may call."""

    @property
    def described(self) -> Sequence[Mapping[str, Any]]:
        """As the protocol has it: function, name, description, parameters by JSON schema."""
        ...

    def wanted(self, name: str, arguments: Mapping[str, Any]) -> Mapping[str, str] | None:
        """The arguments of what is to be done by others: the thought is over then; None for what is called.
        Raises ValueError like `call`.
        """
        ...

    def call(self, name: str, arguments: Mapping[str, Any]) -> Awaitable[Mapping[str, str]]:
        """What it gave. Raises ValueError for a name or arguments that are not allowed, with what is."""
        ...


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a thought came to. `spoken` are the words that were given out; `why` tells of what went wrong;
    `status` is asking.Kind of a failure, "malformed" too.
    """

    kind: Kind
    reply: Reply = NOTHING
    spoken: str = ""
    why: str = ""
    status: str = ""
    usage: Usage = NO_USAGE
    rounds: int = 1
    too_long: bool = False
    wanted: tuple[str, Mapping[str, str]] | None = None
    """The action that the caller wants, and its arguments as far as they are known."""


@dataclass
class Thought:
    """Iterate `sentences` once; then `outcome` tells what it came to. `reply` is what is known on the way."""

    ask: Ask
    guards: Guards
    tools: Tools | None = None
    plain: bool = False
    """Whether a reply that is no JSON object is spoken: for models that cannot write one."""
    outcome: Outcome = Outcome("failed", why="not thought yet")
    reply: Reply = NOTHING
    rounds: int = 1
    """How often the model was asked: beyond the first it had used tools."""
    _spoken: list[str] = field(default_factory=list)
    _usage: Usage = NO_USAGE

    async def sentences(self, messages: Sequence[Message]) -> AsyncGenerator[str, None]:
        told = list(messages)
        try:
            while True:
                calls: list[ToolCall] = []
                async with contextlib.aclosing(self._round(told, calls)) as sentences:
                    async for sentence in sentences:
                        self._spoken.append(sentence)
                        yield sentence
                if not calls or self.rounds > ROUNDS:
                    break
                if wanted := self._wanted(calls):
                    self.outcome = replace(self._told("wanted"), wanted=wanted)
                    return
                told += await self._run(calls)
                self.rounds += 1
            self.outcome = self._conclude()
        except Failed as failed:
            self.outcome = self._told("failed", str(failed), failed.kind)
        except _Refused as refused:
            outcome = self._told("refused", str(refused))
            self.outcome = replace(outcome, too_long=isinstance(refused, _TooLong))

    async def _round(self, messages: Sequence[Message], calls: list[ToolCall]) -> AsyncGenerator[str, None]:
        reader, splitter = ReplyReader(), Sentences()
        tools = self.tools.described if self.tools and self.rounds <= ROUNDS else ()
        async with contextlib.aclosing(self.ask(messages, tools)) as parts:
            async for part in parts:
                match part:
                    case Piece():
                        added = reader.feed(part.text)
                        self.reply = reader.reply
                        if added and self._may_speak(reader):
                            for sentence in self._allowed(splitter.feed(added)):
                                yield sentence
                    case ToolCall():
                        calls.append(part)
                    case Usage():
                        self._usage = _sum(self._usage, part)
        if not calls:
            if not reader.is_object and not self.plain:
                raise Failed("malformed", "the reply is no answer in the form that was asked for")
            if self._may_speak(reader):
                for sentence in self._allowed(splitter.finish()):
                    yield sentence

    def _may_speak(self, reader: ReplyReader) -> bool:
        return reader.reply.knows and (reader.is_object or self.plain)

    def _allowed(self, sentences: Sequence[str]) -> Iterator[str]:
        """Those that may be spoken. Raises _Refused at the first that may not."""
        for sentence in sentences:
            text = speakable(sentence)
            if not text:
                continue
            if why := self.guards.refuse(text):
                raise _Refused(why)
            words = sum(len(each.split()) for each in (*self._spoken, text))
            if words > self.guards.most_words and self._spoken:
                raise _TooLong(f"longer than {self.guards.most_words} words")
            yield text

    async def _run(self, calls: Sequence[ToolCall]) -> list[Message]:
        """What the model asked for, and what came of it, as the protocol wants it told."""
        asked = [
            {"id": call.id, "type": "function", "function": {"name": call.name, "arguments": call.arguments}}
            for call in calls
        ]
        told: list[Message] = [{"role": "assistant", "content": None, "tool_calls": asked}]
        for call in calls:
            given = json.dumps(await self._call(call), ensure_ascii=False)[:MOST_RESULT]
            told.append({"role": "tool", "tool_call_id": call.id, "content": given})
        return told

    async def _call(self, call: ToolCall) -> Mapping[str, str]:
        assert self.tools
        try:
            return await self.tools.call(call.name, _arguments(call))
        except ValueError as error:
            return {"error": str(error)}

    def _wanted(self, calls: Sequence[ToolCall]) -> tuple[str, Mapping[str, str]] | None:
        """The first that is no look-up; what is wrong with it the model hears by `_call`."""
        assert self.tools
        for call in calls:
            with contextlib.suppress(ValueError):
                if (arguments := self.tools.wanted(call.name, _arguments(call))) is not None:
                    return call.name, arguments
        return None

    def _conclude(self) -> Outcome:
        if not self.reply.knows:
            return self._told("unknown", "the model does not know")
        if not self._spoken:
            return self._told("failed", "the reply says nothing", "malformed")
        return self._told("answered")

    def _told(self, kind: Kind, why: str = "", status: str = "") -> Outcome:
        spoken = " ".join(self._spoken)
        return Outcome(kind, self.reply, spoken, why, status, self._usage, self.rounds)


def _arguments(call: ToolCall) -> dict[str, Any]:
    arguments = json.loads(call.arguments or "{}")
    if not isinstance(arguments, dict):
        raise ValueError("expected a JSON object")
    return arguments


class _Refused(Exception):
    """A guard stopped the answer."""


class _TooLong(_Refused):
    """What was said stands; only the rest is left out."""


def _sum(one: Usage, other: Usage) -> Usage:
    return Usage(one.prompt_tokens + other.prompt_tokens, one.completion_tokens + other.completion_tokens)
