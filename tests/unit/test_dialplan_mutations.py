"""Dialplans spoilt at random: whatever changes their meaning is told at its line, and nothing crashes."""

from pathlib import Path

import pytest
from figures import dialplan_mutations as mutations
from small_plan import FILES, write

from softswitch.dialplan import loader
from softswitch.dialplan.plan import Plan

EACH = 11


@pytest.fixture
def sound(tmp_path: Path) -> Plan:
    return loader.load(write(tmp_path / "sound"))


def failed(found: list[tuple[mutations.Corruption, str]]) -> list[str]:
    return [f"{verdict}: {spoilt}" for spoilt, verdict in found if verdict not in ("told", "same meaning")]


def test_corruptions_of_every_kind_are_told_at_their_line(tmp_path: Path, sound: Plan) -> None:
    count = EACH * len(mutations.KINDS)
    made = list(mutations.corruptions(FILES, count, seed=7))
    found = [(each, mutations.verdict(each, sound, tmp_path / "spoilt")) for each in made]
    assert failed(found) == []
    for kind, _ in mutations.KINDS:
        verdicts = [verdict for each, verdict in found if each.kind == kind]
        assert len(verdicts) == EACH
        assert "told" in verdicts


@pytest.mark.slow
def test_200_corruptions_of_the_bundled_dialplans_are_told_at_their_line(tmp_path: Path) -> None:
    found = list(mutations.verdicts(mutations.COUNT, mutations.SEED, tmp_path / "spoilt"))
    assert len(found) == mutations.COUNT
    assert failed(found) == []
    assert [verdict for _, verdict in found].count("told") > 0.9 * mutations.COUNT


def test_the_same_seed_spoils_the_same(sound: Plan) -> None:
    once, again = (list(mutations.corruptions(FILES, 20, seed=1)) for _ in range(2))
    assert once == again


def test_a_plan_that_says_the_same_in_other_lines_has_the_same_meaning(tmp_path: Path, sound: Plan) -> None:
    files = {**FILES, "plan.yaml": FILES["plan.yaml"].replace("name: small", "# Ours.\nname:   'small'")}
    mutations.write(files, tmp_path / "other")
    other = loader.load(tmp_path / "other")
    assert other.version != sound.version
    assert mutations.meaning(other) == mutations.meaning(sound)


def test_a_corruption_that_nobody_tells_is_missed(tmp_path: Path, sound: Plan) -> None:
    files = {**FILES, "flows/help.yaml": FILES["flows/help.yaml"].replace("order and buy", "sell")}
    spoilt = mutations.Corruption("edit", "flows/help.yaml", 3, frozenset(), frozenset(), files)
    assert mutations.verdict(spoilt, sound, tmp_path / "spoilt") == "missed"


def test_a_problem_that_is_told_elsewhere_is_misplaced(tmp_path: Path, sound: Plan) -> None:
    files = {**FILES, "flows/help.yaml": FILES["flows/help.yaml"].replace("say:", "sya:")}
    spoilt = mutations.Corruption("key misspelt", "plan.yaml", 20, frozenset(), frozenset(), files)
    assert mutations.verdict(spoilt, sound, tmp_path / "spoilt").startswith("misplaced: ")
