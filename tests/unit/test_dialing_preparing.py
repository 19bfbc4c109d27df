"""First words that are spoken ahead: heard at once when they are ready, and never twice."""

import asyncio
from dataclasses import dataclass, field

from softswitch.app.dialing.preparing import PreparedVoice
from softswitch.events import Say

STATIC, FIRST, SECOND = Say("Goodbye."), Say("Hello Kim.", static=False), Say("Hello Alex.", static=False)


@dataclass
class SlowVoice:
    """Speaks when a test lets it; or fails."""

    fails: bool = False
    spoken: list[str] = field(default_factory=list)
    go: asyncio.Event = field(default_factory=asyncio.Event)

    def get(self, say: Say) -> bytes | None:
        return b"static" if say.static else None

    async def speak(self, say: Say) -> bytes:
        self.spoken.append(say.text)
        await self.go.wait()
        if self.fails:
            raise RuntimeError
        return say.text.encode()


async def settle() -> None:
    for _ in range(10):
        await asyncio.sleep(0)


async def test_what_is_ready_is_there_at_once():
    voice = SlowVoice()
    prepared = PreparedVoice(voice, [STATIC, FIRST, SECOND, FIRST])
    voice.go.set()
    await settle()
    assert prepared.get(FIRST) == b"Hello Kim."
    assert prepared.get(STATIC) == b"static"
    assert voice.spoken == ["Hello Kim.", "Hello Alex."]


async def test_what_is_not_ready_is_waited_for_and_not_spoken_twice():
    voice = SlowVoice()
    prepared = PreparedVoice(voice, [FIRST])
    await settle()
    assert prepared.get(FIRST) is None
    speaking = asyncio.create_task(prepared.speak(FIRST))
    await settle()
    voice.go.set()
    assert await speaking == b"Hello Kim."
    assert voice.spoken == ["Hello Kim."]


async def test_what_was_not_foreseen_is_spoken_as_ever():
    voice = SlowVoice()
    voice.go.set()
    prepared = PreparedVoice(voice, [FIRST])
    assert prepared.get(SECOND) is None
    assert await prepared.speak(SECOND) == b"Hello Alex."


async def test_what_failed_is_tried_again():
    voice = SlowVoice(fails=True)
    voice.go.set()
    prepared = PreparedVoice(voice, [FIRST])
    await settle()
    assert prepared.get(FIRST) is None
    voice.fails = False
    assert await prepared.speak(FIRST) == b"Hello Kim."


async def test_nothing_more_is_spoken_for_a_call_that_is_over():
    voice = SlowVoice()
    prepared = PreparedVoice(voice, [FIRST, SECOND])
    await settle()
    prepared.close()
    voice.go.set()
    await settle()
    assert voice.spoken == ["Hello Kim."]
