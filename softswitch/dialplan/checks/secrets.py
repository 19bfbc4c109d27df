"""Sensitive variables stay in the call: never said, given away, or copied into what is not sensitive."""

from softswitch.dialplan.checks.places import all_given
from softswitch.dialplan.checks.texts import HEARD
from softswitch.dialplan.checks.values import Expressions, written
from softswitch.dialplan.checks.ways import Ways
from softswitch.dialplan.files.texts import Line
from softswitch.dialplan.markup import variables


def check(ways: Ways, expressions: Expressions) -> None:
    secrets = {name for name, variable in ways.plan.variables.items() if variable.sensitive}
    if secrets:
        _said(ways, secrets)
        _heard(ways, secrets)
        _given(ways, secrets)
        _called(ways, secrets)
        _copied(ways, secrets, expressions)


def _said(ways: Ways, secrets: set[str]) -> None:
    for each in all_given(ways.draft):
        for _, place, line in each.each():
            for name in sorted(secrets & variables(line.text)) if isinstance(line, Line) else ():
                message = f"'{name}' is sensitive and may not be said"
                ways.draft.report("secret-said", each.document, place, message)


def _heard(ways: Ways, secrets: set[str]) -> None:
    """Where a secret is asked for, `{heard}` would be it."""
    for name, step in ways.steps.items():
        fields = set(step.collect.fields) if step.collect else set()
        failure = step.low_confidence
        if failure and fields & secrets:
            said = {variable for _, line in _lines(failure.say.given) for variable in variables(line.text)}
            if HEARD in said:
                message = f"'{{{HEARD}}}' would say '{min(fields & secrets)}', which is sensitive"
                ways.draft.report_step("secret-said", name, message, "low_confidence")


def _lines(given: object) -> list[tuple[str, Line]]:
    assert isinstance(given, dict)
    return [(language, line) for language, lines in given.items() for line in lines]


def _given(ways: Ways, secrets: set[str]) -> None:
    for name, action in ways.plan.actions.items():
        if action.kind == "lookup":  # what is looked up is written down nowhere
            continue
        for number, variable in enumerate(action.arguments):
            if variable in secrets:
                message = f"'{variable}' is sensitive, and action '{name}' would write it down"
                place = ("actions", name, "arguments", number)
                ways.draft.report("secret-given", ways.draft.plan_document, place, message)
        if action.order_by in secrets:
            message = f"'{action.order_by}' is sensitive, and action '{name}' would write it down"
            ways.draft.report(
                "secret-given", ways.draft.plan_document, ("actions", name, "order_by"), message
            )


def _called(ways: Ways, secrets: set[str]) -> None:
    for name, step in ways.steps.items():
        if step.leave and step.leave.number in secrets:
            message = f"'{step.leave.number}' is sensitive, and whoever calls back would see it"
            ways.draft.report_step("secret-given", name, message, "leave", "number")


def _copied(ways: Ways, secrets: set[str], expressions: Expressions) -> None:
    """A condition that looks at a secret may be met or not; that gives nothing away."""
    for name, step in ways.steps.items():
        for each in written(step):
            expression = expressions.get((name, each.place))
            if not expression or not each.fills or each.fills in secrets or expression.type == "yes_no":
                continue
            for secret in sorted(expression.variables & secrets):
                message = f"'{secret}' is sensitive, and '{each.fills}' is not"
                ways.draft.report_step("secret-given", name, message, *each.place)
