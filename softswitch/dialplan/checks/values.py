"""Expressions that can be read, and values that fit the types of their variables."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from softswitch.dialplan.checks.declared import columns, known_variables
from softswitch.dialplan.expressions import Expression, parse
from softswitch.dialplan.expressions.nodes import Literal
from softswitch.dialplan.expressions.values import KINDS
from softswitch.dialplan.files.flow import Step
from softswitch.dialplan.files.plan import PlanFile
from softswitch.dialplan.reading import Draft
from softswitch.dialplan.slots import Slot, slot
from softswitch.marked_yaml import Document, Place

Expressions = Mapping[tuple[str, Place], Expression]
"""By step and place inside the step."""


@dataclass(frozen=True, slots=True)
class Written:
    """An expression as it is written, at its place inside a step. `fills` is the variable that it gives a
    value, "" where it is a condition.
    """

    place: Place
    text: str
    fills: str = ""


def check(draft: Draft) -> Expressions:
    """The expressions of all sound steps, as far as they can be read."""
    if draft.plan is None:
        return {}
    values = _Values(draft, draft.plan)
    values.check_declared()
    values.check_routes()
    _tables(draft)
    values.check_tables()
    return values.expressions()


def written(step: Step) -> Iterator[Written]:
    """Every expression of a step, in the order in which they are computed."""
    for name, text in step.set.items():
        yield Written(("set", name), text, name)
    if step.if_ is not None:
        for number, branch in enumerate(step.if_):
            yield Written(("if", number, "when"), branch.when)
    if step.collect:
        if step.collect.valid:
            yield Written(("collect", "valid"), step.collect.valid)
        for name, field in step.collect.form.items():
            if field.valid:
                yield Written(("collect", "form", name, "valid"), field.valid)
    if step.dtmf and step.dtmf.valid:
        yield Written(("dtmf", "valid"), step.dtmf.valid)


class _Values:
    def __init__(self, draft: Draft, plan: PlanFile) -> None:
        self._draft, self._plan = draft, plan
        self._types = {name: type_ for name, type_ in known_variables(draft).items() if type_ in KINDS}
        self._slots: dict[str, Slot] = {}
        for name, variable in plan.variables.items():
            if variable.of is None or variable.of in draft.lists:
                self._declare(name)

    def _declare(self, name: str) -> None:
        declared, language = self._draft.declaration(name), self._draft.languages[0]
        sound = replace(declared, minimum="", maximum="")
        limits = {
            "from": replace(sound, minimum=declared.minimum),
            "to": replace(sound, maximum=declared.maximum),
        }
        for key, limited in limits.items():
            try:
                slot(limited, language)
            except ValueError as error:
                place: Place = ("variables", name, key)
                self._draft.report("wrong-type", self._draft.plan_document, place, str(error))
                return
        self._slots[name] = slot(declared, language)

    def check_declared(self) -> None:
        """The values that variables begin with."""
        for name, variable in self._plan.variables.items():
            if variable.value:
                self._fits(self._draft.plan_document, ("variables", name, "value"), name, variable.value)

    def check_routes(self) -> None:
        for number, route in enumerate(self._plan.routes):
            for name, text in route.set.items():
                self._fits(self._draft.plan_document, ("routes", number, "set", name), name, text)

    def check_tables(self) -> None:
        for table, model in self._draft.tables.items():
            document = self._draft.documents["tables"][table]
            for key, row in model.rows.items():
                for name, text in row.items():
                    self._fits(document, ("rows", key, name), name, text)

    def _fits(self, document: Document, place: Place, name: str, text: str) -> None:
        if name in self._slots and not self._slots[name].fits(text):
            message = f"'{text}' does not fit `{name}`, which is {self._told(name)}"
            self._draft.report("wrong-type", document, place, message)

    def _told(self, name: str) -> str:
        """The declaration in words."""
        variable = self._plan.variables[name]
        parts = [variable.type.replace("yes_no", "yes or no")]
        if variable.length:
            parts.append("-".join(map(str, dict.fromkeys(variable.length))) + " long")
        parts += [f"from {variable.minimum}"] if variable.minimum else []
        parts += [f"to {variable.maximum}"] if variable.maximum else []
        if variable.of:
            values = self._draft.lists[variable.of].values
            parts.append(f"of {variable.of}: {', '.join(list(values)[:10])}")
        return " ".join(parts)

    def expressions(self) -> dict[tuple[str, Place], Expression]:
        found: dict[tuple[str, Place], Expression] = {}
        for flow, model in self._draft.flows.items():
            document = self._draft.documents["flows"][flow]
            for name, step in model.steps.items():
                for each in written(step):
                    if expression := self._read(document, ("steps", name), each):
                        found[name, each.place] = expression
        return found

    def _read(self, document: Document, step: Place, each: Written) -> Expression | None:
        place = (*step, *each.place)
        try:
            expression = parse(each.text, self._types)
        except ValueError as error:
            rule = "unknown-variable" if "unknown variable" in str(error) else "wrong-expression"
            self._draft.report(rule, document, place, str(error))
            return None
        if each.fills:
            self._check_set(document, place, each.fills, expression)
        elif expression.type != "yes_no":
            message = f"expected a condition, such as a comparison; this is {expression.type}"
            self._draft.report("wrong-expression", document, place, message)
        return expression

    def _check_set(self, document: Document, place: Place, name: str, expression: Expression) -> None:
        wanted = self._types.get(name)
        if wanted is None:
            return
        if isinstance(expression.node, Literal):
            text = expression.evaluate({})
            if KINDS[wanted] == "text" and KINDS[expression.type] != "text":
                message = (
                    f"`{name}` is {self._told(name)}; write '{expression.text}' in quotes inside of quotes"
                )
                self._draft.report("wrong-type", document, place, message)
            else:
                self._fits(document, place, name, text)
        elif KINDS[wanted] != KINDS[expression.type]:
            message = f"`{name}` is {self._told(name)}, and this gives {expression.type}"
            self._draft.report("wrong-type", document, place, message)


def _tables(draft: Draft) -> None:
    for name, table in draft.tables.items():
        document = draft.documents["tables"][name]
        wanted = columns(document)
        if not table.rows:
            draft.report("uneven-table", document, ("rows",), "expected at least one row")
        for key, row in table.rows.items():
            if row.keys() != set(wanted):
                message = f"every row needs the same columns: {', '.join(sorted(wanted))}"
                draft.report("uneven-table", document, ("rows", key), message, key=True)
