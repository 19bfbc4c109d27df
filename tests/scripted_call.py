"""A session between a fake line and scripted answers, in virtual time: every frame is 20 ms."""

import asyncio
from dataclasses import dataclass, field, replace

from fakes import (
    LOOPS,
    QUIET,
    FakeEndpointer,
    FakeLine,
    FakeRecognizer,
    FakeTape,
    FakeVoice,
    ScriptedConversation,
    voiced,
)

from softswitch.events import Action, CallInfo, Heard, Input, Listen, Pressed, Say
from softswitch.news import SessionEvent, TurnFinished
from softswitch.ports import Actor, People, Thinker
from softswitch.session.parts import Parts
from softswitch.session.session import Session

GREETING = Say("one two three four five six seven eight nine ten")  # 1 s
ANSWER = Say("yes of course")  # 0.3 s


@dataclass
class Call:
    """A session between a fake line and scripted answers."""

    answers: list[tuple[Action, ...]]
    whole: frozenset[str] = frozenset()
    voice: FakeVoice = field(default_factory=FakeVoice)
    context: dict[str, str] = field(default_factory=dict)
    events: list[SessionEvent] = field(default_factory=list)
    people: People | None = None
    actor: Actor | None = None
    thinker: Thinker | None = None

    def __post_init__(self) -> None:
        self.line = FakeLine()
        self.plan = ScriptedConversation(self.answers, self.whole, context=self.context)
        self.recognizer, self.spanish = FakeRecognizer(), FakeRecognizer()
        self.fillers = 0
        self.speculations: list[str] = []
        ears = {"en": self.recognizer, "es": self.spanish}
        keep = frozenset({"colour"})
        self.tapes: list[FakeTape] = []
        tape = self._open_tape
        parts = Parts(
            ears,
            self.voice,
            FakeEndpointer,
            self.events.append,
            keep,
            self._filled,
            tape,
            people=self.people,
            music_file=lambda music: f"{music or 'own'}.pcm",
            actor=self.actor,
            thinker=self.thinker,
            speculated=self.speculations.append,
        )
        self.session = Session(self.line, self.plan, parts, "by day")

    def _open_tape(self, info: CallInfo) -> FakeTape:
        self.tapes.append(FakeTape())
        return self.tapes[-1]

    def _filled(self) -> None:
        self.fillers += 1

    @property
    def inputs(self) -> list[Input]:
        """What the dialplan was told, without what was heard of the answer."""
        told = self.plan.inputs
        bare = [replace(event, barged_in=False) if isinstance(event, Heard) else event for event in told]
        return [replace(e, answer_heard="") if isinstance(e, Heard | Pressed) else e for e in bare]

    async def frames(self, frame: bytes, count: int) -> None:
        for _ in range(count):
            self.line.clock()
            self.line.uplink.append(frame)
            self.session.tick()
            for _ in range(LOOPS):  # let decoding tasks run
                await asyncio.sleep(0)

    async def quiet(self, seconds: float) -> None:
        await self.frames(QUIET, round(seconds * 50))

    async def say(self, text: str, seconds_per_word: float = 0.3) -> None:
        for word in text.split():
            await self.frames(voiced(word), round(seconds_per_word * 50))

    def turns(self) -> list[TurnFinished]:
        return [event for event in self.events if isinstance(event, TurnFinished)]


async def greeted(*answers: tuple[Action, ...], whole: frozenset[str] = frozenset()) -> Call:
    """A call whose greeting has been heard."""
    call = Call([(GREETING, Listen()), *answers], whole)
    call.session.start()
    await call.quiet(1.1)
    return call
