"""What a session has thought up for its caller: each sentence goes to the mouth as it comes."""

import asyncio
import contextlib
import logging
from collections import deque
from collections.abc import Mapping

from softswitch.events import Say
from softswitch.ports import Thinker
from softswitch.session.speaking import Account, Speaker
from softswitch.thinking import Exchange, Think, Unanswered

log = logging.getLogger(__name__)
MOST_EXCHANGES = 30
"""What is remembered of a call for the thoughts in it; who thinks sums up the earlier ones."""


class Thinking:
    """Without a `thinker` nobody knows anything."""

    def __init__(self, speaker: Speaker, thinker: Thinker | None) -> None:
        self._speaker, self._thinker = speaker, thinker
        self._history: deque[Exchange] = deque(maxlen=MOST_EXCHANGES)
        self._work: asyncio.Task[Unanswered | None] | None = None
        self.how = ""
        """How the latest answer came about, see thinking.How; "" where nothing was thought."""

    def remember(self, heard: str, account: Account) -> None:
        """A turn is over."""
        if heard or account.heard:
            self._history.append(Exchange(heard, account.heard, account.heard != account.said))

    def begin(self, order: Think, context: Mapping[str, str]) -> None:
        """Answer this, and nothing else any more."""
        self.cancel()
        self._work = asyncio.create_task(self._say(order, dict(context)))

    def cancel(self) -> None:
        """Nobody listens any more."""
        self.how = ""
        if self._work:
            self._work.cancel()
            self._work = None

    def take(self) -> Unanswered | None:
        """That there is no answer, or no whole one, once that is known; to be had once."""
        if self._work is None or not self._work.done():
            return None
        missing, self._work = self._work.result(), None
        return missing

    async def _say(self, order: Think, context: Mapping[str, str]) -> Unanswered | None:
        missing = Unanswered(order.key, "failed")
        if self._thinker:
            try:
                thought = self._thinker.think(order, context, tuple(self._history))
                async with contextlib.aclosing(thought.sentences) as sentences:
                    async for sentence in sentences:
                        self.how = thought.how
                        self._speaker.think(
                            Say(sentence, static=False, rate=order.rate, language=order.language)
                        )
                why = thought.missing
                if not why:
                    self.how = thought.how
                    self._speaker.thought()
                    return None
                missing = Unanswered(order.key, why)
            except Exception as error:  # what callers ask belongs in no log
                log.error("while an answer was thought: %s", type(error).__name__)
        return missing
