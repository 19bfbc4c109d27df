"""A caller's wait for a person as his session sees it: his place, the music, and the talk itself.

Implements ports.Waiter for the distributor of callers. What it tells reaches the dialplan once the caller has
heard all that was said and says nothing himself, but for the end of a talk, which is told at once. Music that
plays as a talk begins is left to the gateway: it is silent, but for a person who puts the caller on hold.
"""

import logging
from collections.abc import Callable, Sequence
from typing import Protocol

from softswitch.events import Action, Listen
from softswitch.ports import Line, People
from softswitch.session.talk import Talk
from softswitch.waiting import Enqueue, LeaveQueue, PersonLeft, QueueOver, QueueTold

log = logging.getLogger(__name__)

News = QueueTold | QueueOver | PersonLeft


def recorded(news: News) -> tuple[str, str]:
    """Under which `via` a turn is recorded that it leads to, and what of it."""
    match news:
        case QueueTold():
            return "queue", str(news.position)
        case QueueOver():
            return "queue", news.why
        case PersonLeft():
            return "person", news.how


class Host(Protocol):
    """The session."""

    @property
    def has_heard_all(self) -> bool:
        """Whether nothing that was said is still to be heard."""
        ...

    @property
    def is_waiting(self) -> bool:
        """Whether the caller is at the question at which he waits, has heard all, and says nothing."""
        ...

    def on_news(self, news: News) -> None: ...

    def on_transfer_failed(self, status: int) -> None: ...

    def fall_silent(self) -> None:
        """The caller speaks with somebody else from here on."""
        ...

    def listen_on(self) -> None:
        """The caller waits again, or is asked again what he was asked."""
        ...


class Place:
    """Without `people` every queue is empty. `music_file` gives the raw PCM file for Listen.music."""

    def __init__(
        self, line: Line, people: People | None, music_file: Callable[[str], str], plan: str, host: Host
    ) -> None:
        self._line, self._people, self._music_file = line, people, music_file
        self._plan, self._host = plan, host
        self._waits = False
        self._news: News | None = None
        self._music: str | None = ""
        """What the gateway plays, None where that is not known."""
        self._refused = 0
        """The status of the REFER in the stead of which the distributor calls; 0: it does not."""
        self._talk: Talk | None = None

    # --- ports.Waiter -----------------------------------------------------------------------------------

    @property
    def call_id(self) -> str:
        return self._line.info.call_id

    @property
    def free(self) -> bool:
        if self._refused:
            return self._host.has_heard_all
        return self._waits and not self._talk and self._host.is_waiting

    def tell(self, news: News) -> None:
        if isinstance(news, PersonLeft) and self._talk:
            self._end_talk(news)
        elif isinstance(news, QueueOver) and self._refused:
            status, self._refused = self._refused, 0
            self.play(None)
            self._host.on_transfer_failed(status)
        elif self._waits and (self._news is None or isinstance(self._news, QueueTold)):
            self._news = news

    def put_through(self, other_call_id: str, agent: str) -> None:
        if not self._talk:
            self._host.fall_silent()
        self._begin(Talk(other_call_id, agent))
        self._line.bridge(other_call_id)

    def wait_on(self) -> None:
        if not self._talk:
            return
        self._hang_up_on_person()
        self._host.listen_on()

    # --- what the session does ----------------------------------------------------------------------------

    @property
    def talks(self) -> bool:
        """Whether the caller speaks with a person."""
        return self._talk is not None

    @property
    def plays(self) -> bool:
        """Whether he hears music while nothing is said."""
        return bool(self._music)

    def follow(self, actions: Sequence[Action]) -> None:
        """What of an answer is about the queue, and what plays after it."""
        listen = next((action for action in actions if isinstance(action, Listen)), None)
        self.play(listen.music if listen else None)
        for action in actions:
            if isinstance(action, Enqueue):
                self._enqueue(action)
            elif isinstance(action, LeaveQueue):
                self._leave(action)

    def _enqueue(self, order: Enqueue) -> None:
        self._waits, self._news = True, None
        if self._people:
            self._people.enqueue(self, self._line.info, self._plan, order)
        else:
            self.tell(QueueOver("empty"))

    def _leave(self, order: LeaveQueue) -> None:
        self._waits, self._news = False, None
        if self._people:
            self._people.leave(self.call_id, order)

    def call(self, uri: str, status: int) -> bool:
        """Whether somebody calls there, because a REFER was refused with that status."""
        if self._people is None:
            return False
        self._refused = status
        self.play("")
        self._people.transfer(self, uri)
        return True

    def gone(self) -> None:
        """The call is over."""
        known = self._waits or self._talk or self._refused
        self._waits, self._talk, self._refused, self._news = False, None, 0, None
        if known and self._people:
            self._people.gone(self.call_id)

    def play(self, music: str | None) -> None:
        """Listen.music: what is heard while nothing is said."""
        path = "" if music is None else self._music_file(music)
        if path != self._music:
            self._music = path
            self._line.music(path)

    def take_up(self, other_call_id: str, agent: str) -> None:
        """The gateway has bridged him to that call already, and may have kept the music."""
        self._waits, self._music = True, None
        self._begin(Talk(other_call_id, agent, bridged=True))

    def on_bridge(self, other_call_id: str) -> None:
        """With whom the caller is bridged now, "" with nobody."""
        if self._talk:
            self._talk.on_bridge(other_call_id)

    def tick(self) -> None:
        if self._talk:
            if self._talk.tick():
                self._lose(self._talk.agent)
        elif self._news and self.free:
            news, self._news = self._news, None
            self._waits = self._waits and isinstance(news, QueueTold)
            self._host.on_news(news)

    # --- the talk -------------------------------------------------------------------------------------------

    def _begin(self, talk: Talk) -> None:
        self._talk, self._news, self._refused = talk, None, 0

    def _lose(self, agent: str) -> None:
        log.warning("call %s has lost %s, and nobody says why", self.call_id, agent)
        self._end_talk(PersonLeft(agent, "lost"))

    def _end_talk(self, news: PersonLeft) -> None:
        self._waits = False
        self._hang_up_on_person()
        self._host.on_news(news)

    def _hang_up_on_person(self) -> None:
        """The gateway does not mind when the bridge is gone already."""
        self._talk = None
        self._line.unbridge()
