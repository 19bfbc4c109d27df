"""`softswitch dialplan explain`: why a call enters where it does, why words mean what they do."""

import json
from datetime import datetime
from typing import Any

import click

from softswitch.cli.dialplan_call import at, call_options
from softswitch.complaints import suggest
from softswitch.config import Config
from softswitch.dialplan import explaining, loader
from softswitch.dialplan.conversation import Conversation
from softswitch.dialplan.explaining import Understanding
from softswitch.dialplan.parts import ROUTE
from softswitch.dialplan.plan import Plan
from softswitch.dialplan.routes import ATTESTATIONS, CallFacts, Decision
from softswitch.errors import SoftswitchError


@click.command()
@click.argument("path", required=False)
@call_options
@click.option(
    "--attestation",
    type=click.Choice(ATTESTATIONS),
    help="How far the caller's identity is vouched for [default: nobody looked].",
)
@click.option("--says", metavar="TEXT", help="What the caller says.")
@click.option("--step", metavar="NAME", help="Where he says it [default: where the call begins].")
@click.option("--language", metavar="CODE", help="In which language [default: the route's].")
@click.option("--json", "as_json", is_flag=True, help="Print it as JSON.")
@click.pass_obj
def explain(
    config: Config,
    path: str | None,
    trunk: str,
    from_: str,
    to: str,
    moment: datetime | None,
    attestation: str | None,
    says: str | None,
    step: str | None,
    language: str | None,
    as_json: bool,
) -> None:
    """Tell which route of a dialplan takes a call, and why; and what words mean there.

    \b
    Examples:
      softswitch dialplan explain --from +442079460000 --at "2026-12-25 10:00"
      softswitch dialplan explain reception --says "when do you open" --step anything_else
    """
    plan = loader.load(loader.resolve(path or config.dialplan[0]), config.human)
    call = CallFacts(trunk, from_, to, at(plan, moment), attestation=attestation or "")
    decision = plan.route(call)
    refused = bool(plan.routes) and decision.route is None
    facts = {} if refused else plan.facts(call, decision)
    understood = None if says is None else _understood(plan, says, step, language, facts, call.at)
    if as_json:
        click.echo(json.dumps(_record(plan, decision, refused, facts, understood), indent=2))
    else:
        _print(plan, decision, refused, facts, understood)


def _understood(
    plan: Plan, says: str, step: str | None, language: str | None, facts: dict[str, str], now: datetime
) -> Understanding:
    spoken = language or facts.get("language", plan.languages[0])
    place = step or _first_question(plan, facts)
    hearing = [name for name, known in plan.steps.items() if known.question]
    if place not in hearing:
        listening = suggest(place, hearing)
        raise SoftswitchError(
            f"The step '{place}' does not listen: choose one with --step that does{listening}"
        )
    if spoken not in plan.languages:
        raise SoftswitchError(f"--language {spoken}: the plan speaks {', '.join(plan.languages)}")
    return explaining.understanding(plan, place, says, facts, spoken, now.replace(tzinfo=None))


def _first_question(plan: Plan, facts: dict[str, str]) -> str:
    talk = Conversation(plan, facts)
    talk.start()
    return talk.step


def _shown(plan: Plan, facts: dict[str, str]) -> dict[str, str]:
    return {name: value for name, value in plan.beginning(facts).items() if name != ROUTE}


def _record(
    plan: Plan, decision: Decision, refused: bool, facts: dict[str, str], understood: Understanding | None
) -> dict[str, Any]:
    found: dict[str, Any] = {
        "plan": plan.name,
        "version": plan.version,
        "taken": not refused,
        "route": decision.route.name if decision.route else None,
        "reasons": list(decision.reasons),
    }
    if not refused:
        found |= {"start": plan.first(facts), "known": _masked(plan, _shown(plan, facts))}
    if understood:
        found["understood"] = {
            "step": understood.step,
            "language": understood.language,
            "intent": understood.intent or None,
            "slots": dict(understood.slots),
            "path": list(understood.path),
            "why": list(understood.why),
            "candidates": [
                {
                    "intent": each.intent,
                    "score": round(each.score, 3),
                    "template": each.template,
                    "why": each.why,
                }
                for each in understood.candidates
            ],
        }
    return found


def _masked(plan: Plan, known: dict[str, str]) -> dict[str, str]:
    return {name: "****" if name in plan.sensitive else value for name, value in known.items()}


def _print(
    plan: Plan, decision: Decision, refused: bool, facts: dict[str, str], understood: Understanding | None
) -> None:
    for reason in decision.reasons:
        click.echo(reason)
    if not plan.routes:
        click.echo("The plan has no routes: it takes every call.")
    if refused:
        click.echo("No route takes the call.")
    else:
        click.echo(f"The call begins at {plan.first(facts)}, in {facts['language']}. Known:")
        for name, value in _masked(plan, _shown(plan, facts)).items():
            click.echo(f"  {name} = {value}")
    if understood:
        _print_understood(understood)


def _print_understood(understood: Understanding) -> None:
    click.echo(f"At {understood.step} that is taken for: {understood.intent or 'nothing'}")
    for name, value in understood.slots.items():
        click.echo(f"  {name} = {value}")
    for why in understood.why:
        click.echo(f"  because {why}")
    click.echo(f"  and leads to {' > '.join(understood.path) or understood.step}")
    click.echo(
        "What came into question:"
        if understood.candidates
        else "No word of meaning is in a sentence that is listened for there."
    )
    for each in understood.candidates:
        click.echo(f"  {each.score:.2f}  {each.intent}: {each.template}\n        {each.why}")
