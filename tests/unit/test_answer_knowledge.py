"""Knowledge in Markdown: cut into passages under their headings, and found by a question's words."""

import threading
from pathlib import Path

import pytest
import small_plan

from softswitch.answer import knowledge
from softswitch.answer.prompting import Passage
from softswitch.dialplan import loader
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


def plan(folder: Path, **knowledge: str | bytes) -> Path:
    small_plan.write(folder)
    (folder / "knowledge").mkdir(exist_ok=True)
    for name, text in knowledge.items():
        (folder / f"knowledge/{name}.md").write_bytes(text if isinstance(text, bytes) else text.encode())
    return folder


def test_knowledge_is_read_with_the_plan_and_changes_its_version(tmp_path: Path) -> None:
    one = loader.load(plan(tmp_path / "a", shop="We sell roses."))
    other = loader.load(plan(tmp_path / "b", shop="We sell tulips."))
    assert one.files.knowledge == {"shop.md": "We sell roses."}
    assert one.version != other.version


def test_what_is_no_text_is_told_with_its_line(tmp_path: Path) -> None:
    problems = loader.inspect(plan(tmp_path, shop=b"roses\n\xff")).problems
    assert [(Path(p.file).name, p.line) for p in problems if "UTF-8" in p.message] == [("shop.md", 2)]


def test_a_readme_beside_the_plan_is_none_of_its_knowledge(tmp_path: Path) -> None:
    (plan(tmp_path) / "README.md").write_text("For authors.")
    assert loader.load(tmp_path).files.knowledge == {}


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
