"""What conversations are made of, besides the steps of their dialplan."""

from collections.abc import Coroutine, Sequence
from typing import Any

from softswitch.app.acting import wiring as acting
from softswitch.app.acting.actor import CallActor
from softswitch.app.acting.phone import NodePhone
from softswitch.app.answering.wiring import Answering
from softswitch.app.bookkeeping import Bookkeeping
from softswitch.app.engines import Engines
from softswitch.app.ground import Ground
from softswitch.app.ladders import Ladders
from softswitch.app.music import HoldMusic
from softswitch.app.people.wiring import NodePeople
from softswitch.app.recordings import Recordings
from softswitch.dialplan.plan import Plan
from softswitch.session.parts import Parts
from softswitch.session.patience import Patience
from softswitch.speech.recognizer import VoskRecognizer
from softswitch.speech.voices import PlanVoice


class Equipment:
    """Engines, recordings, music, models, actions and people. `equip` dialplans, then `open` it, before the
    first call; `people` is opened by the exchange, which they ring through.
    """

    def __init__(self, ground: Ground, books: Bookkeeping) -> None:
        """Raises SoftswitchError when a model's key cannot be read."""
        config = ground.config
        self._ground, self._books = ground, books
        self.engines = Engines(config)
        self.recordings = Recordings(config, books.emit)
        self._music = HoldMusic(config)
        self._answering = Answering(config, ground.metrics, ground.chaos.llm)
        self.actor = CallActor()
        self.phone = NodePhone(config.database_url)
        self.people = NodePeople(config)
        self.ladders = Ladders(ground.metrics)

    def equip(self, plan: Plan, ears: dict[str, VoskRecognizer], voice: PlanVoice) -> Parts:
        """For reloading.Loader."""
        self._music.prepare(plan.music)
        ladder = plan.settings.ladder
        parts = Parts(
            recognizers=ears,
            voice=voice,
            new_endpointer=self.engines.new_endpointer,
            emit=self._books.emit,
            remembers=frozenset(plan.remembered),
            filled=self._ground.metrics.filled,
            open_tape=self.recordings.open,
            people=self.people,
            music_file=self._music.file,
            actor=self.actor,
            thinker=self._answering.thinker(plan, voice),
            patience=Patience(ladder.answer_timeout, ladder.recogniser.slow, ladder.synthesiser.slow),
            speculated=self._answering.speculated,
        )
        return self.ladders.judge(plan, self._ground.chaos.worsen(parts))

    def open(self, plans: Sequence[Plan]) -> None:
        """The records are open. Raises SoftswitchError when the file of actions is wrong."""
        ground, records = self._ground, self._books.records
        deliver = ground.mqtt.deliver if ground.mqtt else None
        self._acting = acting.wire(
            ground.config,
            records,
            ground.metrics,
            deliver,
            plans,
            self.actor,
            self.phone,
            ground.chaos.registry,
            self.ladders.of_lookup,
        )
        self._answering.open(records, self._acting.find)
        self.recordings.start(ground.metrics)

    def services(self) -> list[Coroutine[Any, Any, None]]:
        recorder, mqtt = self._books.recorder, self._ground.mqtt
        falls = self.ladders.run(
            lambda: recorder.is_away, lambda: mqtt is not None and not mqtt.broker.connected
        )
        return [self.recordings.prune(), self._acting.run(), self._answering.run(), falls]

    async def close(self) -> None:
        """No call is up any more."""
        await self.recordings.close()
        await self.people.close()
        await self._acting.close()
        await self._answering.close()
