"""Stand-ins for a session's ports, on virtual time: a frame is 20 ms, whatever the clock says."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from softswitch.events import Action, CallInfo, Cause, Heard, Hypothesis, Input, Recognition, Say
from softswitch.ports import Waiter
from softswitch.waiting import Enqueue, LeaveQueue

FRAME_BYTES = 320
LOOPS = 4
"""Turns of the event loop that a test gives to tasks in every frame."""
INFO = CallInfo(
    "c" * 32, "sip-id", "sip:caller@example.org", "sip:desk@example.org", "192.0.2.1:5060", 1000.0
)
QUIET = bytes(FRAME_BYTES)
UNINTELLIGIBLE = b"\0" + b"\1" * (FRAME_BYTES - 1)


def voiced(word: str) -> bytes:
    """A frame in which the caller says `word`: the fake ear reads it back."""
    return word.encode().ljust(FRAME_BYTES, b"\0")


@dataclass
class FakeLine:
    """Plays one frame per tick, as the gateway does."""

    info: CallInfo = INFO
    clock_rate: int = 8000
    telephone_event: bool = True
    ring_frames: int = 1600
    audio: bytes = b""  # all that was ever played into it
    uplink: list[bytes] = field(default_factory=list)
    heard_frames: list[bytes] = field(default_factory=list)
    _played_since: list[bytes] = field(default_factory=list)
    played: int = 0
    pending: int = 0
    answered: bool = False
    hung_up: Cause | None = None
    transferred: str | None = None
    music_file: str = ""
    pieces: list[str] = field(default_factory=list)
    bridged: str = ""
    bridges: list[str] = field(default_factory=list)
    """All that was asked for, "" for the end of one."""
    expecting: bool = False
    kept: str = ""

    def read(self) -> Sequence[bytes]:
        frames, self.uplink = self.uplink, []
        self.heard_frames, self._played_since = self._played_since, []
        return frames

    def heard(self) -> Sequence[bytes]:
        return self.heard_frames

    def play(self, pcm: bytes) -> int:
        frames = -(-len(pcm) // FRAME_BYTES)
        if self.pending + frames > self.ring_frames:
            raise BufferError
        self.pending += frames
        self.audio += pcm
        return self.played + self.pending

    def flush(self) -> int:
        self.pending = 0
        return self.played

    def expect_more(self, more: bool) -> None:
        self.expecting = more

    def answer(self) -> None:
        self.answered = True

    def hangup(self, cause: Cause) -> None:
        self.hung_up = cause

    def transfer(self, uri: str) -> None:
        self.transferred = uri

    def music(self, path: str) -> None:
        self.music_file = path
        self.pieces.append(path)

    def bridge(self, other_call_id: str) -> None:
        self.bridged = other_call_id
        self.bridges.append(other_call_id)

    def unbridge(self) -> None:
        self.bridged = ""
        self.bridges.append("")

    def clock(self) -> None:
        """20 ms pass at the gateway."""
        at = len(self.audio) - self.pending * FRAME_BYTES
        self._played_since.append(self.audio[at : at + FRAME_BYTES])
        if self.pending:
            self.pending -= 1
            self.played += 1


@dataclass
class FakePeople:
    """Remembers what it was told, and by whom."""

    told: list[tuple[str, object]] = field(default_factory=list)
    waiter: Waiter | None = None

    def enqueue(self, waiter: Waiter, info: CallInfo, plan: str, order: Enqueue) -> None:
        self.waiter = waiter
        self.told.append(("enqueue", order))

    def leave(self, call_id: str, order: LeaveQueue) -> None:
        self.told.append(("leave", order))

    def gone(self, call_id: str) -> None:
        self.told.append(("gone", call_id))

    def transfer(self, waiter: Waiter, uri: str) -> None:
        self.waiter = waiter
        self.told.append(("transfer", uri))


@dataclass
class FakeTape:
    """Both sides of what was recorded, frame by frame."""

    caller: list[bytes] = field(default_factory=list)
    node: list[bytes] = field(default_factory=list)
    closed: bool = False

    def write(self, caller: bytes, node: bytes) -> None:
        assert not self.closed
        self.caller.append(caller)
        self.node.append(node)

    def forget(self, frames: int) -> None:
        for side in (self.caller, self.node):
            side[len(side) - frames :] = [b""] * frames

    def close(self) -> None:
        self.closed = True

    def heard(self) -> list[str]:
        """The words that the caller said, each once for as long as it lasts."""
        words = [frame.rstrip(b"\0").decode() for frame in self.caller]
        return [word for word, before in zip(words, ["", *words], strict=False) if word and word != before]

    def said_s(self) -> float:
        """Seconds in which the node spoke."""
        return sum(any(frame) for frame in self.node) * 0.02


@dataclass
class FakeVoice:
    """100 ms of audio per word. Every text is ready but `missing` ones, which take `late` ticks to speak."""

    missing: Sequence[str] = ()
    late: int = 0
    said: list[Say] = field(default_factory=list)

    def get(self, say: Say) -> bytes | None:
        self.said.append(say)
        return None if say.text in self.missing else audio_of(say.text)

    async def speak(self, say: Say) -> bytes:
        for _ in range(self.late * LOOPS):
            await asyncio.sleep(0)
        return audio_of(say.text)


def audio_of(text: str) -> bytes:
    return b"\1" * (FRAME_BYTES * 5 * len(text.split()))


@dataclass
class FakeMark:
    started: bool
    speaking: bool
    silence: float


class FakeEndpointer:
    """Speech is any frame that is not all zero; three of them confirm it."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        self._voiced, self._quiet, self._speaking = 0, 0, False

    def feed(self, frame: bytes) -> FakeMark:
        if frame != QUIET:
            self._voiced, self._quiet = self._voiced + 1, 0
        else:
            self._quiet += 1
        started = not self._speaking and self._voiced == 3
        self._speaking = self._speaking or started
        return FakeMark(started, self._quiet == 0, self._quiet * 0.02)


class FakeStream:
    """Hears the words that `voiced` put into the frames, each once for as long as it lasts."""

    alternatives: tuple[Hypothesis, ...] = ()

    def __init__(self) -> None:
        self.words: list[str] = []
        self.closed = False

    async def accept(self, pcm: bytes) -> str:
        for at in range(0, len(pcm), FRAME_BYTES):
            frame = pcm[at : at + FRAME_BYTES]
            word = "" if frame == UNINTELLIGIBLE else frame.rstrip(b"\0").decode()
            if word and (not self.words or self.words[-1] != word):
                self.words.append(word)
        return " ".join(self.words)

    async def finish(self) -> Recognition:
        text, self.words = " ".join(self.words), []
        return Recognition(text, 0.9 if text else 0.0, self.alternatives if text else ())

    def close(self) -> None:
        self.closed = True


class FakeRecognizer:
    def __init__(self) -> None:
        self.streams: list[FakeStream] = []

    def open(self, grammar: Sequence[str] | None) -> FakeStream:
        self.streams.append(FakeStream())
        return self.streams[-1]


@dataclass
class ScriptedConversation:
    """Answers each input with the next prepared actions, and remembers the inputs."""

    answers: list[tuple[Action, ...]]
    whole: frozenset[str] = frozenset()
    plan: str = "scripted"
    version: str = "1"
    step: str = "only"
    intent: str = ""
    path: tuple[str, ...] = ("only",)
    language: str = "en"
    masked: bool = False
    context: Mapping[str, str] = field(default_factory=dict)
    inputs: list[Input] = field(default_factory=list)
    restored: str = ""

    def start(self) -> tuple[Action, ...]:
        return self.answers.pop(0)

    def resume(self, state: str) -> tuple[Action, ...]:
        self.inputs.append(Heard(f"resumed {state}", 1.0))
        return self.answers.pop(0)

    def restore(self, state: str) -> None:
        self.restored = state

    def preview(self, event: Input) -> tuple[Action, ...]:
        return self.answers[0] if self.answers else ()

    def take(self, event: Input) -> tuple[Action, ...]:
        self.inputs.append(event)
        return self.answers.pop(0)

    def completes(self, text: str, alternatives: Sequence[Hypothesis] = ()) -> bool:
        return text in self.whole

    def dump(self) -> str:
        return "{}"
