"""What the gateway keeps of each call for the time without control, and for the control process to come.

The database knows better where conversations are, and is asked first; but it may be away just then. What is
kept is on disk too, in the database or the journal: no promise is taken for made that nobody knows of.
"""

import json
import logging
from collections.abc import Callable

from softswitch.app.calls import Calls
from softswitch.gateway import messages
from softswitch.news import StateSaved
from softswitch.sections.media import Survival

log = logging.getLogger(__name__)
LONGEST = 256 << 10
"""A conversation that takes more is known to the database alone."""


class Keeping:
    """`send` reaches the gateway; `survival` is what holds where a dialplan says nothing."""

    def __init__(self, calls: Calls, send: Callable[[messages.Message], None], survival: Survival) -> None:
        self._calls, self._send, self._survival = calls, send, survival

    def saved(self, event: StateSaved) -> None:
        """This is on disk."""
        found = self._calls.find(event.call_id)
        if found is None:
            return
        session, loaded = found
        _, next_turn = session.resume_point()
        standing = json.dumps([*loaded.key, event.step, event.state, next_turn])
        if len(standing) > LONGEST:
            log.warning("the conversation of call %s is too long to be kept", event.call_id)
            standing = ""
        alone, survival = loaded.plan.settings.ladder.control, self._survival
        human = loaded.plan.settings.human
        self._send(
            messages.Keep(
                event.call_id,
                standing,
                human if human and human != "human" else "",
                survival.transfer_after if alone.transfer_after is None else alone.transfer_after,
                survival.give_up_after if alone.give_up_after is None else alone.give_up_after,
            )
        )
