"""`softswitch dialplan simulate`: talk to a plan by typing, and see why it answers as it does."""

import sys
from collections.abc import Iterable, Iterator
from datetime import datetime

import click
from pydantic import ValidationError

from softswitch.cli.dialplan_call import at, call_options
from softswitch.cli.dialplan_test import SOMEBODY
from softswitch.complaints import suggest
from softswitch.config import Config
from softswitch.dialplan import loader
from softswitch.dialplan.building import LOOKED_UP, PROMISED
from softswitch.dialplan.conversation import Conversation
from softswitch.dialplan.files.scenario import Act, Turn
from softswitch.dialplan.plan import Plan
from softswitch.dialplan.routes import CallFacts
from softswitch.dialplan.testing import acting
from softswitch.dialplan.testing.running import keyed, news_of
from softswitch.errors import SoftswitchError
from softswitch.events import (
    Action,
    Await,
    Do,
    Hangup,
    Heard,
    Input,
    Listen,
    NoInput,
    Pressed,
    Record,
    Say,
    Transfer,
    TransferFailed,
)
from softswitch.waiting import Enqueue, LeaveQueue

BUSY_HERE = 486
KEYS = frozenset("0123456789*#")


@click.command()
@click.argument("path", required=False)
@call_options
@click.option("--language", metavar="CODE", help="The caller's language, whatever the route says.")
@click.option(
    "--set", "values", multiple=True, metavar="NAME=VALUE", help="A variable that is known already."
)
@click.option(
    "--acts",
    "outcomes",
    multiple=True,
    metavar="ACTION=OUTCOME",
    help="What comes of an action that is waited for: done, refused; found,NAME=VALUE… or not_found.",
)
@click.option("--why/--no-why", default=None, help="Tell why after each answer [default: on a terminal].")
@click.pass_obj
def simulate(
    config: Config,
    path: str | None,
    trunk: str,
    from_: str,
    to: str,
    moment: datetime | None,
    language: str | None,
    values: tuple[str, ...],
    outcomes: tuple[str, ...],
    why: bool | None,
) -> None:
    """Talk to a dialplan: type what a caller would say.

    Digits, * and # are keys; an empty line is silence; !WORDS talks over the prompt; `failed` lets a transfer
    fail. While the caller waits for a person, `queue 2 5m` tells him his place and the wait, `queue empty`
    (closed, full, waited) that nobody comes, and `person` (or `person is_lost`) that the talk is over.

    \b
    Examples:
      softswitch dialplan simulate
      softswitch dialplan simulate ./myshop --from +442079460000 --at "2026-12-25 10:00"
      printf 'where is my order\\n1002\\nbye\\n' | softswitch dialplan simulate reception --why
    """
    plan = loader.load(loader.resolve(path or config.dialplan[0]), config.human or SOMEBODY)
    trace = sys.stdin.isatty() if why is None else why
    talk = _begin(plan, CallFacts(trunk, from_, to, at(plan, moment)), language, _known(plan, values), trace)
    acts = _acts(plan, outcomes)
    if sys.stdin.isatty():
        click.secho("Type what the caller says; nothing: silence, 12: keys, !words: he interrupts.", dim=True)
    actions = talk.start()
    _show(plan, talk, actions, trace, heard=False)
    actions = _wait(plan, talk, actions, acts, trace)
    while not isinstance(actions[-1], Hangup):
        transferring = isinstance(actions[-1], Transfer)
        try:
            typed = click.prompt("caller", default="", show_default=False, prompt_suffix="> ").strip()
        except click.Abort:
            return
        if transferring and typed != "failed":
            return
        news = _news(typed) if talk.waits else None
        event, rest = (news, "") if news else _input(typed, actions[-1])
        actions = talk.take(event)
        _show(plan, talk, actions, trace)
        actions = _wait(plan, talk, actions, acts, trace)
        while rest and isinstance(actions[-1], Listen):
            event, rest = _input(rest, actions[-1])
            actions = talk.take(event)
            _show(plan, talk, actions, trace)
            actions = _wait(plan, talk, actions, acts, trace)


def _begin(
    plan: Plan, call: CallFacts, language: str | None, known: dict[str, str], trace: bool
) -> Conversation:
    decision = plan.route(call)
    if plan.routes and not decision.route:
        reasons = "\n".join(f"  {reason}" for reason in decision.reasons)
        raise SoftswitchError(
            f"No route takes this call; say who calls with --from, --to, --at, --trunk.\n{reasons}"
        )
    if trace:
        for reason in decision.reasons:
            click.secho(f"  {reason}", dim=True)
    route = decision.route
    spoken = language or (route and route.language) or ""
    if spoken and spoken not in plan.languages:
        raise SoftswitchError(f"--language {spoken}: the plan speaks {', '.join(plan.languages)}")
    return Conversation(plan, plan.facts(call, decision) | known, spoken)


def _known(plan: Plan, values: Iterable[str]) -> dict[str, str]:
    known = {}
    for given in values:
        name, equals, value = given.partition("=")
        if not equals or name not in plan.files.types:
            near = suggest(name, plan.files.types)
            raise SoftswitchError(f"--set {given}: expected NAME=VALUE, the name that of a variable{near}")
        known[name] = value
    return known


def _acts(plan: Plan, outcomes: Iterable[str]) -> dict[str, Act]:
    known: dict[str, Act] = {}
    for given in outcomes:
        name, _, rest = given.partition("=")
        outcome, *result = rest.split(",")
        pairs = dict(each.partition("=")[::2] for each in result)
        action = plan.settings.actions.get(name)
        fitting = LOOKED_UP if action and action.kind == "lookup" else PROMISED
        if action is None or outcome not in fitting:
            near = suggest(name, plan.settings.actions) or "; it has none"
            wrong = f"one of {', '.join(fitting)}" if action else f"an action of the plan{near}"
            raise SoftswitchError(f"--acts {given}: expected ACTION=OUTCOME, {wrong}")
        known[name] = Act.model_validate({"outcome": outcome, "result": pairs})
    return known


def _wait(
    plan: Plan, talk: Conversation, actions: tuple[Action, ...], acts: dict[str, Act], trace: bool
) -> tuple[Action, ...]:
    """What follows where the plan waits for an action: nothing is done here, it only comes to something."""
    while isinstance(awaited := actions[-1], Await):
        came = acting.acted(awaited, acts)
        click.echo(f"  {acting.told(awaited, came)}")
        actions = talk.take(came)
        _show(plan, talk, actions, trace, heard=False)
    return actions


def _input(typed: str, last: Action) -> tuple[Input, str]:
    """What was typed, as a session would have it; keys that are left over are an input of their own."""
    if isinstance(last, Transfer):
        return TransferFailed(BUSY_HERE), ""
    if not typed:
        return NoInput(), ""
    if set(typed) <= KEYS:
        digits, rest = keyed(last, typed)
        return Pressed(digits), rest
    return Heard(typed.removeprefix("!"), 1.0, barged_in=typed.startswith("!")), ""


def _news(typed: str) -> Input | None:
    """What is told to one who waits for a person; None where nothing is."""
    what, *rest = typed.split() or [""]
    if what == "person":
        turn = {"person": rest[0] if rest else "leaves"}
    elif what == "queue" and rest:
        place = {"position": rest[0], **({"wait": rest[1]} if rest[1:] else {})}
        turn = {"queue": place if rest[0].isdecimal() else rest[0]}  # type: ignore[dict-item]
    else:
        return None
    try:
        return news_of(Turn.model_validate(turn))
    except ValidationError:
        return None


def _show(plan: Plan, talk: Conversation, actions: Iterable[Action], trace: bool, heard: bool = True) -> None:
    for action in actions:
        match action:
            case Say():
                click.echo(f"  says: {action.text}")
            case Do():
                click.echo(f"  does {action.name}: {_pairs(plan, action.arguments)}")
            case Record():
                click.echo(f"  recording: {action.what}")
            case Transfer():
                nobody_set = "a person: `human` of the node's settings"
                click.echo(f"  transfers to {nobody_set if action.uri == SOMEBODY else action.uri}")
            case Enqueue():
                click.echo(f"  waits in {action.queue}: {_order(action)}")
            case LeaveQueue():
                click.echo(f"  leaves the queue: {action.how} {action.number}".rstrip())
            case Hangup():
                click.echo("  hangs up")
    intent = f"intent {talk.intent or 'none'}, " if heard else ""
    click.secho(f"  [{intent}step {talk.step}]", dim=True)
    if trace:
        for line in _trace(plan, talk, actions):
            click.secho(f"    {line}", dim=True)


def _order(order: Enqueue) -> str:
    skills = f"skills {', '.join(order.skills)}" if order.skills else "any skills"
    return f"priority {order.priority}, {skills}" + (f', "{order.reason}"' if order.reason else "")


def _trace(plan: Plan, talk: Conversation, actions: Iterable[Action]) -> Iterator[str]:
    """Why it came so, the way it took, what is known, what is listened for."""
    yield from talk.why
    if talk.slots:
        yield f"slots: {_pairs(plan, talk.slots.items())}"
    if talk.path:
        yield f"way: {' > '.join(talk.path)}"
    own = {name: value for name, value in talk.context.items() if name in plan.settings.variables}
    if own:
        yield f"known: {_pairs(plan, own.items())}"
    question = plan.steps[talk.step].question
    if question and any(isinstance(action, Listen) for action in actions):
        fields = ", ".join(field.name for field in question.fields)
        yield f"listens for: {', '.join(question.ways)}" + (f"; values of {fields}" if fields else "")


def _pairs(plan: Plan, pairs: Iterable[tuple[str, str]]) -> str:
    shown = ((name, "****" if name in plan.sensitive and value else value) for name, value in pairs)
    return ", ".join(f"{name}={value}" for name, value in shown)
