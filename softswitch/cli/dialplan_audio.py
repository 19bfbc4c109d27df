"""Scenarios over real calls: a node for the purpose, and a caller that speaks, presses and is silent."""

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from urllib.parse import quote

import click

from softswitch.cli import trial
from softswitch.config import Config
from softswitch.dialplan.files.scenario import Turn
from softswitch.dialplan.plan import Plan
from softswitch.dialplan.testing import recorded
from softswitch.dialplan.testing.recorded import Recorded
from softswitch.dialplan.testing.report import Told
from softswitch.dialplan.testing.running import Result
from softswitch.dialplan.testing.scenarios import Case
from softswitch.e164 import user_part
from softswitch.gateway.caller.engine import Caller, CallerSettings
from softswitch.gateway.caller.port import CLOCK_RATE
from softswitch.gateway.caller.script import CallReport, CallScript, Keys, Noise, Silence, Step, Utterance
from softswitch.gateway.caller.voicing import white_noise
from softswitch.speech import models
from softswitch.speech.pool import SpeechPool
from softswitch.speech.synthesizer import PiperSynthesizer
from softswitch.store import queries

AT_ONCE = 4
PATIENCE_S = 3.0
"""More than the time that a node waits for a caller who stays silent."""
STAGGER_S = 0.4
LONGEST_S = 1800.0
"""Then no further calls are made."""
BARGE_IN_S = 0.6
QUIET_S = 1.5
"""So long a silence ends an answer: longer than a pause between two sentences, on a busy machine too."""
RECORD_WAIT_S = 10.0
NOISE_S = 10
WITHHELD = "sip:anonymous@anonymous.invalid"

Speak = Callable[[str, str], bytes]
"""A text in a language as PCM at the caller's clock rate."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """A scenario that can be called: as it goes by text, whom to call as whom, and what to do."""

    rehearsed: Result
    from_uri: str
    script: CallScript


def run(
    config: Config, folder: Path, plan: Plan, cases: Sequence[Case], noise_db: float | None
) -> list[Told]:
    """What came of each scenario, in their order. Raises SoftswitchError when no node can be started."""
    now = datetime.now(plan.calendar.zone).replace(tzinfo=None)
    rehearsed = {case.name: recorded.rehearse(plan, case, now) for case in cases}
    told = {name: each for name, each in rehearsed.items() if isinstance(each, Told)}
    playable = [result for result in rehearsed.values() if isinstance(result, Result)]
    if playable:
        noise = None if noise_db is None else Noise(white_noise(NOISE_S * CLOCK_RATE), noise_db)
        speak = voices(config, plan)
        chosen = {"dialplan": (str(folder.resolve()),), "human": plan.human}
        with trial.node(config.model_copy(update=chosen)) as own:
            prepared = [_prepare(result, own, plan, speak, noise) for result in playable]
            told |= {each.name: each for each in _call_all(own, prepared)}
    return [told[case.name] for case in cases]


def voices(config: Config, plan: Plan) -> Speak:
    """The voices that the plan itself speaks with, each loaded when it is wanted; what was said is kept."""
    pool = SpeechPool(1)
    loaded: dict[str, PiperSynthesizer] = {}
    said: dict[tuple[str, str], bytes] = {}

    def speak(language: str, text: str) -> bytes:
        if language not in loaded:
            setting = config.speech.voice_for(language, plan.name)
            voice = models.voice(setting, config.models_dir)
            loaded[language] = PiperSynthesizer(voice, CLOCK_RATE, pool)
        if (language, text) not in said:
            said[language, text] = loaded[language].render(text)
        return said[language, text]

    return speak


def _prepare(result: Result, own: Config, plan: Plan, speak: Speak, noise: Noise | None) -> Prepared:
    call = result.case.scenario.call
    caller = f"sip:{_user(call.from_)}@127.0.0.1" if call.from_ else WITHHELD
    called = f"sip:{_user(call.to) or 'scenario'}@{own.sip.address}:{own.sip.port}"
    steps = tuple(_steps(result, plan, speak))
    return Prepared(result, caller, CallScript(called, steps, noise, quiet=QUIET_S, follow=False))


def _user(number: str) -> str:
    return quote("".join(user_part(number).split()), safe="+*")


def _steps(result: Result, plan: Plan, speak: Speak) -> Iterator[Step]:
    for number, turn in enumerate(result.case.scenario.turns):
        if not turn.does:
            continue
        first = next(exchange for exchange in result.exchanges if exchange.turn == number)
        yield _step(turn, first.at, first.language, plan, speak)


def _step(turn: Turn, at: str, language: str, plan: Plan, speak: Speak) -> Step:
    if turn.presses is not None:
        return Keys(turn.presses)
    if turn.silent:
        question = plan.steps[at].question
        wait = question.listen(language, "", False).no_input_timeout if question else 0.0
        return Silence(wait + PATIENCE_S)
    words = turn.says or turn.interrupts or ""
    barge_in = BARGE_IN_S if turn.interrupts is not None else None
    return Utterance(speak(language, words), words, barge_in_after=barge_in)


def _call_all(own: Config, prepared: Sequence[Prepared]) -> Iterator[Told]:
    """A few at a time; those of one number together, because a caller presents one."""
    began = time.monotonic()
    for group in _groups(prepared):
        if time.monotonic() - began > LONGEST_S:
            reason = f"no time was left for it: calls are made for {LONGEST_S / 60:g} minutes"
            cases = [each.rehearsed.case for each in group]
            yield from (Told(case.name, case.where(), left_out=reason) for case in cases)
            continue
        settings = CallerSettings(from_uri=group[0].from_uri, max_calls=AT_ONCE)
        with Caller(settings) as caller:
            reports = caller.run([each.script for each in group], stagger=STAGGER_S)
        click.echo(f"called {', '.join(each.rehearsed.case.name for each in group)}", err=True)
        for each, report in zip(group, reports, strict=True):
            yield _judged(own, each.rehearsed, report)


def _groups(prepared: Iterable[Prepared]) -> list[list[Prepared]]:
    groups: list[list[Prepared]] = []
    for each in sorted(prepared, key=lambda one: one.from_uri):
        if not groups or len(groups[-1]) == AT_ONCE or groups[-1][0].from_uri != each.from_uri:
            groups.append([])
        groups[-1].append(each)
    return groups


def _judged(own: Config, rehearsed: Result, report: CallReport) -> Told:
    came = _record(own.database_url, report)
    if came is None:
        case = rehearsed.case
        problem = report.problem or "the node wrote nothing down of the call"
        return Told(case.name, case.where(), failed=(problem,))
    return recorded.judge(rehearsed, came)


def _record(url: str, report: CallReport) -> Recorded | None:
    """What the node wrote down of the call, once it has noticed its end."""
    patience = time.monotonic() + RECORD_WAIT_S
    while time.monotonic() < patience and report.status == "answered":
        calls = queries.list_calls(url, limit=10 * AT_ONCE)
        found = next((call for call in calls if call.sip_call_id == report.call_id), None)
        if found and found.ended_at is not None:
            history = queries.show_call(url, found.call_id)
            transferred = bool(report.transferred_to)
            seconds = found.ended_at - found.started_at
            return Recorded(history.turns, found.ended_by, transferred, seconds)
        time.sleep(0.1)
    return None
