"""An answer of the dialplan, given: it is said, what it waits for is waited for, then the ear is armed or the
call ends. A new one ends whatever is left of the one before.
"""

from collections.abc import Mapping

from softswitch.events import Action, Await, Hangup, Listen, Say, Transfer
from softswitch.session.awaiting import Awaiting
from softswitch.session.ending import Ending
from softswitch.session.fillers import Fillers
from softswitch.session.listening import Ear
from softswitch.session.speaking import Speaker
from softswitch.session.taping import Taping
from softswitch.session.thinking import Thinking
from softswitch.session.waiting import Place
from softswitch.thinking import Think


class Giving:
    def __init__(
        self,
        speaker: Speaker,
        fillers: Fillers,
        ear: Ear,
        thinking: Thinking,
        taping: Taping,
        awaiting: Awaiting,
        place: Place,
        ending: Ending,
    ) -> None:
        self._speaker, self._fillers, self._ear = speaker, fillers, ear
        self._thinking, self._awaiting, self._taping = thinking, awaiting, taping
        self._place, self._ending = place, ending
        self.listen: Listen | None = None
        """What the caller was told to do last."""
        self._to_arm = False
        """Whether the ear is still to be armed for it."""

    def give(self, actions: tuple[Action, ...], context: Mapping[str, str]) -> None:
        """Begin: what is ready is in the ring when this returns. `context` is what thoughts may know."""
        self._to_arm = False
        self._awaiting.cancel()
        self._thinking.answer(actions, context)
        self._ending.approach(None)
        self._taping.answer(actions)
        if listen := next((action for action in actions if isinstance(action, Listen)), None):
            self._fillers.use(listen)
        self._speaker.say([action for action in actions if isinstance(action, Say | Think)])
        self._place.follow(actions)
        for action in actions:
            match action:
                case Listen():
                    self.listen, self._to_arm = action, True
                case Await():
                    self._await(action)
                case Transfer() | Hangup():
                    self._to_arm = False
                    self._ear.disarm()
                    self._ending.approach(action)

    def _await(self, action: Await) -> None:
        self.listen, self._to_arm = None, False
        self._ear.disarm()
        self._fillers.use(action)
        self._speaker.waits = True
        self._awaiting.begin(action)

    def arm_once_told(self) -> None:
        """Whether he is recorded is for the caller to know before he speaks. Keys that he has typed ahead are
        an input right here, so this is done last.
        """
        if self.listen and self._to_arm and not self._taping.waits:
            self._to_arm = False
            self._ear.arm(self.listen)

    def break_off(self) -> None:
        """Say nothing more, and wait for nothing."""
        self._speaker.stop()
        self._ear.disarm()
        self._awaiting.cancel()
        self._thinking.cancel()
