"""When a caller hears nothing though it is the node's turn, and when nothing can be said to him."""

from softswitch.events import Listen
from softswitch.ports import Line
from softswitch.session.awaiting import Awaiting
from softswitch.session.ending import Ending
from softswitch.session.listening import Ear
from softswitch.session.speaking import Speaker
from softswitch.session.waiting import Place


class Silence:
    """One call's. `listen` is told when the caller has done something himself."""

    def __init__(
        self, line: Line, speaker: Speaker, ear: Ear, awaiting: Awaiting, place: Place, ending: Ending
    ) -> None:
        self._line, self._speaker, self._ear = line, speaker, ear
        self._awaiting, self._place, self._ending = awaiting, place, ending
        self._told = False

    @property
    def is_owed_for(self) -> bool:
        """Whether the caller hears nothing at this moment though it is the node's turn."""
        elsewhere = self._place.talks or self._place.plays or self._ending.transferring
        if elsewhere or self._line.pending:
            return False
        return not self._speaker.done or self._awaiting.busy or self._ear.owes

    def listen(self) -> None:
        self._told = False

    def take(self, listen: Listen | None) -> bool:
        """Whether the dialplan has to know that the voice failed: once, until the caller does something, and
        not where the conversation ends or waits anyway.
        """
        if not self._speaker.failed or self._told or self._ending.is_near or (listen and listen.waiting):
            return False
        self._told = True
        return True
