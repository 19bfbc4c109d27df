"""The expression language: values, types, what is needed, and what is refused at which character."""

from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from softswitch.dialplan.expressions import parse
from softswitch.dialplan.expressions.values import KINDS, canonical, read

TYPES = {
    "age": "number",
    "price": "money",
    "order_number": "digits",
    "name": "text",
    "day": "list",
    "due": "date",
    "at": "time",
    "vip": "yes_no",
    "phone": "phone",
    "code": "letters",
}
CONTEXT = {
    "age": "5",
    "price": "42.50",
    "order_number": "0077",
    "name": "Ann",
    "day": "saturday",
    "due": "2026-11-23",
    "at": "09:30",
    "vip": "yes",
    "phone": "+442079460000",
    "code": "AB12",
    "today": "2026-11-20",
    "now": "17:05",
}


@pytest.mark.parametrize(
    ("text", "type_", "value"),
    [
        ("age + 2 * 3", "number", "11"),
        ("(age + 2) * 3", "number", "21"),
        ("10 - 4 - 3", "number", "3"),
        ("7 / 2", "number", "3.5"),
        ("-age + 5", "number", "0"),
        ("0.1 * 3", "number", "0.3"),
        ("age * 2.0", "number", "10"),
        ("100 * 10", "number", "1000"),
        ("price * 2", "money", "85.00"),
        ("price * 0.1", "money", "4.25"),
        ("price / 4", "money", "10.63"),
        ("price / 8.5", "money", "5.00"),
        ("price / price", "number", "1"),
        ("0.001 - price + price - 0.002", "money", "0.00"),
        ("due + 9", "date", "2026-12-02"),
        ("9 + due", "date", "2026-12-02"),
        ("due - 1.9", "date", "2026-11-22"),
        ("due - today", "number", "3"),
        ("2028-2-28 + 1", "date", "2028-02-29"),
        ("'Mixed Case'", "text", "Mixed Case"),
        ("lower(code)", "text", "ab12"),
        ("length(order_number)", "number", "4"),
        ("weekday(due)", "text", "monday"),
        ("hour(at)", "number", "9"),
        ("at", "time", "09:30"),
        ("order_number", "digits", "0077"),
        ("yes", "yes_no", "yes"),
    ],
)
def test_values_and_their_types(text: str, type_: str, value: str) -> None:
    expression = parse(text, TYPES)
    assert (expression.type, expression.evaluate(CONTEXT)) == (type_, value)


@pytest.mark.parametrize(
    "text",
    [
        "age = 5 and age == 5.0 and age != 6 and age < 6 and age <= 5 and age > 4 and age >= 5",
        "name = 'ANN'",
        'name = "ann"',
        "order_number = 0077",
        "0077 = order_number",
        "order_number != 77",
        "order_number in (12, 0077)",
        "day in ('Saturday', 'sunday')",
        "day not in ('monday')",
        "due in (2026-11-23, 2026-11-24)",
        "at < 9:31 and at > 08:00",
        "due > today",
        "due <= today + 3",
        "vip",
        "vip = yes",
        "vip != no",
        "not vip or vip",
        "no and no or yes",
        "not no and yes",
        "not (no or yes) = no",
        "name is set",
        "weekday(due) = 'Monday'",
        "hour(now) >= 17",
        "price > 42 and price < 42.51",
        "phone = '+442079460000'",
    ],
)
def test_conditions_that_hold(text: str) -> None:
    assert parse(text, TYPES).holds(CONTEXT)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("age > 5", "no"),
        ("age != 5", "no"),
        ("age not in (5, 6)", "no"),
        ("5 in (age)", "no"),
        ("age + 1 < 10", "no"),
        ("not age = 5", "yes"),
        ("age + 1", ""),
        ("-age", ""),
        ("length(name)", ""),
        ("age is set", "no"),
        ("age is not set", "yes"),
        ("vip and yes", "no"),
        ("vip or yes", "yes"),
        ("vip", ""),
        ("age is set and age > 3 or yes", "yes"),
    ],
)
def test_what_is_not_set_compares_as_no_and_computes_to_nothing(text: str, value: str) -> None:
    assert parse(text, TYPES).evaluate({}) == value


@pytest.mark.parametrize(
    "text",
    ["1 / 0", "price / (age - 5)", "9999-12-31 + 1", "0001-01-01 - 1", "due + 9999999999999999999999999999"],
)
def test_what_cannot_be_computed_is_not_set(text: str) -> None:
    assert parse(text, TYPES).evaluate(CONTEXT) == ""


def test_numbers_that_grow_beyond_bounds_are_not_set() -> None:
    big = "9" * 28
    assert parse(f"{big} * {big}", {}).evaluate({}) == ""
    assert parse(f"price * {big}", TYPES).evaluate(CONTEXT) == ""


@pytest.mark.parametrize("value", ["", "five", "1e5", "NaN", "Infinity", " 5", "٥"])
def test_a_value_that_is_none_of_its_type_counts_as_not_set(value: str) -> None:
    assert parse("age + 1", TYPES).evaluate({"age": value}) == ""


@pytest.mark.parametrize(
    ("text", "needs"),
    [
        ("age > 5 and name = 'a'", {"age", "name"}),
        ("age is set", set()),
        ("age is set and age > 5", set()),
        ("age > 5 and age is set", {"age"}),
        ("age is not set or age > 5", set()),
        ("not (age is not set) and age > 5", set()),
        ("not (age is not set or name is not set) and age > length(name)", set()),
        ("(age is set or name is set) and age > 5", {"age"}),
        ("age is set or age > 5", {"age"}),
        ("age is set and name is set and age > length(name)", set()),
        ("today > 2026-01-01 and now > 9:00", set()),
        ("vip", {"vip"}),
    ],
)
def test_needs_sees_what_is_guarded(text: str, needs: set[str]) -> None:
    assert parse(text, TYPES).needs == needs


def test_variables_are_all_names_used() -> None:
    assert parse("age is set and lower(name) in ('a', code) or now > 9:00", TYPES).variables == {
        "age",
        "name",
        "code",
        "now",
    }


def test_a_plan_may_declare_its_own_today() -> None:
    expression = parse("today = 'sunny'", {"today": "text"})
    assert expression.holds({"today": "sunny"})
    assert expression.needs == {"today"}


@pytest.mark.parametrize(
    ("text", "at", "told"),
    [
        ("", 1, "expected a value"),
        ("age >", 6, "got the end"),
        ("age = = 5", 7, "got '='"),
        ("age = 5 = 6", 9, "join comparisons with 'and'"),
        ("1 < age < 9", 9, "join comparisons with 'and'"),
        ("age 5", 5, "expected an operator"),
        ("(age = 5", 9, "expected ')'"),
        ("agee = 5", 1, "did you mean 'age'?"),
        ("day in (saturday)", 9, "text stands in quotes: 'saturday'"),
        ("day in 'saturday'", 8, "in parentheses"),
        ("day in ('a' 'b')", 13, "expected ',' or ')'"),
        ("lenght(name) > 3", 1, "did you mean 'length'?"),
        ("order_number + 'x'", 14, "order_number is digits, 'x' is text"),
        ("due = 5", 5, "due is a date, 5 is a number"),
        ("due = '2026-12-24'", 5, "write 2026-12-24 without quotes"),
        ("name = 5", 6, "write '5' in quotes"),
        ("order_number > 5", 14, "only '=' and '!='"),
        ("name < 'b'", 6, "only '=' and '!='"),
        ("due + due", 5, "'+' adds numbers, or days to a date"),
        ("at + 1", 4, "at is a time"),
        ("length(age)", 1, "length() takes text; age is a number"),
        ("-name", 1, "stands before numbers"),
        ("vip and age", 9, "must be yes or no"),
        ("not age", 1, "must be yes or no"),
        ("age + 1 is set", 9, "only a variable"),
        ("age is 5", 8, "to compare, write '='"),
        ("age not 5", 9, "expected 'in'"),
        ("age && vip", 5, "write 'and'"),
        ("vip AND vip", 5, "write 'and', in small letters"),
        ("vip = true", 7, "write yes"),
        ("{age} = 5", 1, "without braces"),
        ("name = 'Ann", 8, "closing quote is missing"),
        ("name = ‘Ann’", 8, "straight quotes"),
        ("due = 2026-13-01", 7, "no such date"),
        ("at = 25:00", 6, "no such time"),
        ("age = 5.", 7, "expected a number such as 5 or 2.5"),
        ("age = 1,000", 8, "got ','"),
        ("age = 5; age", 8, "unknown character ';'"),
        ("__import__('os')", 1, "unknown function"),
        ("name.upper = 'A'", 1, "unknown variable"),
        (f"age = {'9' * 29}", 7, "at most 28 digits"),
    ],
)
def test_what_is_wrong_is_told_with_its_place(text: str, at: int, told: str) -> None:
    with pytest.raises(ValueError, match=f"^at character {at}: ") as error:
        parse(text, TYPES)
    assert told in str(error.value)


@pytest.mark.parametrize(
    "text", ["(" * 21 + "1" + ")" * 21, "not " * 21 + "vip", "-" * 21 + "1", "1+" * 20 + "1"]
)
def test_nesting_is_bounded(text: str) -> None:
    with pytest.raises(ValueError, match="more than 20 operations one inside another"):
        parse(text, TYPES)


def test_twenty_levels_and_long_rows_of_or_are_taken() -> None:
    assert parse("(" * 20 + "yes" + ")" * 20, {}).holds({})
    assert parse(" or ".join(["age = 1"] * 40 + ["age = 5"]), TYPES).holds(CONTEXT)


def test_length_is_bounded() -> None:
    assert parse("age".ljust(500), TYPES).evaluate(CONTEXT) == "5"
    with pytest.raises(ValueError, match="at most 500 characters"):
        parse("age".ljust(501), TYPES)


DOCUMENT = Path(__file__).parents[2] / "docs/reference/expressions.md"


def test_the_documents_examples_parse() -> None:
    examples = DOCUMENT.read_text().split("## Examples")[1].split("##")[0]
    rows = [row.split("`")[1] for row in examples.splitlines() if row.startswith("| `")]
    types = {"pickup_date": "date", "account": "digits", "vip": "yes_no", "total": "money"}
    assert len(rows) == 5
    assert {parse(row, types).type for row in rows} == {"yes_no"}


def test_the_documents_messages_are_those_given() -> None:
    document = DOCUMENT.read_text()
    types = {"order_number": "digits", "due": "date"}
    for text in ("order_numbr = 5", "order_number + 'x'", "due = '2026-12-24'"):
        with pytest.raises(ValueError) as error:
            parse(text, types)
        assert f"\n{error.value}\n" in document


@settings(deadline=None)
@given(st.text(max_size=60))
def test_any_text_parses_or_raises_value_error(text: str) -> None:
    try:
        parse(text, TYPES)
    except ValueError as error:
        assert str(error)


SIGNS = ["(", ")", "+", "-", "*", "/", "=", "!=", "<", ">=", ","]
WORDS = [*TYPES, *SIGNS, "today", "now", "in", "is", "not", "set", "and", "or", "yes", "no"]
PIECES = st.sampled_from(
    [
        *WORDS,
        "is set",
        "0",
        "2.5",
        "0077",
        "'ann'",
        "2026-12-24",
        "9:30",
        "length(",
        "lower(",
        "weekday(",
        "hour(",
    ]
)


@settings(deadline=None)
@given(st.lists(PIECES, max_size=25))
def test_any_row_of_tokens_parses_or_raises_value_error(pieces: list[str]) -> None:
    text = " ".join(pieces)
    try:
        expression = parse(text, TYPES)
    except ValueError:
        return
    assert expression.needs <= expression.variables


def grown(node: dict[str, st.SearchStrategy[str]]) -> dict[str, st.SearchStrategy[str]]:
    """Expressions of every kind, one operation above the given ones."""

    def both(left: str, sign: str, right: str) -> st.SearchStrategy[str]:
        signs = st.sampled_from(sign.split())
        return st.tuples(node[left], signs, node[right]).map(lambda three: f"({' '.join(three)})")

    def applied(function: str, kind: str) -> st.SearchStrategy[str]:
        return node[kind].map(lambda inner: f"{function}({inner})")

    sets = st.sampled_from(sorted(TYPES)).flatmap(
        lambda name: st.sampled_from([f"{name} is set", f"{name} is not set"])
    )
    orders = "= != < <= > >="
    conditions = [both(kind, orders, kind) for kind in ("number", "date", "time")]
    conditions += [both("text", "= !=", "text"), both("yes_no", "and or", "yes_no"), sets]
    conditions += [node["yes_no"].map(lambda inner: f"(not {inner})")]
    conditions += [st.tuples(node["text"], node["text"]).map(lambda two: f"({two[0]} in ('a', {two[1]}))")]
    return {
        "number": st.one_of(
            both("number", "+ - * /", "number"),
            both("date", "-", "date"),
            applied("length", "text"),
            applied("hour", "time"),
        ),
        "date": both("date", "+ -", "number"),
        "time": node["time"],
        "text": st.one_of(applied("lower", "text"), applied("weekday", "date")),
        "yes_no": st.one_of(conditions),
    }


def expressions() -> st.SearchStrategy[str]:
    leaves = {
        "number": st.sampled_from(["age", "price", "0", "2.5", "7" * 28, "-3", "0." + "0" * 26 + "1"]),
        "date": st.sampled_from(["due", "today", "2026-12-24", "9999-12-31"]),
        "time": st.sampled_from(["at", "now", "9:30"]),
        "text": st.sampled_from(["name", "day", "phone", "code", "'ann'", "''"]),
        "yes_no": st.sampled_from(["vip", "yes", "no"]),
    }
    once = grown(leaves)
    mixed = {kind: st.one_of(leaves[kind], once[kind]) for kind in leaves}
    return st.one_of(*grown(mixed).values())


VALUES = st.one_of(
    st.sampled_from(sorted(CONTEXT.values())),
    st.text(max_size=8),
    st.from_regex(r"-?[0-9]{1,28}(\.[0-9]{1,28})?"),
)


@settings(deadline=None)
@example("lower(phone)", {"phone": "yes"})
@given(expressions(), st.dictionaries(st.sampled_from(sorted(CONTEXT)), VALUES))
def test_evaluating_never_raises_and_gives_text_that_its_type_reads_back(
    text: str, changed: dict[str, str]
) -> None:
    expression = parse(text, TYPES)
    for context in (changed, CONTEXT | changed):
        value = expression.evaluate(context)
        again = read(value, expression.type)
        assert value == "" or (again is not None and canonical(again, expression.type) == value)
        assert expression.holds(context) == (expression.type == "yes_no" and value == "yes")


@settings(deadline=None)
@given(expressions(), st.sets(st.sampled_from(sorted(TYPES))))
def test_what_is_not_needed_makes_no_difference_where_it_is_missing(text: str, missing: set[str]) -> None:
    """All that is needed being set, no calculation of a number, date or time lacks a variable."""
    expression = parse(text, TYPES)
    if expression.type == "yes_no" or missing & expression.needs:
        return
    context = {name: value for name, value in CONTEXT.items() if name not in missing}
    assert expression.evaluate(context) == expression.evaluate(CONTEXT)


def test_every_type_has_a_canonical_text_that_reads_back() -> None:
    examples = {"number": "2.5", "money": "42.50", "date": "2026-11-23", "time": "09:30", "yes_no": "no"}
    for type_ in KINDS:
        text = examples.get(type_, "AB12")
        assert canonical(read(text, type_), type_) == text
