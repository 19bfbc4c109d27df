"""Knowledge in Markdown: cut into passages under their headings, and found by a question's words."""

import threading
from pathlib import Path

import pytest

from softswitch.answer import knowledge
from softswitch.answer.prompting import Passage
from softswitch.errors import SoftswitchError
from softswitch.store.knowledge import Knowledge

TEXTS = {
    "delivery.md": "# Delivery\n\nWe deliver within ten miles.\n\n## Prices\n\n- 5 pounds in town"
    "\n- 9 outside\n\n<!-- not\n\nfor callers -->\n\n## On Sundays\n\nNo delivery on Sundays.",
    "shop.md": "We sell roses, tulips and lilies.\n\n# Parking\n\nParking is behind the shop.",
}


def test_a_passage_stands_under_its_headings() -> None:
    assert knowledge.passages(TEXTS) == [
        Passage("delivery.md, Delivery", "We deliver within ten miles."),
        Passage("delivery.md, Delivery, Prices", "- 5 pounds in town\n- 9 outside"),
        Passage("delivery.md, Delivery, On Sundays", "No delivery on Sundays."),
        Passage("shop.md", "We sell roses, tulips and lilies."),
        Passage("shop.md, Parking", "Parking is behind the shop."),
    ]


def test_long_text_is_cut_at_sentences_and_none_of_it_lost() -> None:
    text = "One sentence of some length stands here. " * 100 + "x" * 2000
    found = knowledge.passages({"long.md": text})
    assert all(len(passage.text) <= knowledge.LONGEST for passage in found)
    assert "".join(passage.text for passage in found).replace(" ", "").replace("\n", "") == text.replace(
        " ", ""
    )


def test_the_version_changes_with_every_letter_and_every_name() -> None:
    versions = {
        knowledge.version(texts)
        for texts in ({}, {"a.md": "x"}, {"a.md": "y"}, {"b.md": "x"}, {"a.md": "x", "b.md": ""})
    }
    assert len(versions) == 5


def test_a_folder_is_read_with_what_lies_below_it(tmp_path: Path) -> None:
    (tmp_path / "more").mkdir()
    (tmp_path / "more/a.md").write_text("text")
    (tmp_path / "b.txt").write_text("no")
    assert knowledge.read(tmp_path) == {"more/a.md": "text"}


def test_what_is_no_folder_and_no_text_is_told(tmp_path: Path) -> None:
    with pytest.raises(SoftswitchError, match="is no folder"):
        knowledge.read(tmp_path / "none")
    (tmp_path / "a.md").write_bytes(b"\xff\xfe")
    with pytest.raises(SoftswitchError, match=r"a\.md is no UTF-8 text"):
        knowledge.read(tmp_path)


@pytest.fixture
def index() -> Knowledge:
    return Knowledge([(passage.title, passage.text) for passage in knowledge.passages(TEXTS)])


@pytest.mark.parametrize(
    ("question", "best"),
    [
        ("how much does it cost to be delivered outside of town", 1),
        ("do you deliver on a Sunday?", 2),
        ("where can I park", 4),
        ("do you have a tulip", 3),
    ],
)
def test_the_passage_that_answers_is_found_first(index: Knowledge, question: str, best: int) -> None:
    assert index.found(question)[0] == best


@pytest.mark.parametrize("question", ["", "what is the", '" OR * NEAR(', "title:roses", "zzz"])
def test_no_question_breaks_the_search(index: Knowledge, question: str) -> None:
    assert len(index.found(question)) <= 4


def test_accents_do_not_matter() -> None:
    index = Knowledge([("horario", "Abrimos los sábados a las diez.")], "es")
    assert index.found("¿abren el sabado? ¿y los sabados?") == [0]


def test_it_may_be_asked_from_any_thread(index: Knowledge) -> None:
    found: list[list[int]] = []
    threads = [threading.Thread(target=lambda: found.append(index.found("roses"))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [[3]] * 8
