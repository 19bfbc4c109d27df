"""Types of variables, and their values: canonical text outside, Python's values while an expression works.

| type | kind | canonical text |
|---|---|---|
| number | number | `5`, `2.5`, `-3` |
| money | number | `42.50` |
| digits, phone, letters, list, text | text | as it is |
| date | date | `2026-11-23` |
| time | time | `09:30` |
| yes_no | yes_no | `yes`, `no` |
"""

import re
from collections.abc import Mapping
from datetime import date, time, timedelta
from decimal import ROUND_HALF_UP, Context, Decimal

Value = Decimal | str | date | time | bool

KINDS: Mapping[str, str] = {
    "number": "number",
    "money": "number",
    "digits": "text",
    "phone": "text",
    "letters": "text",
    "list": "text",
    "text": "text",
    "date": "date",
    "time": "time",
    "yes_no": "yes_no",
}
"""What each type is worked with as."""

DIGITS = 28
"""Significant digits of every number, and the greatest power of ten."""

# No traps: what cannot be computed comes out as no finite number, and counts as not set.
ARITHMETIC = Context(prec=DIGITS, Emin=-DIGITS, Emax=DIGITS, rounding=ROUND_HALF_UP, traps=[])

NUMBER = re.compile(r"-?[0-9]{1,30}(\.[0-9]{1,60})?")
DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
TIME = re.compile(r"[0-9]{2}:[0-9]{2}")


def read(text: str, type_: str) -> Value | None:
    """The value that a canonical text of the type stands for; None when it is none of that type."""
    kind = KINDS[type_]
    try:
        if kind == "number":
            return finite(ARITHMETIC.create_decimal(text)) if NUMBER.fullmatch(text) else None
        if kind == "date":
            return date.fromisoformat(text) if DATE.fullmatch(text) else None
        if kind == "time":
            return time.fromisoformat(text) if TIME.fullmatch(text) else None
    except ValueError:
        return None
    if kind == "yes_no":
        return {"yes": True, "no": False}.get(text)
    return text


def canonical(value: Value | None, type_: str) -> str:
    """The text of a value, as variables of the type hold it; empty for None."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Decimal):
        return _money(value) if type_ == "money" else _number(value)
    if isinstance(value, time):
        return value.strftime("%H:%M")
    return value.isoformat() if isinstance(value, date) else value


def finite(number: Decimal) -> Decimal | None:
    return number if number.is_finite() else None


def days_later(day: date, days: Decimal) -> date | None:
    """The date so many days later, parts of a day left out; None beyond the calendar (years 1 to 9999)."""
    try:
        return day + timedelta(days=int(days))
    except OverflowError:
        return None


def _number(value: Decimal) -> str:
    text = f"{value:f}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text == "-0" else text


def _money(value: Decimal) -> str:
    rounded = finite(value.quantize(Decimal("0.01"), context=ARITHMETIC))
    return "" if rounded is None else f"{abs(rounded) if rounded.is_zero() else rounded:f}"
