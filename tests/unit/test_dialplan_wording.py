"""What a check says to an author who is no programmer: what was expected, and the nearest word there is."""

from pathlib import Path

import pytest
from small_plan import write

from softswitch import marked_yaml
from softswitch.complaints import suggest
from softswitch.dialplan import loader

QUOTES = "needs quotes around it"
NO_COLON = "this line is neither 'key: value' nor '- item'"


@pytest.mark.parametrize(
    ("text", "line", "column", "told"),
    [
        ("a:\n  say: Goodbye: see you\n", 2, 15, f"a text with ': ' in it {QUOTES}"),
        ('say: He said: "no"\n', 1, 13, f"a text with ': ' in it {QUOTES}"),
        (
            "s:\n  - [what are] your hours\n  - b\n",
            2,
            16,
            "more after the closing bracket; put quotes around",
        ),
        ("s:\n  say: {day} please\n", 2, 14, "more after the closing bracket; put quotes around"),
        ('a:\n  - "Hello" world\n  - c\n', 2, 13, "more after the closing quote; put quotes around"),
        ("a: 'It's fine'\nb: c\n", 1, 8, "more after the closing quote; put quotes around"),
        ("a: @foo\n", 1, 4, f"a text that begins with '@' {QUOTES}"),
        ("a: %foo bar\n", 1, 4, f"a text that begins with '%' {QUOTES}"),
        ("a: !foo bar\n", 1, 4, f"a text that begins with '!' {QUOTES}"),
        ("a: *hello there\n", 1, 4, f"a text or key that begins with '*' {QUOTES}"),
        ("dtmf: {1: a, *: b}\n", 1, 15, f"a text or key that begins with '*' {QUOTES}"),
        ("a: - b\n", 1, 4, "begins an item of a list, in a line of its own"),
        ("a: b\n  c: d\n", 2, 4, "does not fit with what stands above it from line 1 on; look at the indent"),
        ("a:b\nc: d\n", 1, 1, NO_COLON),
        ("s:\n  a\n    b: c\n", 2, 3, NO_COLON),
        ("s:\n  say Hello\n  next: b\n", 2, 3, NO_COLON),
        ('s:\n  - "a"\n  -"b"\n', 3, 3, NO_COLON),
        ("s:\n  say: Hello\n    and goodbye\n    next: b\n", 4, 9, "does not fit with what stands above it"),
        ("s:\n  a: b\n \u00a0c: d\n  e: f\n", 3, 2, "a no-break space; indent with ordinary spaces"),
        ("say: “Goodbye: see you”\n", 1, 14, "needs quotes around it; curly quotes are none here"),
        ("a: [b, c\nd: e\n", 1, 4, "this bracket is not closed"),
    ],
)
def test_what_is_not_yaml_is_told_in_an_authors_words(text: str, line: int, column: int, told: str) -> None:
    first = marked_yaml.parse(text, "f").problems[0]
    assert (first.line, first.column) == (line, column)
    assert told in first.message


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        (
            {"flows__main": "hangup: yes=>hangup: no"},
            "flows/main.yaml:32:13: steps.farewell.hangup: expected yes; where it shall not be so, leave the",
        ),
        (
            {"flows__main": "on: {order: ask, buy: form}=>on: [order, buy]"},
            "flows/main.yaml:6:11: steps.greeting.listen.on: expected names, each with a value after a colon",
        ),
        (
            {"flows__main": "say: Goodbye.=>say:\n      - Goodbye: see you"},
            "flows/main.yaml:32:9: steps.farewell.say.0: expected a text, or a recording: {audio: FILE.wav,",
        ),
        (
            {"flows__main": "say: Goodbye.=>say:"},
            "flows/main.yaml:31:9: steps.farewell.say: expected a text, got no",
        ),
        (
            {"flows__main": "transfer: {to: human, failed: farewell}=>transfer: human"},
            "flows/main.yaml:29:15: steps.person.transfer: expected keys, such as to, failed, got 'human'",
        ),
        (
            {"intents__order": '"[<polite>] [my] order {number}", my order]=>my: order]'},
            "intents/order.yaml:1:13: sentences.0: expected a text; one with ': ' in it needs quotes",
        ),
        ({"plan": "type: money=>type: mony"}, "or text, got 'mony'; did you mean 'money'?"),
        (
            {"plan": "country: GB=>country: uk"},
            "plan.yaml:4:10: country: expected the code of a country, such as GB",
        ),
        (
            {"plan": "repair:\n=>repair:\n  strikes: many\n"},
            "repair.strikes: expected a whole number, got 'many'",
        ),
        ({"plan": "repair:\n=>repair:\n  strikes: 99\n"}, "repair.strikes: expected at most 10, got '99'"),
        (
            {"flows__main": "  farewell:\n=>  schönen_tag:\n"},
            "flows/main.yaml:30:3: steps.schönen_tag: expected a name of small letters (a to z), digits",
        ),
        (
            {"flows__main": 'dtmf: {"1"=>dtmf: {“1”'},
            "got '“1”'; curly quotes are none here, write straight ones",
        ),
        (
            {"flows__main": "farewell:\n    say: Goodbye.\n    =>  farewell:\n      say: Goodbye.\n      "},
            "flows/main.yaml:30:5: unknown key 'farewell'; if it belongs beside 'person', indent it as far",
        ),
    ],
)
def test_a_wrong_value_is_told_with_what_was_expected(
    tmp_path: Path, changes: dict[str, str | None], told: str
) -> None:
    problems = [
        str(each).replace(f"{tmp_path}/", "") for each in loader.inspect(write(tmp_path, **changes)).problems
    ]
    assert any(told in each for each in problems), problems


@pytest.mark.parametrize(
    "text", ["&goodbye to you", "[&goodbye to you, bye]", "&goodbye", "&goodbye {en: Bye.}"]
)
def test_a_word_that_yaml_takes_for_an_anchor_is_told(tmp_path: Path, text: str) -> None:
    found = loader.inspect(write(tmp_path, flows__main=f"say: Goodbye.=>say: {text}"))
    told = f"a text that begins with '&' {QUOTES}, else '&goodbye' is no part of it"
    assert [(each.line, each.message) for each in found.problems] == [(31, told)]


def test_an_ampersand_within_a_text_or_in_quotes_is_a_letter(tmp_path: Path) -> None:
    write(tmp_path, flows__main='say: Goodbye.=>say: ["&goodbye to you.", "AT&T says bye."]')
    assert not loader.inspect(tmp_path).problems


def test_a_filler_holds_no_variable(tmp_path: Path) -> None:
    changed = write(tmp_path, plan='human: sip:desk@192.0.2.1=>filler: {say: [Hm., "One moment, {shop}."]}')
    assert [(each.rule, each.message) for each in loader.inspect(changed).problems] == [
        ("wrong-prompt", "a filler is the same for every caller, so it can hold no variable")
    ]


def test_a_language_that_is_none_is_told_once(tmp_path: Path) -> None:
    found = loader.inspect(write(tmp_path, plan="language: en=>language: french"))
    assert [each.rule for each in found.problems if each.line == 2] == ["unknown-language"]


def test_a_key_for_an_intent_that_is_not_listened_for_says_so(tmp_path: Path) -> None:
    found = loader.inspect(write(tmp_path, flows__main='buy: form}=>human: person}##"2": ask=>"2": buy'))
    assert "the intent 'buy' is not listened for here; lead it somewhere" in str(found.problems[0])


def test_of_many_names_only_some_are_listed() -> None:
    told = suggest("zzz", [f"step_{number:03}" for number in range(500)])
    assert told.startswith("; expected one of: step_000, ")
    assert told.endswith("step_019 and 480 more")


@pytest.mark.parametrize(
    ("text", "cut"),
    [
        ("Goodbye. Press # to end", True),
        ('"Goodbye. Press # to end"', False),
        ("Goodbye.  # the end", False),
        ("Goodbye#1", False),
        ("[Goodbye. # and more\n    ]", True),
    ],
)
def test_a_text_that_a_number_sign_cut_off_is_told(tmp_path: Path, text: str, cut: bool) -> None:
    found = loader.inspect(write(tmp_path, flows__main=f"say: Goodbye.=>say: {text}"))
    assert [each.rule for each in found.problems] == ["cut-text"] * cut, found.problems
    assert found.plan


def test_a_file_whose_name_an_editor_has_lengthened_is_told(tmp_path: Path) -> None:
    folder = write(tmp_path)
    (folder / "intents/order.yaml").rename(folder / "intents/order.yaml.txt")
    told = [str(each) for each in loader.inspect(folder).problems]
    assert any("intents/order.yaml.txt:1:1: is no part of a dialplan" in each for each in told), told
