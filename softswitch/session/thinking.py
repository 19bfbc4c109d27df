"""What a session has thought up for its caller: each sentence goes to the mouth as it comes."""

import asyncio
import contextlib
import logging
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Literal

from softswitch.events import Action, Say
from softswitch.ports import Thinker, Thought
from softswitch.session.ahead import Ahead
from softswitch.session.answer import Account
from softswitch.session.patience import Patience
from softswitch.session.speaking import Speaker
from softswitch.thinking import Exchange, How, Rung, Think, Unanswered, Wanted

log = logging.getLogger(__name__)
MOST_EXCHANGES = 30
"""What is remembered of a call for the thoughts in it; who thinks sums up the earlier ones."""


def exchange(heard: str, account: Account) -> tuple[Exchange, ...]:
    """What a turn was, for the thoughts after it; nothing, where nothing was said."""
    if not heard and not account.heard:
        return ()
    return (Exchange(heard, account.heard, account.heard != account.said),)


def _think_of(actions: Sequence[Action]) -> Think | None:
    return next((action for action in actions if isinstance(action, Think)), None)


class Thinking:
    """Without a `thinker` nobody knows anything."""

    def __init__(
        self,
        speaker: Speaker,
        thinker: Thinker | None,
        speculated: Callable[[Literal["used", "wrong"]], None] = lambda result: None,
        patience: float = Patience.answer,
    ) -> None:
        """`speculated` is told what became of each thought ahead."""
        self._speaker, self._thinker, self._speculated = speaker, thinker, speculated
        self._patience = patience
        self._ahead: Ahead | None = None
        self._history: deque[Exchange] = deque(maxlen=MOST_EXCHANGES)
        self._work: asyncio.Task[Unanswered | Wanted | None] | None = None
        self.how: How | Literal[""] = ""
        """How the latest answer came about; "" where nothing was thought."""
        self._missing = False

    def remember(self, heard: str, account: Account) -> None:
        """A turn is over."""
        self._history.extend(exchange(heard, account))

    def expect(
        self,
        preview: Callable[[], Sequence[Action]],
        context: Mapping[str, str],
        latest: tuple[Exchange, ...],
    ) -> None:
        """The caller has likely finished: what would be thought then is thought already. `latest` is the turn
        that is not over yet, if there is one.
        """
        try:
            order = _think_of(preview()) if self._thinker else None
        except Exception as error:  # it will be raised anew, where it is told
            log.debug("nothing is thought ahead: %s", type(error).__name__)
            order = None
        if order and self._thinker and not (self._ahead and self._ahead.answers(order)):
            self._drop_ahead()
            history = (*self._history, *latest)
            self._ahead = Ahead(order, self._thinker.think(order, dict(context), history))

    def answer(self, actions: Sequence[Action], context: Mapping[str, str]) -> None:
        """Answer what these ask for, and nothing else any more."""
        order, ahead = _think_of(actions), None
        if order and self._ahead and self._ahead.answers(order):
            ahead, self._ahead = self._ahead, None
            self._speculated("used")
        self.cancel()
        self.how, self._missing = "", False
        if order:
            self._work = asyncio.create_task(self._say(order, dict(context), ahead))

    def cancel(self) -> None:
        """Nobody listens any more; how the latest answer came about is still known."""
        self._drop_ahead()
        if self._work:
            self._work.cancel()
            self._work = None

    @property
    def rung(self) -> Rung | Literal[""]:
        """The same, with the answers that there were not."""
        return "unanswered" if self._missing else self.how

    def take(self) -> Unanswered | Wanted | None:
        """That there is no answer, or no whole one, or what is wanted instead, once that is known; to be had
        once.
        """
        if self._work is None or not self._work.done():
            return None
        missing, self._work = self._work.result(), None
        self._missing = isinstance(missing, Unanswered)
        return missing

    def _drop_ahead(self) -> None:
        """What was thought ahead was wrong."""
        if self._ahead:
            self._ahead.close()
            self._ahead = None
            self._speculated("wrong")

    async def _say(
        self, order: Think, context: Mapping[str, str], ahead: Ahead | None
    ) -> Unanswered | Wanted | None:
        """What is missing of the answer in the end, or wanted instead of it."""
        if self._thinker:
            try:
                thought = ahead or self._thinker.think(order, context, tuple(self._history))
                await self._speak(order, thought)
                return self._settle(order, thought)
            except TimeoutError:
                log.warning("no answer within %g s", self._patience)
            except Exception as error:  # what callers ask belongs in no log
                log.error("while an answer was thought: %s", type(error).__name__)
        return Unanswered(order.key, "failed")

    async def _speak(self, order: Think, thought: Thought) -> None:
        """Each sentence as it comes. TimeoutError: the first is late. Of the others who thinks takes care."""
        async with (
            asyncio.timeout(self._patience) as patience,
            contextlib.aclosing(thought.sentences) as sentences,
        ):
            async for sentence in sentences:
                patience.reschedule(None)
                self.how = thought.how
                self._speaker.think(Say(sentence, static=False, rate=order.rate, language=order.language))

    def _settle(self, order: Think, thought: Thought) -> Unanswered | Wanted | None:
        """All of it was said that will be."""
        if wanted := thought.wanted:
            return replace(wanted, key=order.key)
        if why := thought.missing:
            return Unanswered(order.key, why)
        self.how = thought.how
        self._speaker.thought()
        return None
