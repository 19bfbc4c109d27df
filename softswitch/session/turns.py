"""The turns of a call: the dialplan decides, its answer is given, and what came of it is told.

The state to go on from is told at once. A turn is told when its answer was heard or interrupted, so that the
record says what the caller really heard.
"""

import logging
import time
import traceback
from collections.abc import Callable

from softswitch.events import Action, Cause, Hangup
from softswitch.ports import Conversation, Line
from softswitch.session.giving import Giving
from softswitch.session.parts import Parts
from softswitch.session.saving import Saving
from softswitch.session.speaking import Speaker
from softswitch.session.taping import Taping
from softswitch.session.thinking import Thinking, exchange
from softswitch.session.turn import Turn
from softswitch.thinking import Exchange

log = logging.getLogger(__name__)
BUG = Hangup(Cause.TEMPORARY_FAILURE)
"""A bug must not be dead air: the call ends instead."""
Decide = Callable[[], tuple[Action, ...]]
"""Has the dialplan say what follows."""


class Turns:
    """One call's, one after the other."""

    def __init__(
        self,
        line: Line,
        conversation: Conversation,
        parts: Parts,
        speaker: Speaker,
        thinking: Thinking,
        taping: Taping,
        giving: Giving,
    ) -> None:
        self._call_id, self._emit = line.info.call_id, parts.emit
        self._conversation = conversation
        self._speaker, self._thinking, self._taping = speaker, thinking, taping
        self._saving = Saving(line.info, conversation, parts.remembers)
        self._giving = giving
        self._turn: Turn | None = None
        self.count = 0

    @property
    def latest(self) -> tuple[Exchange, ...]:
        """The turn that is not over yet, if there is one, as far as it was heard."""
        return exchange(self._turn.heard, self._speaker.answer.account()) if self._turn else ()

    def take(self, turn: Turn, decide: Decide) -> None:
        """A turn begins, and the one before is over."""
        self.end()
        self.count += 1
        turn.number = self.count
        began = time.perf_counter()
        actions = self._decide(turn, decide)
        decided = time.perf_counter()
        self._turn, turn.step = turn, turn.step or self._conversation.step
        self._give(actions)
        turn.took(interpret=decided - began, answer=time.perf_counter() - decided)
        self._emit(self._saving.of(actions))

    def end(self) -> None:
        """Nothing more is heard of the present answer."""
        turn, self._turn = self._turn, None
        if turn is None:
            return
        account = self._speaker.answer.account()
        self._thinking.remember(turn.heard, account)
        rung = self._thinking.rung or self._speaker.answer.rung
        self._emit(turn.finished(self._call_id, account, rung))

    def _decide(self, turn: Turn, decide: Decide) -> tuple[Action, ...]:
        plan = self._conversation
        try:
            actions = decide()
        except Exception as error:
            self._log(error, "the dialplan failed")
            turn.mask()
            return (BUG,)
        turn.intent, turn.path, turn.language = plan.intent, plan.path, plan.language
        if plan.masked:
            turn.mask()
            self._taping.forget()
        return actions

    def _give(self, actions: tuple[Action, ...]) -> None:
        try:
            self._giving.give(actions, self._conversation.context)
        except Exception as error:
            self._log(error, "an answer cannot be given")
            self._giving.give((BUG,), {})

    def _log(self, error: Exception, what: str) -> None:
        """Without the error's own words: they may tell what the caller has said."""
        where = "".join(traceback.format_tb(error.__traceback__))
        log.error("%s in call %s: %s\n%s", what, self._call_id, type(error).__name__, where)
