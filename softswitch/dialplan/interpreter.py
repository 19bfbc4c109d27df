"""The interpreter: a state and an input give the next state and what to do. Pure: no clock, no I/O.

Every list of actions ends in Listen, Transfer or Hangup, so that nothing ends in silence. The loader has
proved that steps form no circle without listening, so every input is answered in bounded steps.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from softswitch.dialplan.plan import Ear, Meaning, Plan
from softswitch.dialplan.spoken import digit_spans, normalise
from softswitch.events import (
    Action,
    BargeIn,
    Hangup,
    Heard,
    Hypothesis,
    Input,
    NoInput,
    Pressed,
    Say,
    Transfer,
    TransferFailed,
)

MAX_TRAIL = 10
"""So many questions back can a caller go."""

Actions = tuple[Action, ...]


@dataclass(frozen=True, slots=True)
class State:
    """Where a call is. `said` is what `repeat` says; `trail` the questions so far, the present one last."""

    version: str
    step: str
    context: Mapping[str, str] = field(default_factory=dict)
    strikes: int = 0
    said: tuple[Say, ...] = ()
    trail: tuple[str, ...] = ()


def dump(state: State) -> str:
    return json.dumps(asdict(state), separators=(",", ":"))


def load(text: str) -> State:
    """The state that was dumped. Raises ValueError when the text is no such state."""
    try:
        raw: dict[str, Any] = json.loads(text)
        said = tuple(Say(str(s["text"]), bool(s["static"]), BargeIn(s["barge_in"])) for s in raw["said"])
        context = {str(name): str(value) for name, value in raw["context"].items()}
        trail = tuple(map(str, raw["trail"]))
        return State(str(raw["version"]), str(raw["step"]), context, int(raw["strikes"]), said, trail)
    except (KeyError, TypeError, AttributeError, RecursionError) as error:
        raise ValueError(f"not a dialplan's state: {error!r}") from None


def start(plan: Plan) -> tuple[State, Actions]:
    return _enter(plan, State(plan.version, plan.settings.start), plan.settings.start)


def resume(plan: Plan, state: State) -> tuple[State, Actions]:
    """Go on after an interruption: a short line, then the step's prompt. An unknown step starts anew."""
    step = state.step if state.step in plan.steps else plan.settings.start
    trail = tuple(name for name in state.trail if name in plan.ears)
    state = replace(state, version=plan.version, strikes=0, trail=trail)
    lead = plan.say(step, (plan.settings.lines.resumed,), state.context)
    return _enter(plan, state, step, lead, again=step == state.step)


def take(plan: Plan, state: State, event: Input) -> tuple[State, Actions, str]:
    """The next state, what to do, and the intent (or collected slot) the input was taken for, "" for none."""
    ear = plan.ears.get(state.step)
    if isinstance(event, TransferFailed):
        return *_transfer_failed(plan, state), ""
    if ear is None:
        return *_enter(plan, state, state.step), ""
    if isinstance(event, NoInput):
        return *_strike(plan, state, ear, silent=True), ""
    if isinstance(event, Pressed):
        meaning = _pressed(plan, ear, event.digits)
    else:
        meaning = understand(plan, ear, event)
    if meaning is None:
        return *_strike(plan, state, ear, silent=False), ""
    return *_follow(plan, replace(state, strikes=0), ear, meaning), meaning.intent


def understand(plan: Plan, ear: Ear, heard: Heard) -> Meaning | None:
    """What speech means here: of its hypotheses the first that is a whole phrase, else the first near one.

    Hypotheses with one meaning add up: their confidence together must reach the plan's threshold.
    """
    hypotheses = (Hypothesis(heard.text, heard.confidence), *heard.alternatives)
    exact = [(_exact(plan, ear, said.text), said.confidence) for said in hypotheses]
    if meaning := _confident(plan, exact):
        return meaning
    near = [
        (meaning or _loose(plan, ear, said.text), said.confidence)
        for (meaning, _), said in zip(exact, hypotheses, strict=True)
    ]
    return _confident(plan, near)


def completes(plan: Plan, ear: Ear, texts: Iterable[str]) -> bool:
    """Whether one of the texts is a whole phrase, or the whole number, that is listened for."""
    return any(_exact(plan, ear, text) for text in texts)


def _confident(plan: Plan, readings: Sequence[tuple[Meaning | None, float]]) -> Meaning | None:
    for meaning, _ in readings:
        together = sum(confidence for other, confidence in readings if other == meaning)
        if meaning and together >= plan.settings.matching.confidence_threshold:
            return meaning
    return None


def _exact(plan: Plan, ear: Ear, text: str) -> Meaning | None:
    match = ear.matcher.strict(text)
    if match is None:
        return None
    # Digits that do not fit are left out: the intent still holds, and the flow will ask for them.
    fitting = {name: digits for name, digits in match.slots.items() if plan.settings.slots[name].fits(digits)}
    if match.intent == ear.slot and ear.slot not in fitting:
        return None
    return Meaning(match.intent, ear.on[match.intent], fitting)


def _loose(plan: Plan, ear: Ear, text: str) -> Meaning | None:
    if ear.slot:
        spans = digit_spans(normalise(text).split(), plan.language)
        if meaning := _collected(plan, ear, "".join(digits for _, _, digits in spans)):
            return meaning
    match = ear.matcher.fuzzy(text)
    return Meaning(match.intent, ear.on[match.intent], {}) if match and match.intent != ear.slot else None


def _pressed(plan: Plan, ear: Ear, digits: str) -> Meaning | None:
    """A whole number where one is collected; a single key, also one that cuts off a number, is a choice."""
    if ear.slot and (meaning := _collected(plan, ear, digits)):
        return meaning
    cut_off = bool(ear.slot) and not digits[-1:].isdigit()
    return ear.keys.get(digits[-1:] if cut_off else digits)


def _collected(plan: Plan, ear: Ear, digits: str) -> Meaning | None:
    fits = digits.isdecimal() and plan.settings.slots[ear.slot].fits(digits)
    return Meaning(ear.slot, ear.on[ear.slot], {ear.slot: digits}) if fits else None


def _follow(plan: Plan, state: State, ear: Ear, meaning: Meaning) -> tuple[State, Actions]:
    if meaning.target == "repeat":
        return state, (*state.said, ear.listen)
    if meaning.target == "back":
        trail = state.trail[:-1] or (state.step,)
        return _enter(plan, replace(state, trail=trail), trail[-1], again=True)
    state = replace(state, context={**state.context, **meaning.slots})
    return _enter(plan, state, meaning.target, fresh=frozenset(meaning.slots))


def _strike(plan: Plan, state: State, ear: Ear, *, silent: bool) -> tuple[State, Actions]:
    """One failure more in a row: its line and the question again, or after the last the polite end."""
    step, repair = plan.steps[state.step], plan.settings.repair
    lines = (step.no_input or repair.no_input) if silent else (step.no_match or repair.no_match)
    state = replace(state, strikes=state.strikes + 1)
    final = state.strikes >= repair.strikes
    chosen = lines[state.strikes - 1 :][:1] if final else lines[: state.strikes][-1:]
    lead = plan.say(state.step, chosen, state.context)
    if final:
        return _enter(plan, state, repair.then, lead)
    question = plan.say(state.step, step.reprompt or step.say, state.context)
    return state, (*lead, *question, ear.listen)


def _transfer_failed(plan: Plan, state: State) -> tuple[State, Actions]:
    transfer = plan.steps[state.step].transfer
    lead = plan.say(state.step, (plan.settings.lines.transfer_failed,), state.context)
    return _enter(plan, state, transfer.failed if transfer else state.step, lead, again=transfer is None)


def _enter(
    plan: Plan,
    state: State,
    name: str,
    lead: tuple[Say, ...] = (),
    fresh: frozenset[str] = frozenset(),
    *,
    again: bool = False,
) -> tuple[State, Actions]:
    """Go to a step and on, until the caller's turn or the call's end. `fresh` slots were just given."""
    says = lead
    while True:
        step = plan.steps[name]
        if step.collect and step.collect.slot in fresh:
            fresh, name = fresh - {step.collect.slot}, step.collect.next
            continue
        texts = step.reprompt if again and step.reprompt else step.say
        before, again = says, False
        says += plan.say(name, texts, state.context)
        if step.ear:
            return _settle(state, name, says), (*says, plan.ears[name].listen)
        if step.hangup:
            return replace(state, step=name, said=says), (*says, Hangup())
        if step.transfer:
            uri = plan.human if step.transfer.to == "human" else step.transfer.to
            if uri:
                return replace(state, step=name, said=says), (*says, Transfer(uri))
            says = before + plan.say(name, (plan.settings.lines.no_human,), state.context)
            name = step.transfer.failed
        elif step.lookup:
            row = plan.tables[step.lookup.table].get(state.context.get(step.lookup.key, ""))
            state = replace(state, context={**state.context, **(row or {})})
            name = step.lookup.found if row else step.lookup.not_found
        else:
            name = step.next or plan.settings.start


def _settle(state: State, name: str, says: tuple[Say, ...]) -> State:
    known = state.trail[-1:] == (name,)
    trail = state.trail if known else (*state.trail, name)[-MAX_TRAIL:]
    return replace(state, step=name, said=says, trail=trail)
