"""The Protocols that a session needs. `app` wires the real parts; tests wire tests/fakes.py."""

from collections.abc import AsyncGenerator, Mapping, Sequence
from typing import Literal, Protocol

from softswitch.events import Acted, Action, Await, CallInfo, Cause, Hypothesis, Input, Recognition, Say
from softswitch.thinking import Exchange, How, Think, Wanted
from softswitch.waiting import Enqueue, LeaveQueue, PersonLeft, QueueOver, QueueTold


class Line(Protocol):
    """One call's leg as control sees it: audio both ways, and what can be done to the call.

    Positions are counts of frames of the node's `ptime` since the call began.
    """

    info: CallInfo
    clock_rate: int

    def read(self) -> Sequence[bytes]:
        """The frames that arrived since the last read, oldest first; never blocks."""
        ...

    def heard(self) -> Sequence[bytes]:
        """What the caller heard while each frame of the last `read` arrived; b"" where that was silence."""
        ...

    def play(self, pcm: bytes) -> int:
        """Append audio to what is played; the position at which it will have been heard.

        Raises BufferError when the ring (30 s or more) has no room for all of it.
        """
        ...

    def flush(self) -> int:
        """Drop what was not yet played, at once; the position that the caller has heard."""
        ...

    @property
    def played(self) -> int:
        """The position that the caller has heard."""
        ...

    @property
    def pending(self) -> int:
        """Frames written and not yet played."""
        ...

    def expect_more(self, more: bool) -> None:
        """While True, an empty ring counts as an underrun: a streamed prompt came too late."""
        ...

    def answer(self) -> None: ...

    def hangup(self, cause: Cause) -> None: ...

    def transfer(self, uri: str) -> None:
        """Blind transfer by REFER; TransferProgress events follow."""
        ...

    def music(self, path: str) -> None:
        """Play a raw PCM file in a circle whenever the ring is empty; "" ends it."""
        ...

    def bridge(self, other_call_id: str) -> None:
        """Have this far end and another call's hear each other; BridgeChanged follows on both."""
        ...

    def unbridge(self) -> None: ...


class Waiter(Protocol):
    """A caller who waits for a person: what the distributor of callers sees of his session."""

    @property
    def call_id(self) -> str: ...

    @property
    def free(self) -> bool:
        """Whether he has heard all that was said, and says nothing himself."""
        ...

    def tell(self, news: QueueTold | QueueOver | PersonLeft) -> None:
        """An input of the dialplan, which answers it. What comes while he is not `free` waits until he is,
        and of several QueueTold the last."""
        ...

    def put_through(self, other_call_id: str, agent: str) -> None:
        """Bridge him to that call, and listen to nothing until `PersonLeft` is told. Who speaks with somebody
        already is bridged to the next.
        """
        ...

    def wait_on(self) -> None:
        """The talk is over, and he waits again: for another person, in the queue that he was put into."""
        ...


class People(Protocol):
    """Where callers wait for a person."""

    def enqueue(self, waiter: Waiter, info: CallInfo, plan: str, order: Enqueue) -> None:
        """Never waits; QueueOver or put_through follow. A caller who waits already gets the new order."""
        ...

    def leave(self, call_id: str, order: LeaveQueue) -> None:
        """He waits no longer by his own choice."""
        ...

    def gone(self, call_id: str) -> None:
        """His call is over, whatever he was doing."""
        ...

    def transfer(self, waiter: Waiter, uri: str) -> None:
        """Where REFER was refused: call `uri` and bridge. PersonLeft at its end, or QueueOver("empty")."""
        ...


class Actor(Protocol):
    """Finds out what comes of actions while callers wait."""

    async def outcome(self, call_id: str, plan: str, awaited: Await) -> Acted:
        """Who waits cancels it when his time is over, which changes nothing about a promise."""
        ...


class Tape(Protocol):
    """A call's recording. Never waits and never fails: what cannot be written is told elsewhere."""

    def write(self, caller: bytes, node: bytes) -> None:
        """20 ms of both sides; b"" is silence."""
        ...

    def forget(self, frames: int) -> None:
        """Put silence over the last so many frames."""
        ...

    def close(self) -> None: ...


class RecognizerStream(Protocol):
    """One utterance's decoding. One call at a time may be in flight; `app` closes what it opened."""

    async def accept(self, pcm: bytes) -> str:
        """Decode some audio; the partial text so far."""
        ...

    async def finish(self) -> Recognition:
        """Flush the decoder (Vosk's FinalResult): what was said since the last finish."""
        ...

    def close(self) -> None: ...


class Recognizer(Protocol):
    def open(self, grammar: Sequence[str] | None) -> RecognizerStream: ...


class Voice(Protocol):
    """What callers of one dialplan hear, in each of its languages, as PCM at the node's clock rate."""

    def get(self, say: Say) -> bytes | None:
        """Static speech and recordings, which were rendered when the dialplan was loaded; immediate."""
        ...

    async def speak(self, say: Say) -> bytes:
        """Anything else, synthesised now; leading and trailing silence trimmed."""
        ...


class SpeechMark(Protocol):
    """What one frame meant for turn-taking. Times in seconds of audio."""

    started: bool  # speech was confirmed in this frame (RFC 6787 START-OF-INPUT)
    speaking: bool
    silence: float  # since the last voiced sample; meaningful after speech has started


class Endpointer(Protocol):
    """A voice-activity detector with its hang-over counted. Feed every frame, in order."""

    def feed(self, frame: bytes) -> SpeechMark: ...

    def reset(self) -> None:
        """Forget the utterance (not the noise level): the next speech is a new start."""
        ...


class Conversation(Protocol):
    """The dialplan of one call: inputs in, actions out. Holds its state; pure beneath."""

    plan: str
    version: str

    @property
    def step(self) -> str: ...

    @property
    def intent(self) -> str:
        """The intent that the last input was taken for; "" when none."""
        ...

    @property
    def path(self) -> tuple[str, ...]:
        """The steps that the last answer went through, the one it ended in last."""
        ...

    @property
    def language(self) -> str:
        """What is spoken now."""
        ...

    @property
    def masked(self) -> bool:
        """Whether the last input may hold something that nobody shall see."""
        ...

    @property
    def context(self) -> Mapping[str, str]:
        """What is known: variables and facts that are set, as canonical text."""
        ...

    def start(self) -> tuple[Action, ...]: ...

    def resume(self, state: str) -> tuple[Action, ...]:
        """Go on from a saved state: what has to be said and done to be in conversation again."""
        ...

    def restore(self, state: str) -> None:
        """Be where a saved state was, and say nothing: the caller speaks with a person."""
        ...

    def take(self, event: Input) -> tuple[Action, ...]: ...

    def preview(self, event: Input) -> tuple[Action, ...]:
        """What `take` would give, without taking it."""
        ...

    def completes(self, text: str, alternatives: Sequence[Hypothesis] = ()) -> bool:
        """Whether `text` is a whole interpretation in the present step, so that the turn is over."""
        ...

    def dump(self) -> str: ...


class Thought(Protocol):
    """An answer on its way. Iterate `sentences` to its end, or close it: then nobody thinks on."""

    @property
    def sentences(self) -> AsyncGenerator[str, None]: ...

    @property
    def how(self) -> How:
        """Known with the first sentence."""
        ...

    @property
    def missing(self) -> Literal["", "unknown", "failed", "broken"]:
        """Known after the last: "" where all of it was said."""
        ...

    @property
    def wanted(self) -> Wanted | None:
        """Known after the last: what is to be done in the stead of an answer."""
        ...


class Thinker(Protocol):
    """Answers beyond the dialplan's own words."""

    def think(self, order: Think, context: Mapping[str, str], history: Sequence[Exchange]) -> Thought:
        """Never fails, and begins at once. `context` without secrets; `history` oldest first."""
        ...
