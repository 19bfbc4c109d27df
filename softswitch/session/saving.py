"""What of a turn is saved at once, so that the call can go on from there, and no promise of it is lost."""

import time
from collections.abc import Collection

from softswitch.events import Action, CallInfo, Do
from softswitch.news import StateSaved
from softswitch.ports import Conversation
from softswitch.waiting import Enqueue, LeaveQueue


class Saving:
    """`remembers` names the variables that are kept of a caller."""

    def __init__(self, info: CallInfo, conversation: Conversation, remembers: Collection[str]) -> None:
        self._info, self._conversation, self._names = info, conversation, sorted(remembers)
        self._remembered: tuple[tuple[str, str], ...] = ()
        """Of this call. Saved once in each call, it lives on."""

    def of(self, actions: tuple[Action, ...]) -> StateSaved:
        """After a turn that led to these actions."""
        plan = self._conversation
        known = plan.context
        remembered = tuple((name, known[name]) for name in self._names if name in known)
        news = tuple(each for each in remembered if each not in self._remembered)
        self._remembered = remembered
        other = "called_number" if self._info.direction == "out" else "caller_number"
        return StateSaved(
            self._info.call_id,
            plan.step,
            plan.dump(),
            time.time(),
            tuple(action for action in actions if isinstance(action, Do)),
            news,
            known.get(other, "") if news else "",
            next((action for action in actions if isinstance(action, Enqueue)), None),
            next((action for action in actions if isinstance(action, LeaveQueue)), None),
        )
