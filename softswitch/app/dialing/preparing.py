"""What a dialplan will say first is synthesised while the call rings: who answers does not wait for it."""

import asyncio
import contextlib
from collections.abc import Iterable

from softswitch.events import Say
from softswitch.ports import Voice


class PreparedVoice:
    """Implements ports.Voice: that of the dialplan, with some texts spoken ahead, the first ones first."""

    def __init__(self, voice: Voice, says: Iterable[Say]) -> None:
        self._voice = voice
        loop = asyncio.get_running_loop()
        missing = (say for say in dict.fromkeys(says) if voice.get(say) is None)
        self._spoken: dict[Say, asyncio.Future[bytes]] = {say: loop.create_future() for say in missing}
        self._work = asyncio.create_task(self._speak())

    async def _speak(self) -> None:
        for say, spoken in self._spoken.items():
            with contextlib.suppress(Exception):  # then it is tried again when it is needed, and told
                spoken.set_result(await self._voice.speak(say))
            if not spoken.done():
                spoken.cancel()

    def get(self, say: Say) -> bytes | None:
        spoken = self._spoken.get(say)
        if spoken and spoken.done() and not spoken.cancelled():
            return spoken.result()
        return self._voice.get(say)

    async def speak(self, say: Say) -> bytes:
        spoken = self._spoken.get(say)
        if spoken and not spoken.cancelled():
            await asyncio.wait([spoken])
            if not spoken.cancelled():
                return spoken.result()
        return await self._voice.speak(say)

    def close(self) -> None:
        """Nobody needs what is not spoken yet."""
        self._work.cancel()
        for spoken in self._spoken.values():
            spoken.cancel()
