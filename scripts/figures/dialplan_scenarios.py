"""How many conversations a second `softswitch dialplan test` holds with the bundled plans' own scenarios.

Only CPU time counts, of one core: routes, facts, what is expected and the transcript included.
"""

import time
from collections.abc import Sequence

from figures.figure import Measurement, Spec, Workshop
from softswitch import config
from softswitch.cli.dialplan_test import SOMEBODY
from softswitch.dialplan import loader
from softswitch.dialplan.testing import running, scenarios
from softswitch.errors import SoftswitchError

CONVERSATIONS = 4_000


def hold(workshop: Workshop) -> Sequence[float]:
    plans = sorted(found.parent for found in config.bundled("dialplans").glob("*/plan.yaml"))
    loaded = [(loader.load(plan, SOMEBODY), scenarios.read(scenarios.home(plan))) for plan in plans]
    work = [(plan, case) for plan, cases in loaded for case in cases]
    if failed := [case.name for plan, case in work if running.run(plan, case).failure]:
        raise SoftswitchError(f"scenarios that fail cannot be measured: {', '.join(failed)}")
    rounds = -(-CONVERSATIONS // len(work))
    turns = sum(len(case.scenario.turns) for _, case in work) / len(work)
    workshop.tell(f"{len(work)} scenarios of {len(plans)} plans, {turns:.1f} turns each, {rounds} times")
    began = time.process_time()
    for _ in range(rounds):
        for plan, case in work:
            running.run(plan, case)
    return (rounds * len(work) / (time.process_time() - began),)


SCENARIOS = Measurement(
    f"the bundled plans' scenarios by text, {CONVERSATIONS:,} conversations on one core",
    (Spec("scenarios at text level", "conversations/s", at_least=1000),),
    hold,
)
