"""What is said of a call that the node is to make: values of variables, checked before anything rings."""

from collections.abc import Iterator, Mapping

from softswitch.complaints import suggest
from softswitch.dialplan.files.variables import GIVEN
from softswitch.dialplan.plan import Plan
from softswitch.e164 import e164
from softswitch.errors import SoftswitchError


def check(plan: Plan, given: Mapping[str, str]) -> dict[str, str]:
    """The values by variable, numbers as E.164. Raises SoftswitchError that names all that is wrong."""
    country = plan.settings.country
    phones = [name for name, variable in plan.settings.variables.items() if variable.type == "phone"]
    values = {name: e164(text, country) or text if name in phones else text for name, text in given.items()}
    if problems := list(_problems(plan, values)):
        raise SoftswitchError(f"the dialplan {plan.name} cannot take that: {'; '.join(problems)}")
    return values


def _problems(plan: Plan, values: Mapping[str, str]) -> Iterator[str]:
    declared, slots = plan.settings.variables, plan.slots[plan.languages[0]]
    settable = [name for name, variable in declared.items() if variable.scope != "plan"]
    for name, text in values.items():
        if name in GIVEN:
            continue
        if name not in declared:
            yield f"it has no variable '{name}'{suggest(name, settable)}"
        elif name not in settable:
            yield f"'{name}' is the plan's own and always {declared[name].value}"
        elif not text or not slots[name].fits(text):
            yield f"'{text}' does not fit '{name}', which is {_told(plan, name)}"


def _told(plan: Plan, name: str) -> str:
    """The declaration in words, with an example where the form is not plain."""
    variable = plan.settings.variables[name]
    parts = [variable.type.replace("yes_no", "yes or no")]
    if example := {"date": "2026-11-23", "time": "09:30", "phone": "+442079460000"}.get(variable.type):
        parts.append(f"such as {example}")
    if variable.length:
        parts.append("-".join(map(str, dict.fromkeys(variable.length))) + " long")
    parts += [f"from {variable.minimum}"] if variable.minimum else []
    parts += [f"to {variable.maximum}"] if variable.maximum else []
    parts += [f"of the list {variable.of}"] if variable.of else []
    return " ".join(parts)
