"""Scenarios over real calls: which can be played so, and what a node's records say of them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from softswitch.dialplan.files.scenario import Call, Scenario, Turn
from softswitch.dialplan.plan import Plan
from softswitch.dialplan.testing import expecting, running
from softswitch.dialplan.testing.report import Told, tell
from softswitch.dialplan.testing.running import Exchange, Result
from softswitch.dialplan.testing.scenarios import Case
from softswitch.events import EndedBy
from softswitch.news import TurnFinished


@dataclass(frozen=True, slots=True)
class Recorded:
    """What a node wrote down of one call. `transferred`: the caller was asked to go elsewhere."""

    turns: Sequence[TurnFinished]
    ended_by: str
    transferred: bool
    seconds: float


def rehearse(plan: Plan, case: Case, now: datetime) -> Result | Told:
    """How the scenario goes as a call of now, by text: its words understood, by no trunk, not remembered;
    or what came of it already: it fails by text, or it cannot go over a real call.
    """
    scenario, typed = case.scenario, running.run(plan, case)
    if typed.failure:
        return tell(typed)
    if any(turn.failed is not None for turn in scenario.turns):
        return _left_out(case, "a real transfer cannot be made to fail as it wants")
    if any(plan.steps[exchange.path[-1]].queue for exchange in typed.exchanges if exchange.path):
        return _left_out(case, "nobody is there to wait for")
    call = Call.model_validate({"from": scenario.call.from_, "to": scenario.call.to, "at": now.isoformat()})
    turns = tuple(_heard_well(turn) for turn in scenario.turns)
    audible = replace(case, scenario=scenario.model_copy(update={"call": call, "turns": turns, "acts": {}}))
    result = running.run(plan, audible)
    if result.failure is None:
        return result
    given = list(_given(scenario))
    needs = f"needs {' and '.join(given)}, which a real call of now has not" if given else "hangs on the day"
    return _left_out(case, f"{needs} ({result.failure.missed[0]})")


def _given(scenario: Scenario) -> Iterator[str]:
    """The keys with which a scenario wants what a real call of now has not."""
    for name in ("trunk", "at", "answered_by", "called_back", "remembered"):
        if name in scenario.call.model_fields_set and getattr(scenario.call, name):
            yield name
    if scenario.acts:
        yield "acts"
    for name in ("also", "sure"):
        if any(name in turn.model_fields_set for turn in scenario.turns):
            yield name


def _left_out(case: Case, reason: str) -> Told:
    return Told(case.name, case.where(), left_out=reason)


def _heard_well(turn: Turn) -> Turn:
    return turn.model_copy(update={"also": (), "sure": 0.9})


def judge(rehearsed: Result, came: Recorded) -> Told:
    """The first turn that went otherwise than it is written, or none."""
    case = rehearsed.case
    left, exchanges = list(came.turns), list[Exchange]()
    # The greeting is a turn of its own, and keys may be several.
    for number in range(-1, len(case.scenario.turns)):
        count = sum(exchange.turn == number for exchange in rehearsed.exchanges)
        taken, left = left[:count], left[count:]
        exchanges += [_exchange(number, record) for record in taken]
        if number < 0 and case.scenario.turns[0].does:
            continue
        last = max(number, 0) == len(case.scenario.turns) - 1
        turn = case.scenario.turns[max(number, 0)]
        if number == 0 and not turn.does:
            continue
        if missed := tuple(_missed(turn, taken, count, came if last else None)):
            why = tuple(_understood(record) for record in taken if number >= 0)
            return Told(case.name, case.where(max(number, 0)), came.seconds, missed, why, tuple(exchanges))
    return Told(case.name, case.where(), came.seconds, exchanges=tuple(exchanges))


def _missed(turn: Turn, taken: Sequence[TurnFinished], count: int, ended: Recorded | None) -> Iterator[str]:
    """What of it does not hold; slots, context and actions are not recorded by turn, and not compared."""
    if len(taken) < count:
        yield "the call ended before that"
        return
    record = taken[-1]
    step = record.path[-1] if record.path else record.step
    meant = next((each.intent for each in reversed(taken) if each.via != "action"), "") or "none"
    yield from expecting.other("intent", turn.intent, meant)
    yield from expecting.other("step", turn.step, step)
    yield from expecting.other("language", turn.language, record.language)
    said = " ".join(each.said for each in taken)
    yield from expecting.parts_missed(turn.said, turn.not_said, said)
    if ended:
        yield from _ended_otherwise(turn, ended)


def _ended_otherwise(turn: Turn, ended: Recorded) -> Iterator[str]:
    if turn.ends == "transfer" and not ended.transferred:
        yield "expected a transfer, but there was none"
    if turn.ends == "hangup" and ended.ended_by != EndedBy.NODE:
        yield f"expected the plan to hang up, but the call was ended by {ended.ended_by}"
    if turn.ends == "no" and (ended.transferred or ended.ended_by == EndedBy.NODE):
        yield "expected the call to go on, but it ended"


def _understood(record: TurnFinished) -> str:
    if record.via == "speech":
        return f'"{record.heard}" was heard, with confidence {record.confidence:.2f}'
    return f"the input was {record.via} {record.heard}".strip()


def _exchange(turn: int, record: TurnFinished) -> Exchange:
    did = "" if turn < 0 else f'was heard: "{record.heard}"' if record.via == "speech" else record.via
    path = record.path or (record.step,)
    return Exchange(turn, did, record.language, record.step, record.intent, path, record.said, ())
