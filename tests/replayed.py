"""A recorded call's events, given once more to the pure interpreter: it must do what it did then."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime

from softswitch.dialplan.conversation import Conversation
from softswitch.dialplan.plan import Plan
from softswitch.dialplan.routes import CallFacts
from softswitch.events import Heard, Input, NoInput, Pressed, Say, TransferFailed
from softswitch.news import TurnFinished
from softswitch.store.queries import CallHistory


def assert_replays(plan: Plan, history: CallHistory, remembered: Mapping[str, str] | None = None) -> None:
    """Every turn of the call leads to the same intent, steps, language and words as it is recorded with.

    `plan` is the version that answered; `remembered` are the caller variables of that moment.
    """
    call = history.call
    assert (plan.name, plan.version) == (call.plan, call.plan_version)
    at = datetime.fromtimestamp(call.started_at, UTC)
    facts = CallFacts(
        call.trunk,
        call.from_uri,
        call.to_uri,
        at,
        call.direction,
        attestation=call.attestation.partition(":")[0],
    )
    known = plan.facts(facts, plan.route(facts)) | dict(remembered or {})
    talk = Conversation(plan, known)
    assert list(_again(talk, history.turns)) == [_bare(turn) for turn in history.turns]


def _bare(turn: TurnFinished) -> TurnFinished:
    """What the interpreter decides of it."""
    return TurnFinished(
        "", turn.number, turn.step, turn.via, "", 0.0, turn.intent, turn.said, 0.0, 0.0, "", 0.0, {},
        turn.path, turn.language,
    )  # fmt: skip


def _again(talk: Conversation, turns: tuple[TurnFinished, ...]) -> Iterator[TurnFinished]:
    before: TurnFinished | None = None
    for turn in turns:
        step = talk.step
        actions = talk.take(_event(turn, before)) if before else talk.start()
        said = " ".join(action.text for action in actions if isinstance(action, Say))
        found = replace(_bare(turn), step=step, intent=talk.intent, said=said, path=talk.path)
        yield replace(found, language=talk.language)
        before = turn


def _event(turn: TurnFinished, before: TurnFinished) -> Input:
    match turn.via:
        case "speech":
            cut = before.said_heard_s < before.said_s
            return Heard(turn.heard, turn.confidence, turn.alternatives, cut, before.said_heard)
        case "dtmf":
            return Pressed(turn.heard, before.said_heard)
        case "silence":
            return NoInput()
        case "transfer":
            return TransferFailed(int(turn.heard))
    raise AssertionError(f"a turn by {turn.via} is no event of a caller")
