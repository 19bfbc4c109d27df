"""Sentence templates: what they stand for, and what is wrong with them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from softswitch.dialplan.expansion import count, examples, expand, phrases
from softswitch.dialplan.templates import MAX_WORDS, Rules, names_in, parse, parse_rules, rules_of, slots_of

RULES = parse_rules({"polite": "(could you|please)", "tell": "[<polite>] (tell|give) me", "fill": "[um|uh]"})


@pytest.mark.parametrize(
    ("template", "stands_for"),
    [
        ("What's your Name?", {"what's your name"}),
        ("[good] bye", {"bye", "good bye"}),
        ("(a|b) [c|d {e}]", {"a", "a c", "a d {e}", "b", "b c", "b d {e}"}),
        ("<polite> wait", {"could you wait", "please wait"}),
        (
            "<tell> {it}",
            {
                f"{start}{verb} me {{it}}"
                for start in ("", "could you ", "please ")
                for verb in ("tell", "give")
            },
        ),
        ("<fill> well", {"well", "um well", "uh well"}),
        ("... order ...", {"… order …"}),
        ("… order", {"… order"}),
    ],
)
def test_a_template_stands_for_phrases(template: str, stands_for: set[str]) -> None:
    choice = parse(template, RULES)
    assert set(phrases(choice)) == set(expand(template, RULES)) == stands_for
    assert count(choice) >= len(stands_for)


@pytest.mark.parametrize(
    ("template", "complaint"),
    [
        ("[maybe]", "may stand for no words"),
        ("", "may stand for no words"),
        ("...", "may stand for no words"),
        ("<fill>", "may stand for no words"),
        ("(a|b", "'(' is not closed by ')'"),
        ("[a)", "'[' is not closed by ']'"),
        ("a]", "']' has no opening bracket"),
        ("a}", "'}' has no opening bracket"),
        ("(a|)", "empty alternative"),
        ("{Name}", "'{Name}' is not a slot"),
        ("<Rule>", "'<Rule>' is not a rule"),
        ("< a", "'<' is not a rule"),
        ("<police> wait", "there is no rule <police>; known are <polite>, <tell>, <fill>"),
        ("[" * 60 + "a" + "]" * 60, "more than 50 deep"),
        ("a " * (MAX_WORDS + 1), f"has {MAX_WORDS + 1} words"),
    ],
)
def test_a_wrong_template_is_told(template: str, complaint: str) -> None:
    with pytest.raises(ValueError) as error:
        parse(template, RULES)
    assert complaint in str(error.value)


@pytest.mark.parametrize(
    ("rules", "complaint"),
    [
        ({"a": "<b> x", "b": "y <a>"}, "circle: <a> uses <b> uses <a>"),
        ({"a": "<a>"}, "circle: <a> uses <a>"),
        ({"a": "(x"}, "rule <a>: '(' is not closed"),
        ({"a": "<c>"}, "rule <a>: there is no rule <c>; none is declared"),
        ({f"r{n}": f"<r{n + 1}>" for n in range(80)} | {"r80": "x"}, "more than 50 deep"),
        ({f"r{n}": f"<r{n + 1}> <r{n + 1}>" for n in range(30)} | {"r30": "x"}, "words with its rules"),
    ],
)
def test_wrong_rules_are_told(rules: dict[str, str], complaint: str) -> None:
    with pytest.raises(ValueError) as error:
        parse_rules(rules)
    assert complaint in str(error.value)


def test_rules_may_come_in_any_order() -> None:
    rules = parse_rules({"a": "<b> <c>", "b": "<c>", "c": "x"})
    assert expand("<a>", rules) == ("x x",)


def test_names_are_found_in_texts_and_trees() -> None:
    rules: Rules = parse_rules({"on": "on {day}"})
    assert slots_of("{a} b [{c}] {a}") == ("a", "c")
    assert rules_of("<on> [<at>] <on>") == ("on", "at")
    assert names_in(parse("{a} <on>", rules)) == ("a", "day")


def test_what_stands_for_too_many_phrases_is_parsed_but_not_expanded() -> None:
    template = " ".join(["(a|b|c|d)"] * 8)
    assert count(parse(template)) == 4**8
    with pytest.raises(ValueError, match="stands for 65536 phrases"):
        expand(template)


def test_few_examples_show_every_alternative() -> None:
    choice = parse("(a|b|c) [d|e (f|g)] ... h")
    shown = examples(choice, 5)
    assert {word for phrase in shown for word in phrase.split()} == set("abcdefgh")
    assert len(shown) <= 5
    assert set(examples(choice, 100)) == {phrase.replace(" …", "") for phrase in phrases(choice)}


@given(st.text(alphabet="ab ()[]|{}<>.…'!", max_size=40))
def test_any_text_is_a_template_or_told_to_be_none(text: str) -> None:
    try:
        choice = parse(text, RULES)
    except ValueError as error:
        assert str(error)
    else:
        assert all(examples(choice, 3))
