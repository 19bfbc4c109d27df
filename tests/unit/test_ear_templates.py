"""The ear's rules: what a template says, what a rule file may hold, and that all of ours stays in the
vocabulary.
"""

import random
from pathlib import Path

import pytest
from ear import vocabulary
from ear.templates import Rules, parse, read_rules, read_words

DIGITS = {"digit": [parse("one"), parse("two")]}


def said(template: str, times: int = 300) -> set[str]:
    rules = Rules(DIGITS | {"sentence": [parse(template)]})
    chance = random.Random(1)
    return {" ".join(rules.sample("sentence", chance)) for _ in range(times)}


def test_a_template_says_each_of_its_alternatives():
    assert said("(give|tell) me {digit}") == {"give me one", "give me two", "tell me one", "tell me two"}


def test_an_optional_part_is_said_or_left_out():
    assert said("yes [please|(thank you)]") == {"yes", "yes please", "yes thank you"}


@pytest.mark.parametrize(
    "template", ["(yes", "yes)", "[yes|no)", "yes|no", "Yes", "4 days", "{Digit}", "what?"]
)
def test_a_template_that_cannot_be_read_is_refused(template):
    with pytest.raises(ValueError, match=r".+"):
        parse(template)


def test_the_words_of_a_rule_are_those_of_all_rules_within():
    rules = Rules(DIGITS | {"sentence": [parse("yes [or {digit}]")], "other": [parse("no")]})
    assert rules.words("sentence") == {"yes", "or", "one", "two"}


def test_a_slot_without_a_rule_is_named():
    with pytest.raises(ValueError, match="colour"):
        Rules({"sentence": [parse("the {colour} one")]})


def test_a_rule_within_itself_is_refused():
    with pytest.raises(ValueError, match="contains itself"):
        Rules({"first": [parse("yes {second}")], "second": [parse("no [{first}]")]})


def test_a_weight_counts_an_alternative_several_times(tmp_path):
    (tmp_path / "rules.txt").write_text("# all of it\nsentence:\n3 * yes\nno\n", encoding="utf-8")
    assert read_rules(tmp_path / "rules.txt") == {"sentence": [("yes",), ("yes",), ("yes",), ("no",)]}


def test_an_unreadable_line_is_named_with_its_file(tmp_path):
    (tmp_path / "rules.txt").write_text("sentence:\nyes\n(no\n", encoding="utf-8")
    with pytest.raises(ValueError, match=r"rules\.txt, line 3"):
        read_rules(tmp_path / "rules.txt")


def test_words_joined_by_an_underscore_are_said_one_by_one(tmp_path):
    (tmp_path / "thing.txt").write_text("# things\ncar ice_cream\ncar\n", encoding="utf-8")
    assert read_words(tmp_path / "thing.txt") == [("car",), ("ice", "cream")]


def test_all_that_the_templates_say_is_in_the_vocabulary():
    known = vocabulary.load()
    chance = random.Random(1)
    for _ in range(3000):
        words = known.sentence(chance)
        assert words and set(words) <= set(known.words)


def test_the_vocabulary_has_what_telephone_conversations_need():
    words = set(vocabulary.load().words)
    assert len(words) >= 3000
    assert {*"abcdefghijklmnopqrstuvwxyz"} <= words
    for sentence in (
        "seven hundred and thirty two dollars fifty",
        "the twenty first of february at half past nine",
        "yeah yep nope no absolutely not of course",
        "i would like to cancel my appointment with doctor anderson please",
        "double oh seven o'clock",
        "alpha bravo charlie december zulu",
        "elizabeth from manchester",
    ):
        assert set(sentence.split()) <= words


def test_the_words_of_the_bundled_dialplans_are_known():
    known = vocabulary.known(vocabulary.load())
    assert {"parcel", "toner", "dentist"} <= set(known)
    assert vocabulary.dialplan_words(vocabulary.DIALPLANS) <= set(known)


def test_a_dialplan_brings_the_words_of_its_language_and_changes_no_training(tmp_path):
    shop = tmp_path / "shop"
    for folder in ("intents", "flows", "lists", "tables"):
        (shop / folder).mkdir(parents=True)
    (shop / "plan.yaml").write_text("name: notheard\nrules: {want: [gimme, i crave]}\n", encoding="utf-8")
    (shop / "intents/help.yaml").write_text(
        'sentences: {en: ["[my] Zorkmid is {code} <want> ..."], es: [mi zorkmido]}\n', encoding="utf-8"
    )
    (shop / "lists/items.yaml").write_text("values: {paper: [papyrus, plain paper]}\n", encoding="utf-8")
    (shop / "tables/rows.yaml").write_text("rows: {a: {values: tabled}}\n", encoding="utf-8")
    said = vocabulary.dialplan_words(tmp_path)
    assert said == {"gimme", "i", "crave", "my", "zorkmid", "is", "papyrus", "plain", "paper"}
    trained = vocabulary.load()
    assert set(vocabulary.known(trained, dialplans=tmp_path)) >= {*trained.words, "zorkmid", "quarters"}
    assert "zorkmid" not in trained.words


def test_every_word_file_says_something():
    for path in (Path(vocabulary.DATA) / "words").glob("*.txt"):
        assert read_words(path), path


def test_the_strange_words_of_tuning_are_strange():
    strange = (vocabulary.DATA / "unknown.txt").read_text(encoding="utf-8").split()
    assert not set(strange) & set(vocabulary.known(vocabulary.load()))
