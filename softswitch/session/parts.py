"""What sessions are made of."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from softswitch import ports
from softswitch.events import CallInfo
from softswitch.news import SessionEvent
from softswitch.ports import Endpointer, Recognizer, Tape, Voice
from softswitch.session.patience import Patience


@dataclass(frozen=True)
class Parts:
    """What the sessions of one dialplan are made of; `app` wires the real ones.

    `recognizers` by language, the plan's first one first; `remembers` names the variables that are kept of a
    caller; `filled` is told of each filler that is said; `open_tape` begins to record a call. Without
    `people` nobody is there to wait for; `music_file` gives the raw PCM file of a Listen's music, or "".
    """

    recognizers: Mapping[str, Recognizer]
    voice: Voice
    new_endpointer: Callable[[], Endpointer]
    emit: Callable[[SessionEvent], None]
    remembers: frozenset[str] = frozenset()
    filled: Callable[[], None] = lambda: None
    open_tape: Callable[[CallInfo], Tape | None] = lambda info: None
    people: ports.People | None = None
    music_file: Callable[[str], str] = lambda music: ""
    actor: ports.Actor | None = None
    thinker: ports.Thinker | None = None
    patience: Patience = field(default_factory=Patience)
    speculated: Callable[[str], None] = lambda result: None
