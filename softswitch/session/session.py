"""One call's conversation: what the caller does goes to the dialplan, its actions go to the caller.

Driven from outside: `tick()` every 20 ms, `on_event()` for what the far end does. Each event is emitted once,
for the record, the broker and the metrics. A turn is recorded when its answer was heard or interrupted, so
that the record says what the caller really heard; the state to go on from is recorded at once.
"""

import logging
import time
import traceback
from collections.abc import Callable
from dataclasses import replace

from softswitch.events import (
    Action,
    Await,
    BargeIn,
    BridgeChanged,
    CallConfirmed,
    CallEnded,
    Cause,
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
    Transfer,
    TransferFailed,
    TransferProgress,
    Unspoken,
)
from softswitch.news import CallAnswered, CallFinished, CallStarted
from softswitch.ports import Conversation, Line, Waiter
from softswitch.session.awaiting import Awaiting
from softswitch.session.ending import Ending
from softswitch.session.fillers import Fillers
from softswitch.session.inband import InbandKeys
from softswitch.session.listening import Ear, Timing
from softswitch.session.parts import Parts
from softswitch.session.saving import Saving
from softswitch.session.silence import Silence
from softswitch.session.speaking import Speaker
from softswitch.session.taping import Taping
from softswitch.session.thinking import Thinking, exchange
from softswitch.session.turn import Turn, via_of
from softswitch.session.waiting import News, Place, recorded
from softswitch.thinking import Think, Unanswered

log = logging.getLogger(__name__)


class Session:
    """`route` is the name of the plan's route that let the call in; `attestation` see CallStarted."""

    def __init__(
        self, line: Line, conversation: Conversation, parts: Parts, route: str = "", attestation: str = ""
    ) -> None:
        self._line = line
        self._conversation = conversation
        self._parts, self._emit = parts, parts.emit
        self._route, self._attestation = route, attestation
        self._fillers = Fillers(int(line.info.call_id[:8], 16), parts.filled)
        self._speaker = Speaker(line, parts.voice, self._fillers, parts.patience.voice)
        self._ear = Ear(
            parts.new_endpointer(), parts.recognizers, conversation.completes, self, parts.patience.ear
        )
        self._taping = Taping(line, parts.open_tape)
        self._awaiting = Awaiting(line.info.call_id, conversation.plan, parts.actor)
        self._thinking = Thinking(self._speaker, parts.thinker, parts.speculated, parts.patience.answer)
        self._place = Place(line, parts.people, parts.music_file, conversation.plan, self)
        self._saving = Saving(line.info, conversation, parts.remembers)
        self._turn: Turn | None = None
        self._turns = 0
        self._listen: Listen | None = None
        self._to_arm = False
        """Whether the ear waits until the caller was told that he is recorded."""
        self._ending = Ending(line, self._place.call, self.on_transfer_failed)
        around = self._speaker, self._ear, self._awaiting, self._place, self._ending
        self._silence = Silence(line, *around)
        self._held = False
        self._confirmed = False
        self._inband: InbandKeys | None = None
        self.ended = False

    @property
    def call_id(self) -> str:
        return self._line.info.call_id

    @property
    def state(self) -> str:
        """RFC 4235's word for the dialog, or what we make of it."""
        if self._ending.transferring:
            return "transferring"
        if self._held:
            return "held"
        return "confirmed" if self._confirmed else "trying"

    @property
    def owes_sound(self) -> bool:
        """Whether the caller hears nothing at this moment though it is the node's turn."""
        return self._confirmed and not (self.ended or self._held) and self._silence.is_owed_for

    def resume_point(self) -> tuple[str, int]:
        """What `resume` needs: the conversation's state and the number of the next turn."""
        return self._conversation.dump(), self._turns + 1

    # --- the call's life ------------------------------------------------------------------------------

    def start(self, down: str = "") -> None:
        """A new call: the first words are in the ring before it is answered. `down` is why it does not begin
        where its calls always do.
        """
        plan, info = self._conversation, self._line.info
        about = (self._route, self._attestation)
        self._emit(CallStarted(info, plan.plan, plan.version, info.started_at, *about))
        turn = Turn(1, plan.step, "ladder" if down else "start", heard=down, at=time.time())
        self._respond(turn, plan.start)
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

    def take_up_bridged(self, state: str, next_turn: int, other_call_id: str, agent: str) -> None:
        """A call whose control died while the caller spoke with a person, as he does still."""
        self._turns, self._confirmed = next_turn - 1, True
        self._conversation.restore(state)
        self._place.take_up(other_call_id, agent)

    @property
    def waiter(self) -> Waiter:
        """The caller as the distributor of callers sees him."""
        return self._place

    def tick(self) -> None:
        """Every 20 ms."""
        frames = self._line.read()
        if not self._taping.idle:
            self._taping.tick(frames, self._speaker.heard)
        if self.ended or self._held:
            return
        if self._place.talks:
            self._place.tick()
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
        if self._speaker.done:
            if self._silence.take(self._listen):
                self._tell("unspoken", "", Unspoken())
            self._ending.tick()
            if not self._taping.waits and (acted := self._awaiting.take()):
                self._tell("action", acted.outcome, acted)
        if self._speaker.silent and (unanswered := self._thinking.take()):
            told = unanswered.why if isinstance(unanswered, Unanswered) else unanswered.action
            self._tell("thought", told, unanswered)
        self._place.tick()

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
                self._ending.on_progress(event)
            case BridgeChanged():
                self._place.on_bridge(event.other)
            case CallEnded():
                self._finish(event)

    def _on_key(self, key: str) -> None:
        """A key that was signalled: whoever signals his keys need not be listened to for their tones."""
        inband, self._inband = self._inband, None
        if not self._place.talks and (inband is None or not inband.heard(key)):
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
        self._awaiting.cancel()
        self._thinking.cancel()

    def _finish(self, ended: CallEnded) -> None:
        if self.ended:
            return
        self.ended = True
        self._place.gone()
        self._ear.disarm()
        self._awaiting.cancel()
        self._thinking.cancel()
        self._record_turn()
        self._taping.close()
        self._speaker.stop()
        self._emit(CallFinished(self.call_id, ended, self._conversation.step, time.time()))

    # --- what the ear says ----------------------------------------------------------------------------

    def on_start_of_input(self, by_key: bool) -> None:
        if self._speaker.done:
            return
        if by_key:
            self._thinking.cancel()
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
        self._thinking.cancel()
        self._speaker.stop()
        self._ear.interrupted = True

    def on_likely(self, event: Heard) -> None:
        plan, turn = self._conversation, self._turn
        latest = exchange(turn.heard, self._speaker.account()) if turn else ()
        self._thinking.expect(lambda: plan.preview(event), plan.context, latest)

    def on_input(self, event: Heard | Pressed | NoInput, timing: Timing) -> None:
        if self._is_backchannel(event):
            self._ear.arm(self._listen or Listen())
            return
        self._silence.listen()
        turn = Turn(0, self._conversation.step, via_of(event), at=time.time())
        turn.stages_ms = {"endpoint": timing.endpoint_ms, "recognize": timing.recognize_ms}
        answer_heard = self._speaker.account().heard
        if isinstance(event, Heard):
            turn.heard, turn.confidence, turn.alternatives = event.text, event.confidence, event.alternatives
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

    # --- while the caller waits for a person, and speaks with him ---------------------------------------

    @property
    def has_heard_all(self) -> bool:
        return self._speaker.done and not self._held

    @property
    def is_waiting(self) -> bool:
        return self.has_heard_all and self._ear.idle and self._listen is not None and self._listen.waiting

    def on_news(self, news: News) -> None:
        self._tell(*recorded(news), news)

    def fall_silent(self) -> None:
        self._record_turn()
        self._speaker.stop()
        self._ear.disarm()
        self._awaiting.cancel()
        self._thinking.cancel()
        self._ending.approach(None)

    def listen_on(self) -> None:
        self._tell("queue", "again", NoInput())

    def on_transfer_failed(self, status: int) -> None:
        self._tell("transfer", str(status), TransferFailed(status))

    # --- turns ----------------------------------------------------------------------------------------

    def _tell(self, via: str, heard: str, event: Input) -> None:
        """Something that the caller has not done himself."""
        self._take(Turn(0, self._conversation.step, via, heard=heard, at=time.time()), event)

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
        self._emit(self._saving.of(actions))

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

    def _carry_out(self, actions: tuple[Action, ...]) -> None:
        self._to_arm = False
        self._awaiting.cancel()
        self._thinking.answer(actions, self._conversation.context)
        self._ending.approach(None)
        self._taping.answer(actions)
        if listen := next((action for action in actions if isinstance(action, Listen)), None):
            self._fillers.use(listen)
        self._speaker.say([action for action in actions if isinstance(action, Say | Think)])
        self._place.follow(actions)
        for action in actions:
            if isinstance(action, Listen):
                self._listen = action
                self._to_arm = self._taping.waits
                if not self._to_arm:
                    self._arm(action)
            elif isinstance(action, Await):
                self._listen = None
                self._ear.disarm()
                self._fillers.use(action)
                self._speaker.waits = True
                self._awaiting.begin(action)
            elif isinstance(action, Transfer | Hangup):
                self._ear.disarm()
                self._ending.approach(action)

    def _arm(self, listen: Listen) -> None:
        self._to_arm = False
        self._ear.arm(listen)

    def _record_turn(self) -> None:
        turn, self._turn = self._turn, None
        if turn is None:
            return
        account = self._speaker.account()
        self._thinking.remember(turn.heard, account)
        rung = self._thinking.rung or self._speaker.rung
        self._emit(turn.finished(self.call_id, account, rung))
