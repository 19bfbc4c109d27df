"""Loads the dialplans that the configuration names: at the start, and anew while calls go on.

What does not check is refused and the version that runs stays. A new version takes calls when its prompts
are rendered; calls in progress finish on the version that they began with.
"""

import asyncio
import logging
import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from itertools import chain

from softswitch import status
from softswitch.app import plans
from softswitch.app.dialplans import MOST_VERSIONS, Dialplans, Loaded
from softswitch.app.engines import Bar, Engines
from softswitch.app.plans import Key
from softswitch.config import Config
from softswitch.dialplan.plan import Plan
from softswitch.errors import InvalidFile, SoftswitchError
from softswitch.events import Say
from softswitch.session.parts import Parts
from softswitch.speech.prompts import Prompt
from softswitch.speech.recognizer import VoskRecognizer
from softswitch.speech.voices import PlanVoice
from softswitch.status import PlanStatus, Status

log = logging.getLogger(__name__)
TELL_S = 2.0
"""Seconds between two lines of progress in the log."""

Equip = Callable[[Plan, dict[str, VoskRecognizer], PlanVoice], Parts]


@dataclass
class Teller:
    """Progress of rendering, for the log and for who waits for it."""

    tell: Callable[[int, int], None]
    _told: float = field(default_factory=time.monotonic)

    def __call__(self, done: int, total: int) -> None:
        if time.monotonic() - self._told >= TELL_S:
            self._told = time.monotonic()
            log.info("rendering the prompts of new dialplans: %d of %d", done, total)
            self.tell(done, total)


class Loader:
    """The node's dialplans, and how they change. `equip` makes what the sessions of a plan are made of."""

    def __init__(self, config: Config, engines: Engines, equip: Equip) -> None:
        self._config = config
        self._engines = engines
        self._equip = equip
        self._line = Say(config.survival.line)
        self.dialplans = Dialplans([])
        self.reloads = Counter[str](active=0, refused=0)

    # --- at the start -----------------------------------------------------------------------------------

    async def start(self) -> Dialplans:
        """Everything configured. Raises SoftswitchError when a dialplan is wrong or lacks a model."""
        began = time.time()
        active = [await self._load(setting) for setting in self._config.dialplan]
        _check_names(active)
        await self._begin(active, [], began)
        return self.dialplans

    async def restart(self, running: Iterable[Key]) -> Dialplans:
        """What the control process before this one ran, though the files may have changed since; and the
        versions in `running`, where calls go on.
        """
        known = status.read(self._config.run_dir)
        if known is None:
            return await self.start()
        keys = {(plan.name, plan.version): plan.setting for plan in known.plans}
        # Who equips them knows the version that takes calls by its being the last of that name.
        old = [await self._load_kept(key) for key in dict.fromkeys(running) if key not in keys]
        active = [await self._load_kept(key, setting) for key, setting in keys.items()]
        if not all(active):
            return await self.start()
        await self._begin([one for one in active if one], [one for one in old if one], known.began_at)
        return self.dialplans

    async def _begin(self, active: Sequence[Loaded], old: Sequence[Loaded], began: float) -> None:
        await self._engines.prompts.render_all(self._prompts([*active, *old]), Bar("Rendering prompts"))
        self.dialplans.active, self.dialplans.old = list(active), list(old)
        self._write([_status_of(loaded) for loaded in active], began, time.time())
        await self.prune()

    async def _load(self, setting: str) -> Loaded:
        return await self._equipped(setting, await self._read(setting))

    async def _read(self, setting: str) -> Plan:
        return await asyncio.to_thread(plans.load, setting, self._config.run_dir, self._config.human)

    async def _load_kept(self, key: Key, setting: str = "") -> Loaded | None:
        try:
            run_dir, human = self._config.run_dir, self._config.human
            plan = await asyncio.to_thread(plans.load_kept, key, run_dir, human)
            return await self._equipped(setting, plan)
        except SoftswitchError as error:
            log.error("the dialplan %s %s is not there any more: %s", *key, error)
            return None

    async def _equipped(self, setting: str, plan: Plan) -> Loaded:
        ears, voice = await self._engines.equip(plan.name, plan.languages)
        return Loaded(setting, plan, voice, self._equip(plan, ears, voice))

    # --- while calls go on ------------------------------------------------------------------------------

    async def reload(self) -> None:
        """Load every dialplan anew whose files have changed. Never raises: what is wrong is logged, counted
        and told in plans.json.
        """
        began = time.time()
        before = self.dialplans.active
        self._write([_status_of(loaded) for loaded in before], began)
        found = [await self._candidate(loaded) for loaded in before]
        found = self._without_collisions(found)
        active = [candidate for candidate, _ in found]
        fresh = [loaded for loaded in active if loaded not in before]
        try:
            await self._render(active, [told for _, told in found], began)
        except Exception as error:  # a recording gone bad, or more prompts than memory holds
            log.error("the new dialplans are refused: %s", error)
            found = [(loaded, _refused(loaded, error)) for loaded in before]
        else:
            self.dialplans.replace(active)
            self._engines.prompts.keep_only(self._prompts([*active, *self.dialplans.old]))
        for loaded, told in found:
            self._tell(loaded, told, fresh)
        self._write([told for _, told in found], began, time.time())
        await self.prune()

    async def _candidate(self, present: Loaded) -> tuple[Loaded, PlanStatus]:
        """What that dialplan's files are now, or the present version and why it stays."""
        versions = sum(one.plan.name == present.plan.name for one in self.dialplans.old) + 1
        try:
            plan = await self._read(present.setting)
            if (plan.name, plan.version) == present.key:  # what equips its calls goes on with them
                return present, _status_of(present)
            if versions >= MOST_VERSIONS and present.calls:
                raise SoftswitchError(
                    f"{versions} versions of {present.plan.name} have calls in progress: wait until the "
                    "oldest have ended"
                )
            loaded = await self._equipped(present.setting, plan)
            return loaded, _status_of(loaded)
        except Exception as error:  # also a bug in reading: the version that runs is worth more
            return present, _refused(present, error)

    def _without_collisions(self, found: list[tuple[Loaded, PlanStatus]]) -> list[tuple[Loaded, PlanStatus]]:
        try:
            _check_names([loaded for loaded, _ in found])
        except SoftswitchError as error:
            return [(loaded, _refused(loaded, error)) for loaded in self.dialplans.active]
        return found

    async def _render(self, active: Sequence[Loaded], told: Sequence[PlanStatus], began: float) -> None:
        """One prompt at a time: callers come first."""
        teller = Teller(lambda done, total: self._write(told, began, None, done, total))
        await self._engines.prompts.render_all(self._prompts(active), teller, at_once=1)

    def _prompts(self, dialplans: Sequence[Loaded]) -> list[Prompt]:
        """All that they say, in one set so that none drives out another; and the line of bad moments."""
        said = [loaded.voice.prompts(loaded.plan.static_prompts()) for loaded in dialplans]
        return [dialplans[0].voice.prompt(self._line), *chain.from_iterable(said)]

    def _tell(self, loaded: Loaded, told: PlanStatus, fresh: Sequence[Loaded]) -> None:
        self.reloads[told.result] += 1
        if told.result == "refused":
            log.error("the dialplan %s is refused, version %s stays", told.setting, told.version)
            for problem in told.problems:
                log.error("%s", problem)
            if told.reason:
                log.error("%s", told.reason)
        elif loaded in fresh:
            log.info("the dialplan %s takes calls in version %s", told.name, told.version)

    async def prune(self) -> None:
        """Keep on disk what runs, and nothing else."""
        await asyncio.to_thread(plans.prune, self._config.run_dir, frozenset(self.dialplans.keys))

    def _write(
        self,
        told: Sequence[PlanStatus],
        began: float,
        finished: float | None = None,
        rendered: int = 0,
        to_render: int = 0,
    ) -> None:
        now = Status(
            plans=tuple(told), began_at=began, finished_at=finished, rendered=rendered, to_render=to_render
        )
        try:
            status.write(now, self._config.run_dir)
        except OSError as error:
            log.error("cannot write %s: %s", status.FILE, error.strerror)


def _check_names(active: Sequence[Loaded]) -> None:
    counted = Counter(loaded.plan.name for loaded in active)
    if twice := [name for name, count in counted.items() if count > 1]:
        raise SoftswitchError(f"two dialplans are named {twice[0]}: give one of them another `name`")


def _status_of(loaded: Loaded) -> PlanStatus:
    return PlanStatus(setting=loaded.setting, name=loaded.plan.name, version=loaded.plan.version)


def _refused(present: Loaded, error: Exception) -> PlanStatus:
    problems = tuple(error.problems) if isinstance(error, InvalidFile) else ()
    expected = isinstance(error, SoftswitchError)
    reason = "" if problems else str(error) if expected else f"{type(error).__name__}: {error}"
    update = {"result": "refused", "problems": problems, "reason": reason}
    return _status_of(present).model_copy(update=update)
