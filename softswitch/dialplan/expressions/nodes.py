"""What a parsed expression is made of. Every node knows its type, what it needs, and its value.

A value is None where a variable is not set, and where a calculation has no result. `needs` and `proves` see
that `x is set and x > 5` does not need x: what the left side proves, the right side may lean on.
"""

import operator
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from softswitch.dialplan.expressions.values import Value, read

Names = frozenset[str]
NONE: Names = frozenset()
Context = Mapping[str, str]

COMPARISONS: Mapping[str, Callable[[Any, Any], bool]] = {
    "=": operator.eq,
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


class Node:
    """Any part of an expression; `type` is one of values.KINDS."""

    type: str
    parts: Sequence["Node"]

    def needs(self) -> Names:
        """The variables that must be set for this to have its meaning."""
        return NONE.union(*(part.needs() for part in self.parts))

    def proves(self, outcome: bool) -> Names:
        """The variables that are certainly set when this comes out as `outcome`."""
        return NONE

    def value(self, context: Context) -> Value | None:
        raise NotImplementedError

    def variables(self) -> Names:
        return NONE.union(*(part.variables() for part in self.parts))

    def depth(self) -> int:
        return 1 + max((part.depth() for part in self.parts), default=0)


@dataclass(frozen=True)
class Literal(Node):
    parts = ()
    type: str
    constant: Value
    written: str

    def value(self, context: Context) -> Value | None:
        return self.constant


@dataclass(frozen=True)
class Variable(Node):
    parts = ()
    type: str
    name: str
    given: bool
    """True for `today` and `now`, which are always there."""

    def needs(self) -> Names:
        return NONE if self.given else frozenset({self.name})

    def proves(self, outcome: bool) -> Names:
        return self.needs() if outcome else NONE

    def value(self, context: Context) -> Value | None:
        text = context.get(self.name)
        return read(text, self.type) if text else None

    def variables(self) -> Names:
        return frozenset({self.name})


@dataclass(frozen=True)
class Calculation(Node):
    """Arithmetic or a function: no value unless every part has one."""

    type: str
    parts: Sequence[Node]
    compute: Callable[..., Value | None]

    def value(self, context: Context) -> Value | None:
        values = [part.value(context) for part in self.parts]
        return None if None in values else self.compute(*values)


class Condition(Node):
    """yes or no, never without a value."""

    type = "yes_no"


@dataclass(frozen=True)
class IsSet(Condition):
    parts = ()
    variable: Variable
    wanted: bool
    """False for `is not set`."""

    def proves(self, outcome: bool) -> Names:
        return self.variable.needs() if outcome == self.wanted else NONE

    def value(self, context: Context) -> bool:
        return bool(context.get(self.variable.name)) == self.wanted

    def variables(self) -> Names:
        return self.variable.variables()


@dataclass(frozen=True)
class Comparison(Condition):
    """No as soon as a side has no value, whatever is asked."""

    sign: str
    parts: Sequence[Node]

    def proves(self, outcome: bool) -> Names:
        return self.needs() if outcome else NONE

    def value(self, context: Context) -> bool:
        left, right = (_folded(part.value(context)) for part in self.parts)
        return left is not None and right is not None and COMPARISONS[self.sign](left, right)


@dataclass(frozen=True)
class Among(Condition):
    """`x in (a, b)`: parts are x, a and b. `wanted` is False for `not in`."""

    parts: Sequence[Node]
    wanted: bool

    def proves(self, outcome: bool) -> Names:
        return self.parts[0].needs() if outcome else NONE

    def value(self, context: Context) -> bool:
        one, *others = (_folded(part.value(context)) for part in self.parts)
        return one is not None and (one in others) == self.wanted


@dataclass(frozen=True)
class Not(Condition):
    parts: Sequence[Node]

    def proves(self, outcome: bool) -> Names:
        return self.parts[0].proves(not outcome)

    def value(self, context: Context) -> bool:
        return self.parts[0].value(context) is not True


@dataclass(frozen=True)
class Logic(Condition):
    """`and` (decided_by False) or `or` (decided_by True) of two or more parts, from left to right."""

    parts: Sequence[Node]
    decided_by: bool

    def needs(self) -> Names:
        needed, proven = NONE, NONE
        for part in self.parts:
            needed |= part.needs() - proven
            proven |= part.proves(not self.decided_by)
        return needed

    def proves(self, outcome: bool) -> Names:
        each = [part.proves(outcome) for part in self.parts]
        if outcome == self.decided_by:
            return each[0].intersection(*each[1:])
        return NONE.union(*each)

    def value(self, context: Context) -> bool:
        for part in self.parts:
            if (part.value(context) is True) == self.decided_by:
                return self.decided_by
        return not self.decided_by


def _folded(value: Value | None) -> Value | None:
    """Text is compared without regard to capitals."""
    return value.casefold() if isinstance(value, str) else value
