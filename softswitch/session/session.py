"""One call's conversation: what the caller does goes to the dialplan, its actions go to the caller.

Driven from outside: `tick()` every 20 ms, `on_event()` for what the far end does. Each event is emitted once,
for the record, the broker and the metrics. A call goes through these states:

    trying → confirmed           the far end has answered, or we have
    confirmed ⇄ held             time stands still meanwhile
    confirmed → talking          put through to a person: nothing is said, and nobody listens
    confirmed → transferring     all was said, and the far end was asked to call somebody else
    any → ended                  CallEnded, lost with the gateway, or left to another session
"""

import time
from collections.abc import Sequence
from dataclasses import replace

from softswitch.events import (
    BargeIn,
    BridgeChanged,
    CallConfirmed,
    CallEnded,
    Cause,
    DtmfReceived,
    EndedBy,
    Heard,
    HoldChanged,
    Input,
    LegEvent,
    Listen,
    NoInput,
    Pressed,
    TransferFailed,
    TransferProgress,
    Unspoken,
)
from softswitch.news import CallAnswered, CallFinished, CallStarted
from softswitch.ports import Conversation, Line, Waiter
from softswitch.session.awaiting import Awaiting
from softswitch.session.ending import Ending
from softswitch.session.fillers import Fillers
from softswitch.session.giving import Giving
from softswitch.session.interrupting import Interrupting, is_backchannel
from softswitch.session.keys import Keys
from softswitch.session.listening import Ear
from softswitch.session.parts import Parts
from softswitch.session.silence import Silence
from softswitch.session.speaking import Speaker
from softswitch.session.taping import Taping
from softswitch.session.thinking import Thinking
from softswitch.session.turn import Turn
from softswitch.session.turns import Decide, Turns
from softswitch.session.utterance import Timing
from softswitch.session.waiting import News, Place, recorded
from softswitch.thinking import Unanswered


class Session:
    """`route` is the name of the plan's route that let the call in; `attestation` see CallStarted."""

    def __init__(
        self, line: Line, conversation: Conversation, parts: Parts, route: str = "", attestation: str = ""
    ) -> None:
        self._line, self._conversation, self._emit = line, conversation, parts.emit
        self._route, self._attestation = route, attestation
        plan, patience, call_id = conversation.plan, parts.patience, line.info.call_id
        fillers = Fillers(int(call_id[:8], 16), parts.filled)
        self._speaker = Speaker(line, parts.voice, fillers, patience.voice)
        self._ear = Ear(parts.new_endpointer(), parts.recognizers, conversation.completes, self, patience.ear)
        self._keys = Keys(line.clock_rate)
        self._taping = Taping(line, parts.open_tape)
        self._awaiting = Awaiting(call_id, plan, parts.actor)
        self._thinking = Thinking(self._speaker, parts.thinker, parts.speculated, patience.answer)
        self._interrupting = Interrupting(self._speaker, self._thinking)
        self._place = Place(line, parts.people, parts.music_file, plan, self)
        self._ending = Ending(line, self._place.call, self.on_transfer_failed)
        speaker, ear, waits = self._speaker, self._ear, (self._awaiting, self._place, self._ending)
        self._silence = Silence(line, speaker, ear, *waits)
        self._giving = Giving(speaker, fillers, ear, self._thinking, self._taping, *waits)
        self._turns = Turns(line, conversation, parts, speaker, self._thinking, self._taping, self._giving)
        self._held = False
        self._confirmed = False
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

    # --- how it begins --------------------------------------------------------------------------------

    def start(self, down: str = "") -> None:
        """A new call: the first words are in the ring before it is answered. `down` is why it does not begin
        where its calls always do.
        """
        plan, info = self._conversation, self._line.info
        about = (self._route, self._attestation)
        self._emit(CallStarted(info, plan.plan, plan.version, info.started_at, *about))
        self._take(Turn(plan.step, "ladder" if down else "start", down), plan.start)
        self._line.answer()

    def take_over(self, telephone_event: bool) -> None:
        """A call that we made and that was answered, all of which is told already."""
        self._confirm(telephone_event)
        self._take(Turn(self._conversation.step, "start"), self._conversation.start)

    def resume(self, state: str, next_turn: int) -> None:
        """A call whose control died: go on at the step it was in."""
        self._turns.count, self._confirmed = next_turn - 1, True
        self._take(Turn("", "resume"), lambda: self._conversation.resume(state))

    def take_up_bridged(self, state: str, next_turn: int, other_call_id: str, agent: str) -> None:
        """A call whose control died while the caller spoke with a person, as he does still."""
        self._turns.count, self._confirmed = next_turn - 1, True
        self._conversation.restore(state)
        self._place.take_up(other_call_id, agent)

    def resume_point(self) -> tuple[str, int]:
        """What `resume` needs: the conversation's state and the number of the next turn."""
        return self._conversation.dump(), self._turns.count + 1

    # --- while it is up -------------------------------------------------------------------------------

    def tick(self) -> None:
        """Every 20 ms."""
        frames = self._line.read()
        if not self._taping.idle:
            self._taping.tick(frames, self._speaker.answer.heard)
        if self.ended or self._held:
            return
        if not self._place.talks:
            self._giving.arm_once_told()
            was_done = self._speaker.done
            self._hear(frames)
            self._speaker.tick()
            if was_done and self._speaker.done:
                self._turns.end()
            self._tell_what_is_due()
        self._place.tick()

    def _hear(self, frames: Sequence[bytes]) -> None:
        over = self._speaker.done
        deaf = not over and self._speaker.barge_in is BargeIn.OFF
        for frame in frames:
            for key in self._keys.heard(frame):
                self._ear.key(key)
            self._ear.frame(frame, over, deaf)

    def _tell_what_is_due(self) -> None:
        """What has come about by itself waits until all was said that comes before."""
        if self._speaker.done:
            if self._silence.take(self._giving.listen):
                self._tell("unspoken", "", Unspoken())
            self._ending.tick()
            if not self._taping.waits and (acted := self._awaiting.take()):
                self._tell("action", acted.outcome, acted)
        if self._speaker.silent and (unanswered := self._thinking.take()):
            told = unanswered.why if isinstance(unanswered, Unanswered) else unanswered.action
            self._tell("thought", told, unanswered)

    def on_event(self, event: LegEvent) -> None:
        match event:
            case CallConfirmed():
                self._confirm(event.telephone_event)
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
                self._end(event)

    def _confirm(self, telephone_event: bool) -> None:
        self._confirmed = True
        self._keys.confirmed(telephone_event)

    def _on_key(self, key: str) -> None:
        if self._keys.is_new(key) and not self._place.talks:
            self._ear.key(key)

    # --- how it ends ----------------------------------------------------------------------------------

    def lose(self, reason: str) -> None:
        """The gateway died and the call with it."""
        self._end(CallEnded(Cause.NETWORK_OUT_OF_ORDER, 0, EndedBy.FAILURE, reason=reason))

    def detach(self) -> None:
        """Let go of the call without ending it: another session takes it up, with its next turn."""
        self.ended = True
        self._break_off()
        self._taping.close()

    def _end(self, ended: CallEnded) -> None:
        if self.ended:
            return
        self.ended = True
        self._place.gone()
        self._break_off()
        self._taping.close()
        self._emit(CallFinished(self.call_id, ended, self._conversation.step, time.time()))

    def _break_off(self) -> None:
        """Say nothing more, and wait for nothing: the turn is over with what was heard of it."""
        self._turns.end()
        self._giving.break_off()

    # --- what the ear says (listening.Listeners) --------------------------------------------------------

    def on_start_of_input(self, by_key: bool) -> bool:
        return self._interrupting.by_key() if by_key else self._interrupting.by_speech()

    def on_partial(self, text: str) -> bool:
        return self._interrupting.by_words(text, self._giving.listen)

    def on_likely(self, event: Heard) -> None:
        plan = self._conversation
        self._thinking.expect(lambda: plan.preview(event), plan.context, self._turns.latest)

    def on_input(self, event: Heard | Pressed | NoInput, timing: Timing) -> None:
        listen = self._giving.listen
        if listen and self._is_backchannel(event, listen):
            self._ear.arm(listen)
            return
        self._silence.listen()
        turn = Turn.of_input(self._conversation.step, event, timing)
        if not isinstance(event, NoInput):
            event = replace(event, answer_heard=self._speaker.answer.account().heard)
        self._take(turn, lambda: self._conversation.take(event))

    def _is_backchannel(self, event: Input, listen: Listen) -> bool:
        """'uh-huh' while a prompt goes on that only words may interrupt is no input."""
        if not isinstance(event, Heard) or self._speaker.done:
            return False
        return is_backchannel(event.text, listen)

    # --- while the caller waits for a person, and speaks with him (waiting.Host) --------------------------

    @property
    def waiter(self) -> Waiter:
        """The caller as the distributor of callers sees him."""
        return self._place

    @property
    def has_heard_all(self) -> bool:
        return self._speaker.done and not self._held

    @property
    def is_waiting(self) -> bool:
        listen = self._giving.listen
        return self.has_heard_all and self._ear.idle and listen is not None and listen.waiting

    def on_news(self, news: News) -> None:
        self._tell(*recorded(news), news)

    def fall_silent(self) -> None:
        self._break_off()
        self._ending.approach(None)

    def listen_on(self) -> None:
        self._tell("queue", "again", NoInput())

    def on_transfer_failed(self, status: int) -> None:
        self._tell("transfer", str(status), TransferFailed(status))

    # --- turns ----------------------------------------------------------------------------------------

    def _tell(self, via: str, heard: str, event: Input) -> None:
        """Something that the caller has not done himself."""
        turn = Turn(self._conversation.step, via, heard)
        self._take(turn, lambda: self._conversation.take(event))

    def _take(self, turn: Turn, decide: Decide) -> None:
        self._turns.take(turn, decide)
        self._giving.arm_once_told()
