"""Dialplans on disk: what runs is kept, mistakes are told at the author's places, changes are noticed."""

import asyncio
import os
from pathlib import Path

import pytest
from small_plans import write

from softswitch.app import plans, watching
from softswitch.errors import InvalidFile

STEPS = """
  hello:
    say: Hello. Press one.
    listen: {dtmf: {"1": bye}}
"""


def shop(folder: Path) -> Path:
    return write(folder, "name: shop\nstart: hello\n", STEPS)


def test_a_plan_runs_from_a_copy_that_its_author_does_not_change(tmp_path: Path) -> None:
    source, run = shop(tmp_path / "source"), tmp_path / "run"
    plan = plans.load(str(source), run, None)
    assert (run / "plans/shop" / plan.version / "plan.yaml").is_file()
    (source / "plan.yaml").write_text("broken: [\n")
    assert plans.load_kept(("shop", plan.version), run, None).version == plan.version


def test_what_was_kept_is_not_proved_again_but_must_have_sound_parts(tmp_path: Path) -> None:
    run = tmp_path / "run"
    plan = plans.load(str(shop(tmp_path / "source")), run, None)
    flow = run / "plans/shop" / plan.version / "flows/main.yaml"
    sound = flow.read_text()
    flow.write_text(sound + "  idle: {say: Nobody comes here., next: bye}\n")
    assert "idle" in plans.load_kept(("shop", plan.version), run, None).steps
    flow.write_text(sound.replace('"1": bye', '"1": nowhere'))
    with pytest.raises(InvalidFile, match="nowhere"):
        plans.load_kept(("shop", plan.version), run, None)


def test_mistakes_are_told_where_the_author_finds_them(tmp_path: Path) -> None:
    source, run = shop(tmp_path / "source"), tmp_path / "run"
    flow = source / "flows/main.yaml"
    flow.write_text(flow.read_text().replace('"1": bye', '"1": nowhere'))
    with pytest.raises(InvalidFile) as raised:
        plans.load(str(source), run, None)
    assert {problem.file for problem in raised.value.problems} == {str(flow)}
    assert str(run) not in str(raised.value)


@pytest.mark.parametrize("text", ["", "name: [\n", "name: ../../etc\n", "- a list\n"])
def test_a_plan_without_a_name_is_refused_and_nothing_is_kept(tmp_path: Path, text: str) -> None:
    source, run = shop(tmp_path / "source"), tmp_path / "run"
    (source / "plan.yaml").write_text(text)
    with pytest.raises(InvalidFile, match=r"plan\.yaml"):
        plans.load(str(source), run, None)
    assert not run.exists()


def test_what_does_not_run_is_removed_with_what_a_dead_process_left(tmp_path: Path) -> None:
    source, run = shop(tmp_path / "source"), tmp_path / "run"
    plan = plans.load(str(source), run, None)
    for left in ("shop/0123456789ab", "shop/0123456789ab.7.new", "gone/0123456789ab"):
        (run / "plans" / left).mkdir(parents=True)
    plans.prune(run, {("shop", plan.version)})
    assert [str(path.relative_to(run)) for path in run.glob("plans/*/*")] == [f"plans/shop/{plan.version}"]
    assert [path.name for path in (run / "plans").iterdir()] == ["shop"]


def test_where_nothing_was_kept_there_is_nothing_to_remove(tmp_path: Path) -> None:
    plans.prune(tmp_path / "run", set())


async def test_a_change_is_told_once_when_the_files_have_come_to_rest(tmp_path: Path) -> None:
    source, told = shop(tmp_path / "source"), asyncio.Event()
    times: list[int] = []

    def changed() -> None:
        times.append(len(times))
        told.set()

    task = asyncio.create_task(watching.watch([str(source)], changed, 0.05))
    await asyncio.sleep(0.12)
    for size in range(5):  # an editor that writes in several goes
        (source / "plan.yaml").write_text("#" * (size + 1))
        await asyncio.sleep(0.03)
    assert not told.is_set()
    await asyncio.wait_for(told.wait(), 2)
    await asyncio.sleep(0.2)
    assert times == [0]
    os.utime(source / "plan.yaml", (1, 1))
    await asyncio.sleep(0.3)
    assert times == [0, 1]
    task.cancel()


def test_a_folder_that_is_gone_and_files_that_do_not_count_change_nothing(tmp_path: Path) -> None:
    source = shop(tmp_path / "source")
    before = watching.look([str(source), str(tmp_path / "gone")])
    assert len(before) == 4
    (source / ".plan.yaml.swp").write_text("")
    (source / "notes.txt").write_text("")
    assert watching.look([str(source)]) == before
