"""Drawings of plans: nothing overlaps, nothing gets out of its text, callers are counted."""

import random
from itertools import combinations, pairwise
from xml.etree import ElementTree

import pytest
from plan_text import plan_of

from softswitch.dialplan.graphing import drawing, mermaid, svg
from softswitch.dialplan.graphing.layout import Layout, layout
from softswitch.dialplan.graphing.ranks import Link
from softswitch.dialplan.plan import Plan

SVG = "{http://www.w3.org/2000/svg}"
PLAN = """
plan:
  universal: {on: {human: person}, dtmf: {"0": human}, digress: {help: helping}}
intents:
  buy: {sentences: [i want to buy]}
  ask: {sentences: [a question]}
flows:
  main:
    steps:
      start:
        say: 'Say "buy" or <slow>ask & wait</slow>.'
        listen: {on: {buy: other, ask: start, human: person}, dtmf: {"1": buy, "2": other}}
      other: {say: Well., call: sub, next: decide}
      decide: {if: hours_open == yes, then: person, else: start}
      person: {say: One moment., transfer: {to: human, failed: start}}
  sub:
    steps:
      inner: {say: In it., return: "yes"}
  helping:
    steps:
      helping: {say: It is easy., return: "yes"}
"""


@pytest.fixture(scope="module")
def plan() -> Plan:
    return plan_of(PLAN.replace("plan:", "plan:\n  hours: {open: [monday 9:00-17:00]}", 1))


def overlapping(placed: Layout, boxes: dict[str, tuple[float, float]]) -> list[tuple[str, str]]:
    def apart(first: str, second: str) -> bool:
        (ax, ay), (bx, by) = placed.boxes[first], placed.boxes[second]
        (aw, ah), (bw, bh) = boxes[first], boxes[second]
        return abs(ax - bx) >= (aw + bw) / 2 or abs(ay - by) >= (ah + bh) / 2

    return [pair for pair in combinations(boxes, 2) if not apart(*pair)]


@pytest.mark.parametrize("seed", range(20))
def test_no_box_lies_on_another_and_every_way_meets_its_boxes(seed: int) -> None:
    chance = random.Random(seed)
    names = [f"s{number}" for number in range(chance.randint(1, 30))]
    boxes = {name: (chance.uniform(40, 200), chance.uniform(20, 80)) for name in names}
    links = [
        Link(chance.choice(names), chance.choice(names), chance.uniform(0, 90)) for _ in range(2 * len(names))
    ]
    placed = layout(boxes, links)
    assert overlapping(placed, boxes) == []
    for link, route in zip(links, placed.routes, strict=True):
        if link.source == link.target:
            assert route.points == ()
            continue
        for end, name in ((route.points[0], link.source), (route.points[-1], link.target)):
            (x, y), (across, down) = placed.boxes[name], boxes[name]
            assert abs(end.x - x) <= across / 2
            assert abs(end.y - y) == pytest.approx(down / 2)
    for x, y in placed.boxes.values():
        assert 0 <= x <= placed.width
        assert 0 <= y <= placed.height


def test_a_chain_goes_down_and_a_way_back_goes_up() -> None:
    boxes = dict.fromkeys(("a", "b", "c"), (50.0, 20.0))
    placed = layout(boxes, [Link("a", "b"), Link("b", "c"), Link("c", "a", 30)])
    assert placed.boxes["a"].y < placed.boxes["b"].y < placed.boxes["c"].y
    assert placed.routes[2].points[0].y > placed.routes[2].points[-1].y


def test_a_thousand_steps_are_laid_out_in_seconds() -> None:
    names = [f"s{number}" for number in range(1000)]
    links = [Link(a, b, 20) for a, b in pairwise(names)]
    links += [Link(names[n], names[(n * 37) % 1000], 20) for n in range(0, 1000, 50)]
    assert len(layout(dict.fromkeys(names, (80.0, 30.0)), links).boxes) == 1000


def test_ways_between_the_same_steps_are_one_arrow_with_all_labels(plan: Plan) -> None:
    panel = drawing.draw(plan.files, "main").panels[0]
    arrows = {(arrow.source, arrow.target): arrow for arrow in panel.arrows}
    assert arrows["start", "other"].label == "buy, key 2"
    assert arrows["other", "inner"].returns
    assert arrows["decide", "start"].label == "else"
    assert next(box for box in panel.boxes if box.name == "start").repeats == "ask"
    assert next(box for box in panel.boxes if box.name == "inner").kind == "elsewhere"


def test_what_holds_everywhere_stands_in_a_legend(plan: Plan) -> None:
    everywhere = drawing.draw(plan.files).everywhere
    assert "to person: human, key 0" in everywhere
    assert "to flow helping, and back: help" in everywhere
    assert any("3 failures in a row" in line for line in everywhere)


def test_callers_are_counted_on_arrows_and_in_the_legend(plan: Plan) -> None:
    calls = {("start", "other"): 40, ("other", "inner"): 3, ("inner", "person"): 2}
    drawn = drawing.draw(plan.files, calls=calls)
    arrows = {(arrow.source, arrow.target): arrow.calls for panel in drawn.panels for arrow in panel.arrows}
    assert arrows["start", "other"] == 40
    assert arrows["decide", "person"] == 0
    assert "to person: human, key 0 [2 callers]" in drawn.everywhere
    text = mermaid.text(drawn)
    assert 'step_start -->|"buy, key 2 (40)"| step_other' in text
    assert "linkStyle 0 stroke-width:" in text
    assert "stroke-width:4" in svg.text(drawn)


def test_texts_stay_texts_in_svg_and_mermaid(plan: Plan) -> None:
    drawn = drawing.draw(plan.files)
    root = ElementTree.fromstring(svg.text(drawn))
    assert not list(root.iter(f"{SVG}script"))
    titles = [title.text for title in root.iter(f"{SVG}title")]
    assert 'Say "buy" or <slow>ask & wait</slow>.' in titles
    line = next(line for line in mermaid.text(drawn).splitlines() if "step_start[" in line)
    assert "#quot;buy#quot; or #lt;slow#gt;" in line


def test_the_flow_where_calls_begin_comes_first(plan: Plan) -> None:
    assert drawing.draw(plan.files).panels[0].flow == "main"


MENU = """
plan:
  universal: {on: {human: person}}
flows:
  main:
    steps:
      start: {say: Press zero., dtmf: {menu: {"0": human, "1": person, "9": repeat}}}
      person: {say: One moment., transfer: {to: human, failed: start}}
"""


def test_a_key_of_a_menu_may_mean_what_is_understood_everywhere() -> None:
    (panel, *_) = drawing.draw(plan_of(MENU).files).panels
    arrows = {(arrow.source, arrow.target): arrow.label for arrow in panel.arrows}
    assert arrows == {("start", "person"): "key 1", ("person", "start"): "failed"}
