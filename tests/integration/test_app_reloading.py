"""The loader of a node's dialplans with the real engines: what is refused, what stays, what is let go."""

import logging
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from small_plans import write

from softswitch import status
from softswitch.app.dialplans import MOST_VERSIONS
from softswitch.app.engines import Engines
from softswitch.app.plans import Key
from softswitch.app.reloading import Loader
from softswitch.config import Config
from softswitch.dialplan.plan import Plan
from softswitch.errors import SoftswitchError
from softswitch.events import Say
from softswitch.session.parts import Parts
from softswitch.speech.recognizer import VoskRecognizer
from softswitch.speech.voices import PlanVoice

STEPS = """
  hello:
    say: {say}
    listen: {{dtmf: {{"1": bye}}}}
"""


def shop(folder: Path, say: str = "Hello there.", name: str = "shop") -> Path:
    return write(folder, f"name: {name}\nstart: hello\n", STEPS.format(say=say))


@pytest.fixture
def equipped() -> list[Key]:
    """The versions that were made ready for calls, in that order."""
    return []


@pytest.fixture
def new_loader(tmp_path: Path, equipped: list[Key]) -> Callable[..., Loader]:
    (tmp_path / "run").mkdir()

    def make(*dialplans: Path) -> Loader:
        config = Config(data_dir=tmp_path, dialplan=tuple(map(str, dialplans)))
        engines = Engines(config)

        def equip(plan: Plan, ears: dict[str, VoskRecognizer], voice: PlanVoice) -> Parts:
            equipped.append((plan.name, plan.version))
            return Parts(ears, voice, engines.new_endpointer, lambda event: None)

        return Loader(config, engines, equip)

    return make


def told(tmp_path: Path) -> status.PlanStatus:
    known = status.read(tmp_path / "run")
    assert known
    assert known.finished_at
    return known.plans[0]


async def test_a_new_version_is_ready_to_be_heard_when_it_takes_calls(
    new_loader: Callable[..., Loader], tmp_path: Path
) -> None:
    loader = new_loader(shop(tmp_path / "shop"))
    plans = await loader.start()
    first = plans.active[0]
    plans.begin(first)
    shop(tmp_path / "shop", "Good morning.")
    await loader.reload()
    assert plans.active[0].plan.version == told(tmp_path).version != first.plan.version
    assert plans.active[0].voice.get(Say("Good morning."))
    assert first.voice.get(Say("Hello there."))  # a call goes on there
    plans.end(first)
    shop(tmp_path / "shop", "Good evening.")
    await loader.reload()
    assert first.voice.get(Say("Hello there.")) is None
    assert loader.reloads == {"active": 2, "refused": 0}


async def test_files_that_did_not_change_change_nothing(
    new_loader: Callable[..., Loader], tmp_path: Path, equipped: list[Key]
) -> None:
    loader = new_loader(shop(tmp_path / "shop"))
    plans = await loader.start()
    before = plans.active[0]
    await loader.reload()
    assert plans.active == [before]
    assert plans.old == []
    assert equipped == [before.key]


async def test_two_dialplans_of_one_name_do_not_start_and_do_not_come_to_be(
    new_loader: Callable[..., Loader], tmp_path: Path
) -> None:
    one, other = shop(tmp_path / "one"), shop(tmp_path / "other")
    with pytest.raises(SoftswitchError, match="two dialplans are named shop"):
        await new_loader(one, other).start()
    loader = new_loader(one, shop(other, name="desk"))
    plans = await loader.start()
    shop(other)
    await loader.reload()
    assert [loaded.plan.name for loaded in plans.active] == ["shop", "desk"]
    assert "two dialplans" in told(tmp_path).reason


async def test_of_several_only_the_broken_one_is_refused(
    new_loader: Callable[..., Loader], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    loader = new_loader(shop(tmp_path / "one", name="one"), shop(tmp_path / "two", name="two"))
    plans = await loader.start()
    before = [loaded.plan.version for loaded in plans.active]
    (tmp_path / "one/plan.yaml").write_text("name: [\n")
    shop(tmp_path / "two", "Good morning.", name="two")
    with caplog.at_level(logging.INFO):
        await loader.reload()
    after = [loaded.plan.version for loaded in plans.active]
    assert (after[0] == before[0], after[1] == before[1]) == (True, False)
    assert f"{tmp_path / 'one/plan.yaml'}:" in caplog.text
    assert loader.reloads == {"active": 1, "refused": 1}


async def test_versions_with_calls_are_bounded(new_loader: Callable[..., Loader], tmp_path: Path) -> None:
    loader = new_loader(shop(tmp_path / "shop"))
    plans = await loader.start()
    first = plans.active[0]
    for number in range(MOST_VERSIONS + 1):
        plans.begin(plans.active[0])
        shop(tmp_path / "shop", f"Hello {'again ' * (number + 1)}.")
        await loader.reload()
    assert len(plans.keys) == MOST_VERSIONS
    assert "wait until the oldest have ended" in told(tmp_path).reason
    plans.end(first)
    await loader.reload()
    assert told(tmp_path).result == "active"


async def test_a_folder_that_is_gone_leaves_the_version_that_runs(
    new_loader: Callable[..., Loader], tmp_path: Path
) -> None:
    loader = new_loader(shop(tmp_path / "shop"))
    plans = await loader.start()
    version = plans.active[0].plan.version
    shutil.rmtree(tmp_path / "shop")
    await loader.reload()
    assert (told(tmp_path).result, plans.active[0].plan.version) == ("refused", version)
    assert "There is no dialplan" in told(tmp_path).reason


async def test_a_restart_takes_up_what_ran_and_the_old_versions_that_have_calls(
    new_loader: Callable[..., Loader], tmp_path: Path, equipped: list[Key]
) -> None:
    folder = shop(tmp_path / "shop")
    loader = new_loader(folder)
    plans = await loader.start()
    first = plans.active[0]
    plans.begin(first)
    shop(folder, "Good morning.")
    await loader.reload()
    (folder / "plan.yaml").write_text("name: [\n")
    again = await new_loader(folder).restart([first.key, ("shop", "0123456789ab"), first.key])
    assert [loaded.key for loaded in again.active] == [plans.active[0].key]
    assert [loaded.key for loaded in again.old] == [first.key]
    assert equipped[-2:] == [first.key, plans.active[0].key]
    assert again.running(first.key) is again.old[0]
    assert again.old[0].voice.get(Say("Hello there."))
    again.settle()
    assert again.old == []


async def test_a_restart_without_anything_kept_starts_from_the_files(
    new_loader: Callable[..., Loader], tmp_path: Path
) -> None:
    plans = await new_loader(shop(tmp_path / "shop")).restart([])
    assert [loaded.plan.name for loaded in plans.active] == ["shop"]
    shutil.rmtree(tmp_path / "run/plans")
    again = await new_loader(tmp_path / "shop").restart([])
    assert [loaded.key for loaded in again.active] == [plans.active[0].key]
