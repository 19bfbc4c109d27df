"""What remembering answers saves in the bundled month of calls, and whether it ever gives a wrong one."""

from collections.abc import Sequence

from figures.figure import Measurement, Spec, Workshop
from softswitch.dialplan import loader
from softswitch.errors import SoftswitchError
from softswitch.replay import comparing, trace
from softswitch.replay.both import replay_both
from softswitch.replay.bundled import FOLDER, MONTH, NOBODY


def replayed(workshop: Workshop) -> Sequence[float]:
    def tell(what: str, done: int, total: int) -> None:
        if done % 500 == 0:
            workshop.tell(f"{what}: {done} of {total} calls")

    plan = loader.load(FOLDER, NOBODY)
    done = replay_both(plan, trace.read(MONTH), None, tell)
    if done.reused is None:
        raise SoftswitchError("the bundled trace has no pairs; make it anew with scripts/make_trace")
    told = comparing.compare(done.without, done.remembering)
    remembering = told.remembering
    return (
        100 * remembering.no_llm,
        100 * remembering.by_plan,
        100 * told.saved_tokens,
        100 * told.sooner,
        remembering.wrong + len(done.reused.wrong),
        100 * remembering.missed,
    )


REPLAY = Measurement(
    "the bundled month of 2,000 calls, with and without remembering, and its 1,000 pairs",
    (
        Spec("bundled month: turns that need no LLM", "%", at_least=60),
        Spec("bundled month: turns that the plan answers itself", "%"),
        Spec("bundled month: tokens saved by remembering", "%", at_least=34),
        Spec("bundled month: mean time to first audio lower by", "%", at_least=28),
        Spec("wrong reuse, in the month and 1,000 adversarial pairs", "", at_most=0),
        Spec("bundled month: of what was thought, remembered in other words", "%"),
    ),
    replayed,
)
