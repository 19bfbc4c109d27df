"""What is said when something outside the flows happens: the plan's words, or the language's."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from softswitch.dialplan.files.plan import PlanFile
from softswitch.dialplan.files.texts import Prompts
from softswitch.dialplan.language import LANGUAGES
from softswitch.dialplan.pieces import Voice
from softswitch.dialplan.prompts import NOTHING, Script, Scripts
from softswitch.events import Say


@dataclass(frozen=True, slots=True)
class Lines:
    """`silence` stands in for texts that came out empty; `goodbye` ends a call that leads nowhere;
    `still_waiting` is for queues.
    """

    resumed: Script
    no_human: Script
    transfer_failed: Script
    corrected: Script
    returning: Script
    goodbye: Script
    silence: Script
    consent: Script
    recording_started: Script
    recording_stopped: Script
    still_waiting: Script
    fillers: Mapping[str, tuple[Say, ...]]
    """By language: said, one at a time, while an answer or an action takes long."""

    def all(self) -> Iterator[Script]:
        yield from (self.resumed, self.no_human, self.transfer_failed, self.corrected, self.returning)
        yield from (self.goodbye, self.silence)
        yield from (self.consent, self.recording_started, self.recording_stopped)


def lines_of(plan: PlanFile, scripts: Scripts) -> Lines:
    file, recording = plan.lines, plan.recording

    def line(given: Prompts, name: str) -> Script:
        default = {language: LANGUAGES[language].talk.lines[name] for language in scripts.languages}
        return scripts.script(given, default)

    def own(given: Prompts) -> Script:
        return scripts.script(given) if given else NOTHING

    return Lines(
        line(file.resumed, "resumed"),
        line(file.no_human, "no_human"),
        line(file.transfer_failed, "transfer_failed"),
        line(file.corrected, "what_instead"),
        own(file.returning),
        line(Prompts(), "goodbye"),
        line(Prompts(), "no_match"),
        own(recording.consent),
        own(recording.started),
        own(recording.stopped),
        line(file.still_waiting, "still_waiting"),
        _fillers(plan, line(plan.filler.say if plan.filler else Prompts(), "wait")),
    )


def _fillers(plan: PlanFile, script: Script) -> dict[str, tuple[Say, ...]]:
    return {language: tuple(script.lines(Voice(language, 1.0, plan.barge_in))) for language in plan.spoken}
