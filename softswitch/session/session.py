"""One call's conversation: what the caller does goes to the dialplan, its actions go to the caller.

Driven from outside: `tick()` every 20 ms, `on_event()` for what the far end does. Each event is emitted once,
for the record, the broker and the metrics. A turn is recorded when its answer was heard or interrupted, so
that the record says what the caller really heard; the state to go on from is recorded at once.
"""

import logging
import time
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from softswitch.events import (
    Action,
    BargeIn,
    CallAnswered,
    CallConfirmed,
    CallEnded,
    CallFinished,
    CallInfo,
    CallStarted,
    Cause,
    Do,
    DtmfReceived,
    EndedBy,
    Hangup,
    Heard,
    HoldChanged,
    Input,
    LegEvent,
    Listen,
    NoInput,
    Pressed,
    Say,
    SessionEvent,
    StateSaved,
    Transfer,
    TransferFailed,
    TransferProgress,
    TurnFinished,
)
from softswitch.ports import Conversation, Endpointer, Line, Recognizer, Tape, Voice
from softswitch.session.fillers import Fillers
from softswitch.session.inband import InbandKeys
from softswitch.session.listening import Ear, Timing
from softswitch.session.speaking import Speaker
from softswitch.session.taping import Taping

log = logging.getLogger(__name__)
END_MARGIN = 10
"""Ticks between the last frame played and a hang-up or transfer: what was said is still on its way."""
TRANSFER_LIMIT = 1500
"""Ticks (30 s) that a transfer may stay without a word."""
MASK = "****"
"""Recorded in the stead of what a caller said or pressed that nobody shall see."""


@dataclass(frozen=True)
class Parts:
    """What the sessions of one dialplan are made of; `app` wires the real ones.

    `recognizers` by language, the plan's first one first; `remembers` names the variables that are kept of a
    caller; `filled` is told of each filler that is said; `open_tape` begins to record a call.
    """

    recognizers: Mapping[str, Recognizer]
    voice: Voice
    new_endpointer: Callable[[], Endpointer]
    emit: Callable[[SessionEvent], None]
    remembers: frozenset[str] = frozenset()
    filled: Callable[[], None] = lambda: None
    open_tape: Callable[[CallInfo], Tape | None] = lambda info: None


@dataclass
class Turn:
    """The turn whose answer is being heard."""

    number: int
    step: str
    via: str
    heard: str = ""
    confidence: float = 0.0
    intent: str = ""
    at: float = 0.0
    stages_ms: dict[str, float] = field(default_factory=dict)
    path: tuple[str, ...] = ()
    language: str = ""

    def mask(self) -> None:
        self.heard = MASK if self.heard else ""


class Session:
    """`route` is the name of the plan's route that let the call in; `attestation` see CallStarted."""

    def __init__(
        self, line: Line, conversation: Conversation, parts: Parts, route: str = "", attestation: str = ""
    ) -> None:
        self._line = line
        self._conversation = conversation
        self._parts = parts
        self._route, self._attestation = route, attestation
        self._fillers = Fillers(int(line.info.call_id[:8], 16), parts.filled)
        self._speaker = Speaker(line, parts.voice, self._fillers)
        self._ear = Ear(parts.new_endpointer(), parts.recognizers, conversation.completes, self)
        self._taping = Taping(line, parts.open_tape)
        self._turn: Turn | None = None
        self._turns = 0
        self._listen: Listen | None = None
        self._to_arm = False
        """Whether the ear waits until the caller was told that he is recorded."""
        self._end: Transfer | Hangup | None = None
        self._since_end = 0
        self._transferring = False
        self._held = False
        self._confirmed = False
        self._inband: InbandKeys | None = None
        self._remembered: tuple[tuple[str, str], ...] = ()  # since it is saved once in each call, it lives on
        self.ended = False

    @property
    def call_id(self) -> str:
        return self._line.info.call_id

    @property
    def state(self) -> str:
        """RFC 4235's word for the dialog, or what we make of it."""
        if self._transferring:
            return "transferring"
        if self._held:
            return "held"
        return "confirmed" if self._confirmed else "trying"

    def resume_point(self) -> tuple[str, int]:
        """What `resume` needs: the conversation's state and the number of the next turn."""
        return self._conversation.dump(), self._turns + 1

    # --- the call's life ------------------------------------------------------------------------------

    def start(self) -> None:
        """A new call: the first words are in the ring before it is answered."""
        plan, info = self._conversation, self._line.info
        about = (self._route, self._attestation)
        self._emit(CallStarted(info, plan.plan, plan.version, info.started_at, *about))
        self._respond(Turn(1, plan.step, "start", at=time.time()), plan.start)
        self._line.answer()

    def take_over(self) -> None:
        """A call that we made and that was answered, all of which is told already."""
        self._confirmed = True
        plan = self._conversation
        self._respond(Turn(1, plan.step, "start", at=time.time()), plan.start)

    def resume(self, state: str, next_turn: int) -> None:
        """A call whose control died: go on at the step it was in."""
        self._turns, self._confirmed = next_turn - 1, True
        turn = Turn(next_turn, "", "resume", at=time.time())
        self._respond(turn, lambda: self._conversation.resume(state))
        turn.step = self._conversation.step  # known only now

    def tick(self) -> None:
        """Every 20 ms."""
        frames = self._line.read()
        if not self._taping.idle:
            self._taping.tick(frames, self._speaker.heard)
        if self.ended or self._held:
            return
        if self._listen and self._to_arm and not self._taping.waits:
            self._arm(self._listen)
        over = self._speaker.done
        deaf = not over and self._speaker.barge_in is BargeIn.OFF
        for frame in frames:
            if self._inband:
                for key in self._inband.feed(frame):
                    self._ear.key(key)
            self._ear.frame(frame, over, deaf)
        self._speaker.tick()
        if over and self._turn and self._speaker.done:
            self._record_turn()
        if self._end and self._speaker.done:
            self._approach_end(self._end)

    def on_event(self, event: LegEvent) -> None:
        match event:
            case CallConfirmed():
                self._confirmed = True
                self._inband = None if event.telephone_event else InbandKeys(self._line.clock_rate)
                self._emit(CallAnswered(self.call_id, event.codec, time.time()))
            case DtmfReceived():
                self._on_key(event.digit)
            case HoldChanged():
                self._held = event.held
            case TransferProgress():
                self._on_transfer(event)
            case CallEnded():
                self._finish(event)

    def _on_key(self, key: str) -> None:
        """A key that was signalled: whoever signals his keys need not be listened to for their tones."""
        inband, self._inband = self._inband, None
        if inband is None or not inband.heard(key):
            self._ear.key(key)

    def lose(self, reason: str) -> None:
        """The gateway died and the call with it."""
        ended = CallEnded(Cause.NETWORK_OUT_OF_ORDER, 0, EndedBy.FAILURE, reason=reason)
        self._finish(ended)

    def detach(self) -> None:
        """Let go of the call without ending it: somebody else takes it up."""
        self.ended = True
        self._taping.close()
        self._ear.disarm()

    def _finish(self, ended: CallEnded) -> None:
        if self.ended:
            return
        self.ended = True
        self._ear.disarm()
        self._record_turn()
        self._taping.close()
        self._speaker.stop()
        self._emit(CallFinished(self.call_id, ended, self._conversation.step, time.time()))

    # --- what the ear says ----------------------------------------------------------------------------

    def on_start_of_input(self, by_key: bool) -> None:
        if self._speaker.done:
            return
        if by_key:
            self._speaker.cut()
        elif self._speaker.barge_in is BargeIn.SPEECH:
            self._interrupt()

    def on_partial(self, text: str) -> None:
        if self._speaker.done or self._speaker.barge_in is not BargeIn.WORDS:
            return
        backchannel = self._listen.backchannel if self._listen else frozenset()
        if any(word not in backchannel for word in text.split()):
            self._interrupt()

    def _interrupt(self) -> None:
        self._speaker.stop()
        self._ear.interrupted = True

    def on_input(self, event: Heard | Pressed | NoInput, timing: Timing) -> None:
        if self._is_backchannel(event):
            self._ear.arm(self._listen or Listen())
            return
        turn = Turn(0, self._conversation.step, _via(event), at=time.time())
        turn.stages_ms = {"endpoint": timing.endpoint_ms, "recognize": timing.recognize_ms}
        answer_heard = self._speaker.account().heard
        if isinstance(event, Heard):
            turn.heard, turn.confidence = event.text, event.confidence
            event = replace(event, barged_in=self._ear.interrupted, answer_heard=answer_heard)
        elif isinstance(event, Pressed):
            turn.heard, turn.confidence = event.digits, 1.0
            event = replace(event, answer_heard=answer_heard)
        self._take(turn, event)

    def _is_backchannel(self, event: Input) -> bool:
        """'uh-huh' while a prompt goes on that only words may interrupt is no input."""
        if not isinstance(event, Heard) or self._speaker.done or not self._listen:
            return False
        return all(word in self._listen.backchannel for word in event.text.split())

    def _on_transfer(self, progress: TransferProgress) -> None:
        if self._transferring and progress.final and progress.status >= 300:
            self._fail_transfer(progress.status)

    def _fail_transfer(self, status: int) -> None:
        self._transferring = False
        turn = Turn(0, self._conversation.step, "transfer", heard=str(status), at=time.time())
        self._take(turn, TransferFailed(status))

    # --- turns ----------------------------------------------------------------------------------------

    def _take(self, turn: Turn, event: Input) -> None:
        self._record_turn()
        turn.number = self._turns + 1
        self._respond(turn, lambda: self._conversation.take(event))

    def _respond(self, turn: Turn, decide: Callable[[], tuple[Action, ...]]) -> None:
        """Have the dialplan decide, carry it out, and save where the conversation is."""
        began = time.perf_counter()
        actions = self._decide(turn, decide)
        decided = time.perf_counter()
        self._turn, self._turns = turn, turn.number
        self._carry_out(actions)
        stages = turn.stages_ms
        stages["interpret"] = (decided - began) * 1000
        stages["answer"] = (time.perf_counter() - decided) * 1000
        stages["total"] = sum(stages.values())
        self._save(tuple(action for action in actions if isinstance(action, Do)))

    def _decide(self, turn: Turn, decide: Callable[[], tuple[Action, ...]]) -> tuple[Action, ...]:
        plan = self._conversation
        try:
            actions = decide()
        except Exception as error:  # a bug must not be dead air, nor its message tell what was said
            where = "".join(traceback.format_tb(error.__traceback__))
            log.error("the dialplan failed in call %s: %s\n%s", self.call_id, type(error).__name__, where)
            turn.mask()
            return (Hangup(Cause.TEMPORARY_FAILURE),)
        turn.intent, turn.path, turn.language = plan.intent, plan.path, plan.language
        if plan.masked:
            turn.mask()
            self._taping.forget()
        return actions

    def _save(self, promised: tuple[Do, ...]) -> None:
        plan = self._conversation
        remembered = self._worth_remembering()
        news = tuple((name, value) for name, value in remembered if (name, value) not in self._remembered)
        self._remembered = remembered
        other = "called_number" if self._line.info.direction == "out" else "caller_number"
        caller = plan.context.get(other, "") if news else ""
        self._emit(StateSaved(self.call_id, plan.step, plan.dump(), time.time(), promised, news, caller))

    def _worth_remembering(self) -> tuple[tuple[str, str], ...]:
        context = self._conversation.context
        return tuple((name, context[name]) for name in sorted(self._parts.remembers) if name in context)

    def _carry_out(self, actions: tuple[Action, ...]) -> None:
        self._end, self._since_end, self._to_arm = None, 0, False
        self._taping.answer(actions)
        if listen := next((action for action in actions if isinstance(action, Listen)), None):
            self._fillers.use(listen)
        self._speaker.say([action for action in actions if isinstance(action, Say)])
        for action in actions:
            if isinstance(action, Listen):
                self._listen = action
                self._to_arm = self._taping.waits
                if not self._to_arm:
                    self._arm(action)
            elif isinstance(action, Transfer | Hangup):
                self._ear.disarm()
                self._end = action

    def _arm(self, listen: Listen) -> None:
        self._to_arm = False
        self._ear.arm(listen)

    def _approach_end(self, end: Transfer | Hangup) -> None:
        """Transfer or hang up once everything said has been heard."""
        self._since_end += 1
        if self._since_end == END_MARGIN:
            if isinstance(end, Transfer):
                self._transferring = True
                self._line.transfer(end.uri)
            else:
                self._line.hangup(end.cause)
        elif self._since_end > TRANSFER_LIMIT and self._transferring:
            self._fail_transfer(408)

    def _record_turn(self) -> None:
        turn, self._turn = self._turn, None
        if turn is None:
            return
        account = self._speaker.account()
        self._emit(
            TurnFinished(
                call_id=self.call_id,
                number=turn.number,
                step=turn.step,
                via=turn.via,
                heard=turn.heard,
                confidence=turn.confidence,
                intent=turn.intent,
                said=account.said,
                said_s=account.said_s,
                said_heard_s=account.heard_s,
                said_heard=account.heard,
                at=turn.at,
                stages_ms=turn.stages_ms,
                path=turn.path,
                language=turn.language,
            )
        )

    def _emit(self, event: SessionEvent) -> None:
        self._parts.emit(event)


def _via(event: Heard | Pressed | NoInput) -> str:
    return {Heard: "speech", Pressed: "dtmf", NoInput: "silence"}[type(event)]
