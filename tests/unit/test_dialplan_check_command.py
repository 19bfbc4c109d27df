"""`softswitch dialplan check` and `schema` as typed."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner
from small_plan import write

from softswitch.cli.dialplan import dialplan
from softswitch.config import Config
from softswitch.dialplan.checks.rules import RULES
from softswitch.dialplan.files import json_schema


def run(*args: str) -> tuple[int, str]:
    result = CliRunner().invoke(dialplan, args, obj=Config())
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.exit_code, result.output


@pytest.fixture
def sound(tmp_path: Path) -> str:
    return str(write(tmp_path))


@pytest.fixture
def idle(tmp_path: Path) -> str:
    """A plan with a warning."""
    return str(write(tmp_path, lists__idle="values: {a: a}\n"))


@pytest.fixture
def broken(tmp_path: Path) -> str:
    return str(write(tmp_path, flows__main="say: Hello=>sya: Hello"))


def test_nothing_is_told_of_a_sound_plan(sound: str) -> None:
    code, output = run("check", sound, "--no-ear")
    assert code == 0
    assert output.startswith(f"{sound}: small ")
    assert output.endswith(", no problem.\n")


def test_an_error_is_told_with_its_place_and_rule(broken: str) -> None:
    code, output = run("check", broken, "--no-ear")
    assert code == 1
    assert (
        f"{broken}/flows/main.yaml:3:5: error: unknown key 'sya'; did you mean 'say'? [unknown-key]" in output
    )
    assert output.endswith(f"{broken}: 1 error.\n")


def test_warnings_fail_only_where_it_is_strict(idle: str) -> None:
    code, output = run("check", idle, "--no-ear")
    assert code == 0
    assert "lists/idle.yaml:1:1: warning: nothing uses the list 'idle' [unused]" in output
    assert output.endswith("1 warning.\n")
    assert run("check", idle, "--no-ear", "--strict")[0] == 1


def test_problems_are_given_as_json(broken: str) -> None:
    code, output = run("check", broken, "--no-ear", "--json")
    found = json.loads(output)
    assert code == 1
    assert not found["ok"]
    problem = next(each for each in found["problems"] if each["rule"] == "unknown-key")
    assert (problem["file"], problem["line"], problem["column"]) == (f"{broken}/flows/main.yaml", 3, 5)


def test_a_sound_plan_is_described_as_json(sound: str) -> None:
    code, output = run("check", sound, "--no-ear", "--json")
    found = json.loads(output)
    assert code == 0
    assert found["ok"]
    assert found["name"] == "small"
    assert found["problems"] == found["warnings"] == []


def test_problems_are_given_as_sarif(broken: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(broken)
    code, output = run("check", broken, "--no-ear", "--sarif")
    log = json.loads(output)
    assert code == 1
    assert log["version"] == "2.1.0"
    (only,) = log["runs"]
    rules = [rule["id"] for rule in only["tool"]["driver"]["rules"]]
    assert rules == list(RULES)
    for result in only["results"]:
        assert rules[result["ruleIndex"]] == result["ruleId"]
        assert result["level"] == "error"
        assert result["message"]["text"]
        place = result["locations"][0]["physicalLocation"]
        assert place["artifactLocation"]["uriBaseId"] == "ROOT"
        assert (Path(broken) / place["artifactLocation"]["uri"]).is_file()
        assert place["region"]["startLine"] >= 1
    assert "ROOT" in only["originalUriBaseIds"]


def test_sarif_is_written_to_a_file_beside_what_people_read(idle: str, tmp_path: Path) -> None:
    code, output = run("check", idle, "--no-ear", "--sarif", str(tmp_path / "found.sarif"))
    assert code == 0
    assert "warning" in output
    (only,) = json.loads((tmp_path / "found.sarif").read_text())["runs"]
    assert [result["level"] for result in only["results"]] == ["warning"]


@pytest.mark.slow
def test_words_that_the_ear_does_not_know_are_warnings_at_their_lines(tmp_path: Path) -> None:
    write(
        tmp_path,
        intents__buy='- "i want to buy something"=>- i want to buy something\n  - buy xyzzyish shoes',
    )
    code, output = run("check", str(tmp_path))
    assert code == 0
    assert "intents/buy.yaml:3:5: warning: the ear does not know 'xyzzyish', so it never hears it" in output


def test_a_language_without_an_ear_is_one_warning(tmp_path: Path) -> None:
    write(tmp_path, plan="language: en=>language: es")
    _, output = run("check", str(tmp_path))
    assert "set speech.models.es [no-ear]" in output
    assert "the ear does not know" not in output


@pytest.mark.parametrize("kind", json_schema.KINDS)
def test_the_schema_of_a_kind_is_printed(kind: str) -> None:
    code, output = run("schema", kind)
    assert code == 0
    assert json.loads(output)["$schema"] == "https://json-schema.org/draft/2020-12/schema"


def test_all_schemas_are_written_for_an_editor(tmp_path: Path) -> None:
    code, output = run("schema", "--write", str(tmp_path / ".schema"))
    assert code == 0
    assert {path.stem for path in (tmp_path / ".schema").iterdir()} == json_schema.KINDS.keys()
    assert "flow.json: for flows/NAME.yaml" in output


def test_a_kind_is_asked_for() -> None:
    assert run("schema")[0] == 2
