"""An LLM's reply as it streams in: pieces, sentences, and what it depends on."""

import json

import pytest

from softswitch.answer.replying import Reply, ReplyReader
from softswitch.answer.sentences import Sentences

WHOLE = {
    "depends_on": "plan",
    "fields": ["branch"],
    "knows": True,
    "answer": 'We open at nine. On Sundays we are "closed" – sorry \U0001f600.',
}


@pytest.mark.parametrize("size", [1, 3, 7, 1000])
def test_the_answer_comes_out_as_it_comes_in_whatever_the_pieces(size: int) -> None:
    raw = json.dumps(WHOLE)
    reader = ReplyReader()
    text = "".join(reader.feed(raw[at : at + size]) for at in range(0, len(raw), size))
    assert text == WHOLE["answer"]
    assert reader.reply == Reply(WHOLE["answer"], "plan", ("branch",), True, True)


def test_what_the_answer_depends_on_is_known_before_its_first_word() -> None:
    reader = ReplyReader()
    reader.feed('{"depends_on": "caller", "fields": [], "knows": true, "answer": "Your')
    assert (reader.reply.scope, reader.reply.text, reader.reply.whole) == ("caller", "Your", False)


def test_a_scope_that_is_still_being_written_counts_as_the_narrowest() -> None:
    reader = ReplyReader()
    reader.feed('{"depends_on": "nothing')
    assert reader.reply.scope == "call"


@pytest.mark.parametrize("raw", ["We open at nine.", '["We open"]', '{"depends_on": 3,, "answer": "x"}', ""])
def test_what_is_no_such_object_is_never_shared(raw: str) -> None:
    reader = ReplyReader()
    reader.feed(raw)
    assert reader.reply.scope == "call"
    assert not reader.reply.whole


def test_plain_text_is_spoken_all_the_same() -> None:
    reader = ReplyReader()
    assert reader.feed("We open ") + reader.feed("at nine.") == "We open at nine."


def test_a_reply_without_end_is_cut() -> None:
    reader = ReplyReader()
    for _ in range(100):
        reader.feed("word " * 1000)
    assert len(reader.reply.text) <= 8000


def sentences(text: str, size: int = 1) -> list[str]:
    reader = Sentences()
    found = [each for at in range(0, len(text), size) for each in reader.feed(text[at : at + size])]
    return found + reader.finish()


def test_a_sentence_is_given_as_soon_as_the_next_one_begins() -> None:
    reader = Sentences()
    assert reader.feed("We open at nine. ") == ["We open at nine."]
    assert reader.feed("And close at six") == []
    assert reader.finish() == ["And close at six"]


@pytest.mark.parametrize("size", [1, 5, 500])
def test_abbreviations_decimals_and_short_sentences_do_not_end_one(size: int) -> None:
    text = "Yes. It is No. 5 in St. John Street, costs 3.50 pounds, e.g. in cash! Ask for Dr. Jones?"
    assert sentences(text, size) == [
        "Yes. It is No. 5 in St. John Street, costs 3.50 pounds, e.g. in cash!",
        "Ask for Dr. Jones?",
    ]


def test_a_sentence_without_end_is_cut_at_a_comma_or_a_space() -> None:
    found = sentences("and then, " + "on and on " * 100)
    assert len(found) > 3
    assert all(len(each) <= 301 for each in found)
    assert "".join(found).replace(" ", "") == ("andthen," + "onandon" * 100)
