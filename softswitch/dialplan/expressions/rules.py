"""Which operations fit which types: nodes are made here, or refused with a sentence that says what fits."""

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from softswitch.dialplan.expressions.lexer import Token, wrong
from softswitch.dialplan.expressions.nodes import Among, Calculation, Comparison, Literal, Node, Variable
from softswitch.dialplan.expressions.values import ARITHMETIC, KINDS, Value, days_later, finite, read

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")

FUNCTIONS: Mapping[str, tuple[str, str, Callable[[Any], Value | None]]] = {
    "length": ("text", "number", lambda text: Decimal(len(text))),
    "lower": ("text", "text", str.lower),
    "weekday": ("date", "text", lambda day: WEEKDAYS[day.weekday()]),
    "hour": ("time", "number", lambda at: Decimal(at.hour)),
}
"""By name: the kind it takes, the type it gives, how."""

NAMES = {
    "text": "text",
    "number": "a number",
    "date": "a date",
    "time": "a time",
    "yes_no": "yes or no",
    "list": "a list value",
    "phone": "a phone number",
}
FITS = {
    "+": "'+' adds numbers, or days to a date",
    "-": "'-' subtracts numbers, days from a date, or a date from a date",
    "*": "'*' multiplies numbers",
    "/": "'/' divides numbers",
}


def arithmetic(sign: Token, left: Node, right: Node) -> Node:
    kinds = KINDS[left.type], sign.text, KINDS[right.type]
    if kinds[0] == kinds[2] == "number":
        return Calculation(_number_type(left, sign.text, right), (left, right), NUMBERS[sign.text])
    if kinds in DATES:
        type_, compute = DATES[kinds]
        return Calculation(type_, (left, right), compute)
    raise wrong(sign.at, f"{FITS[sign.text]}; {_both(left, right)}")


def negative(sign: Token, operand: Node) -> Node:
    if KINDS[operand.type] != "number":
        raise wrong(sign.at, f"'-' stands before numbers; {_told(operand, 'what follows')}")
    return Calculation(operand.type, (operand,), lambda number: finite(ARITHMETIC.minus(number)))


def comparison(sign: Token, left: Node, right: Node) -> Node:
    left, right = comparable(sign, left, right)
    kind = KINDS[left.type]
    if kind in ("text", "yes_no") and sign.text not in ("=", "==", "!="):
        raise wrong(sign.at, f"only '=' and '!=' compare {NAMES[kind]}; {_both(left, right)}")
    return Comparison(sign.text, (left, right))


def among(sign: Token, left: Node, items: list[Node], *, wanted: bool) -> Node:
    alike = [comparable(sign, left, item)[1] for item in items]
    return Among((left, *alike), wanted)


def comparable(sign: Token, left: Node, right: Node) -> tuple[Node, Node]:
    """Both sides as they can be compared: beside digits, 0077 is the digits as written."""
    if left.type == "digits":
        right = _as_digits(right)
    if right.type == "digits":
        left = _as_digits(left)
    if KINDS[left.type] != KINDS[right.type]:
        raise wrong(sign.at, f"these cannot be compared: {_both(left, right)}{_unquote(left, right)}")
    return left, right


def condition(place: Token, node: Node, role: str) -> Node:
    if node.type != "yes_no":
        raise wrong(place.at, f"{role} must be yes or no, such as a comparison; {_told(node, 'this')}")
    return node


def call(name: Token, argument: Node) -> Node:
    kind, type_, compute = FUNCTIONS[name.text]
    if KINDS[argument.type] != kind:
        raise wrong(name.at, f"{name.text}() takes {NAMES[kind]}; {_told(argument, 'what it is given')}")
    return Calculation(type_, (argument,), compute)


NUMBERS: Mapping[str, Callable[[Decimal, Decimal], Decimal | None]] = {
    "+": lambda left, right: finite(ARITHMETIC.add(left, right)),
    "-": lambda left, right: finite(ARITHMETIC.subtract(left, right)),
    "*": lambda left, right: finite(ARITHMETIC.multiply(left, right)),
    "/": lambda left, right: finite(ARITHMETIC.divide(left, right)),
}
DATES: Mapping[tuple[str, str, str], tuple[str, Callable[[Any, Any], Value | None]]] = {
    ("date", "+", "number"): ("date", days_later),
    ("number", "+", "date"): ("date", lambda days, day: days_later(day, days)),
    ("date", "-", "number"): ("date", lambda day, days: days_later(day, -days)),
    ("date", "-", "date"): ("number", lambda day, earlier: Decimal((day - earlier).days)),
}


def _number_type(left: Node, sign: str, right: Node) -> str:
    """Money stays money, but for money divided by money, which is a plain number."""
    money = [node.type == "money" for node in (left, right)]
    return "money" if (money == [True, False] if sign == "/" else any(money)) else "number"


def _as_digits(node: Node) -> Node:
    if isinstance(node, Literal) and node.type == "number" and node.written.isdigit():
        return Literal("digits", node.written, node.written)
    return node


def _both(left: Node, right: Node) -> str:
    return f"{_told(left, 'the left side')}, {_told(right, 'the right side')}"


def _told(node: Node, place: str) -> str:
    """'order_number is digits'"""
    shown = node.name if isinstance(node, Variable) else node.written if isinstance(node, Literal) else place
    return f"{shown} is {NAMES.get(node.type, node.type)}"


def _unquote(left: Node, right: Node) -> str:
    """A date in quotes is text, which its author can hardly see; and a bare number is none."""
    for literal, other in ((left, right), (right, left)):
        if not isinstance(literal, Literal):
            continue
        if literal.type == "text" and read(str(literal.constant), other.type) is not None:
            return f"; write {literal.constant} without quotes"
        if literal.type != "text" and KINDS[other.type] == "text":
            return f"; write '{literal.written}' in quotes"
    return ""
