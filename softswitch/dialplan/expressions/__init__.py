"""The expression language of `if`, `validate` and `set`: small, typed, and never Python's eval.

`parse` finds everything that can be wrong; evaluating what it accepted raises nothing.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from softswitch.dialplan.expressions.nodes import Node
from softswitch.dialplan.expressions.parser import Parser
from softswitch.dialplan.expressions.values import canonical


@dataclass(frozen=True, slots=True)
class Expression:
    """`type` is one of values.KINDS. `needs` are the variables used other than behind `is set`; `today` and
    `now` are always there and in `variables` only."""

    text: str
    type: str
    variables: frozenset[str]
    needs: frozenset[str]
    node: Node

    def evaluate(self, context: Mapping[str, str]) -> str:
        """The value as canonical text of `type`.

        Where a variable that it uses is not set, a comparison is `no` and a calculation empty, which is: not
        set. So is what cannot be computed, such as a division by zero.
        """
        return canonical(self.node.value(context), self.type)

    def holds(self, context: Mapping[str, str]) -> bool:
        return self.node.value(context) is True


def parse(text: str, types: Mapping[str, str]) -> Expression:
    """An expression over variables of these types (names of values.KINDS).

    Raises ValueError with a sentence: at which character (from 1), what was expected, and the nearest
    variable when one is misspelt.
    """
    node = Parser(text, types).whole()
    return Expression(text, node.type, node.variables(), node.needs(), node)
