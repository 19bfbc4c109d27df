"""`softswitch model` and the vocabulary check of `softswitch dialplan check`, as typed."""

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner

from softswitch import config
from softswitch.app.engines import Engines
from softswitch.cli.dialplan import dialplan
from softswitch.cli.model import model
from softswitch.errors import SoftswitchError
from softswitch.speech import models

Run = Callable[..., tuple[int, str]]


@pytest.fixture
def settings(tmp_path: Path) -> Path:
    path = tmp_path / "softswitch.yaml"
    path.write_text(f"# my node\ndata_dir: {tmp_path}  # here\nspeech:\n  # two cores\n  workers: 1\n")
    return path


@pytest.fixture
def run(settings: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setenv("SOFTSWITCH_CONFIG", str(settings))

    def invoke(group: str, *words: str) -> tuple[int, str]:
        command = {"model": model, "dialplan": dialplan}[group]
        result = CliRunner().invoke(command, words, obj=config.load(settings))
        if result.exception and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result.exit_code, result.output

    return invoke


@pytest.fixture
def mine(run: Run) -> str:
    """The embedded ear and voice, pulled under other names."""
    assert run("model", "pull", str(models.DATA / "ear"), "--name", "mine", "--language", "en")[0] == 0
    assert run("model", "pull", str(models.DATA / "voice/voice.onnx"), "--name", "speaker")[0] == 0
    return "mine"


def rows(run: Run) -> dict[tuple[str, str], dict[str, object]]:
    listed = json.loads(run("model", "list", "--json")[1])["models"]
    return {(row["name"], row["kind"]): row for row in listed}


def test_list_shows_what_is_known_installed_and_in_use(run: Run, mine: str) -> None:
    listed = rows(run)
    assert listed["embedded", "ear"]["in_use"] == ["default"]
    assert not listed["vosk-model-small-en-us-0.15", "ear"]["installed"]
    assert listed["mine", "ear"] | {"licence": ""} == {
        "name": "mine",
        "kind": "ear",
        "language": "en",
        "size": "8 MB",
        "licence": "",
        "installed": True,
        "in_use": [],
    }
    run("model", "use", "mine", "--language", "en")
    run("model", "use", "mine", "--dialplan", "reception")
    assert rows(run)["mine", "ear"]["in_use"] == ["en", "dialplan reception"]
    assert "in use (en, dialplan reception)" in run("model", "list", "--language", "en")[1]
    assert "thorsten" not in run("model", "list", "--language", "en")[1]


def test_use_keeps_the_comments_and_says_when_it_takes_effect(run: Run, mine: str, settings: Path) -> None:
    before = settings.read_text()
    code, output = run("model", "use", "mine")
    assert code == 0
    assert "speech.model is mine. It takes effect at the node's next start." in output
    assert settings.read_text() == before.replace("speech:\n", "speech:\n  model: mine\n")
    run("model", "use", "speaker", "--dialplan", "reception")
    run("model", "use", "embedded")
    chosen = config.load(settings).speech
    assert (chosen.model, chosen.voice, chosen.voice_for("en", "reception")) == (
        "embedded",
        "embedded",
        "speaker",
    )
    assert "  # two cores\n" in settings.read_text()


def test_use_writes_the_file_that_was_given_to_the_program(settings: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "softswitch", "--config", str(settings), "model", "use", "embedded"]
    done = subprocess.run(command, capture_output=True, text=True, env={"HOME": str(tmp_path)}, check=True)
    assert f"{settings}: speech.model is embedded." in done.stdout
    assert "  voice: embedded\n" in settings.read_text()


def test_use_refuses_what_is_not_there_or_broken(run: Run, mine: str, settings: Path, tmp_path: Path) -> None:
    before = settings.read_text()
    with pytest.raises(SoftswitchError, match="`softswitch model pull other`"):
        run("model", "use", "other")
    with pytest.raises(SoftswitchError, match=r"there is no \./other"):
        run("model", "use", "./other")
    (tmp_path / "models/mine/am/final.mdl").unlink()
    with pytest.raises(SoftswitchError, match="not a whole Vosk model"):
        run("model", "use", "mine")
    assert run("model", "use", "speaker", "--language", "en", "--dialplan", "x")[0] == 2
    with pytest.raises(SoftswitchError, match=r"speech\.voices\.english"):
        run("model", "use", "speaker", "--language", "english")
    assert settings.read_text() == before


def test_use_of_a_path_writes_where_it_is_from_everywhere(
    run: Run, settings: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(models.DATA / "ear", tmp_path / "away/ear")
    monkeypatch.chdir(tmp_path / "away")
    run("model", "use", "./ear")
    assert config.load(settings).speech.model == str(tmp_path / "away/ear")


async def test_the_node_loads_what_was_chosen_for_its_dialplan(
    run: Run, mine: str, settings: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[str, str]] = []
    ear, voice = models.ear, models.voice
    monkeypatch.setattr(
        models, "ear", lambda setting, folder=None: (asked.append(("ear", setting)), ear(setting, folder))[1]
    )
    monkeypatch.setattr(
        models, "voice", lambda name, folder=None: (asked.append(("voice", name)), voice(name, folder))[1]
    )
    run("model", "use", "mine", "--language", "en")
    run("model", "use", "speaker", "--dialplan", "reception")
    asked.clear()
    engines = Engines(config.load(settings))
    await engines.equip("reception", ["en"])
    engines.pool.close()
    assert sorted(asked) == [("ear", "mine"), ("voice", "speaker")]


def test_use_warns_of_another_language_and_of_a_graph_that_takes_no_grammar(
    run: Run, mine: str, tmp_path: Path
) -> None:
    assert "Mind" not in run("model", "use", "mine", "--language", "en")[1]
    assert "Mind: mine is for the language en." in run("model", "use", "mine", "--language", "de")[1]
    (tmp_path / "models/mine/graph/HCLG.fst").write_bytes(b"x")
    assert "Mind: mine cannot be told which phrases" in run("model", "use", "mine")[1]


def test_verify_is_well_until_a_byte_changes(run: Run, mine: str, tmp_path: Path) -> None:
    assert run("model", "verify") == (0, "ok    mine\nok    speaker\n")
    with (tmp_path / "models/speaker/voice.onnx").open("ab") as file:
        file.write(b"\0")
    code, output = run("model", "verify")
    assert code == 1
    assert (
        "FAIL  speaker\n      voice.onnx has changed\n      mend it with: softswitch model pull file:"
        in output
    )
    assert run("model", "verify", "mine")[0] == 0
    with pytest.raises(SoftswitchError, match="not installed"):
        run("model", "verify", "other")
    with pytest.raises(SoftswitchError, match="embedded came with softswitch"):
        run("model", "verify", "embedded")


def test_pull_says_what_it_trusted_and_what_to_do_next(run: Run, tmp_path: Path) -> None:
    archive = shutil.make_archive(str(tmp_path / "shop"), "zip", models.DATA / "ear")
    code, output = run("model", "pull", archive)
    assert code == 0
    assert "publisher states no SHA-256; that of this download is recorded" in output
    assert "softswitch model use shop" in output
    assert run("model", "pull", archive) == (0, "shop is installed already.\n")


@pytest.fixture
def strange(tmp_path: Path) -> Path:
    """The reception with a word in it that no small ear knows."""
    folder = Path(shutil.copytree(config.bundled("dialplans") / "reception", tmp_path / "strange"))
    with (folder / "intents/hours.yaml").open("a") as file:
        file.write('  - "what are your [xylophone] hourrs"\n')
    return folder


def test_words_that_the_ear_does_not_know_are_warnings_with_their_place(run: Run, strange: Path) -> None:
    code, output = run("dialplan", "check", str(strange))
    assert code == 0
    line = len((strange / "intents/hours.yaml").read_text().splitlines())
    place = f"{strange}/intents/hours.yaml:{line}:5: warning: "
    assert f"{place}the ear does not know 'hourrs', so it never hears it; it knows 'hours'" in output
    assert f"{place}the ear does not know 'xylophone', so it never hears it; say it in other words" in output
    assert "2 warnings." in output


def test_strict_makes_warnings_fail(run: Run, strange: Path) -> None:
    assert run("dialplan", "check", str(strange), "--strict")[0] == 1
    assert run("dialplan", "check", "reception", "--strict")[0] == 0
    code, output = run("dialplan", "check", str(strange), "--strict", "--json")
    found = json.loads(output)
    assert (code, found["ok"], len(found["warnings"]), found["problems"]) == (1, False, 2, [])


def test_a_plan_is_checked_without_its_ear(run: Run, settings: Path) -> None:
    settings.write_text(settings.read_text() + "  model: absent\n")
    code, output = run("dialplan", "check", "reception")
    assert code == 0
    assert "plan.yaml:1:1: warning: its words cannot be checked: no Vosk model at absent" in output
    assert "softswitch model pull absent" in output
