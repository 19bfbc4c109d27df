"""`softswitch dialplan new | test | simulate | explain | graph | diff` as typed, on a plan made by `new`."""

import json
import shutil
from pathlib import Path
from xml.etree import ElementTree

import pytest
from click.testing import CliRunner

from softswitch import config
from softswitch.cli.dialplan import COMMANDS, dialplan
from softswitch.config import Config
from softswitch.dialplan import loader
from softswitch.errors import InvalidFile, SoftswitchError

DESK = "sip:desk@127.0.0.1"


def run(*args: str | Path, typed: str = "", config: Config | None = None) -> tuple[int, str]:
    arguments = [str(arg) for arg in args]
    result = CliRunner().invoke(dialplan, arguments, obj=config or Config(human=DESK), input=typed)
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.exit_code, result.output


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "dialplans").mkdir()
    assert run("new", "shop")[0] == 0
    return tmp_path / "dialplans" / "shop"


def change(file: Path, old: str, new: str) -> None:
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new, 1))


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: str(command.name))
def test_help_of_each_command_has_an_example(command: object) -> None:
    code, output = run(str(getattr(command, "name", "")), "--help")
    assert code == 0
    assert "Example" in output
    assert "softswitch dialplan" in output


# --- new ---------------------------------------------------------------------------------------


def test_a_new_plan_checks_clean_passes_its_tests_and_says_what_to_do_next(shop: Path) -> None:
    found = loader.inspect(shop, DESK)
    assert found.problems == []
    assert found.plan and found.plan.name == "shop"
    code, output = run("test", shop)
    assert (code, "6 passed, 0 failed" in output) == (0, True)


def test_a_plan_outside_of_dialplans_has_its_tests_in_its_own_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    code, output = run("new", "corner", "--directory", tmp_path / "plans")
    assert code == 0
    assert f"softswitch dialplan test {tmp_path / 'plans/corner'}" in output
    assert (tmp_path / "plans/corner/tests/scenarios.yaml").is_file()
    assert loader.inspect(tmp_path / "plans/corner", DESK).problems == []
    assert run("test", tmp_path / "plans/corner")[0] == 0


SOURCES = ["empty", *sorted(plan.parent.name for plan in config.bundled("dialplans").glob("*/plan.yaml"))]


@pytest.mark.parametrize("installed", [False, True], ids=["checkout", "wheel"])
@pytest.mark.parametrize("source", SOURCES)
def test_a_new_plan_from_any_other_checks_without_errors_and_passes_its_tests(
    source: str, installed: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if installed:  # without the tests of the bundled ones
        bundled = shutil.copytree(config.bundled("dialplans"), tmp_path / "installed/dialplans").parent
        monkeypatch.setattr(config, "BUNDLED", bundled)
    assert run("new", "mine", "--from", source, "--directory", tmp_path)[0] == 0
    code, output = run("check", tmp_path / "mine", "--no-ear", config=Config())
    assert code == 0, output
    code, output = run("test", tmp_path / "mine")
    assert code == 0, output


def test_a_new_plan_may_begin_as_a_copy_of_a_bundled_one(shop: Path) -> None:
    assert run("new", "front", "--from", "reception")[0] == 0
    plan = loader.load(shop.parent / "front", DESK)
    assert plan.name == "front"
    assert plan.steps.keys() == loader.load(loader.resolve("reception"), DESK).steps.keys()
    assert run("test", shop.parent / "front")[0] == 0


def test_nothing_is_overwritten(shop: Path) -> None:
    before = (shop / "plan.yaml").read_text()
    with pytest.raises(SoftswitchError, match="is there already"):
        run("new", "shop")
    shutil.rmtree(shop)
    with pytest.raises(SoftswitchError, match=r"scenarios\.yaml is there already"):
        run("new", "shop")
    assert "name: shop" in before
    assert not shop.exists()


@pytest.mark.parametrize(
    ("args", "told"),
    [(["My-Shop"], "small letters"), (["x", "--from", "resception"], "did you mean 'reception'")],
)
def test_a_new_plan_needs_a_name_and_a_known_beginning(args: list[str], told: str) -> None:
    with pytest.raises(SoftswitchError, match=told):
        run("new", *args)


# --- test --------------------------------------------------------------------------------------


def test_a_failing_scenario_is_told_with_its_line_and_exit_status_1(shop: Path) -> None:
    change(shop / "flows/main.yaml", "nine to five", "ten to four")
    code, output = run("test", shop)
    assert code == 1
    assert "FAILED hours, then nothing else" in output
    assert 'tests/dialplans/shop/scenarios.yaml:8: expected to hear "nine to five"' in output
    assert "5 passed, 1 failed" in output


def test_results_are_given_as_json_and_junit(shop: Path, tmp_path: Path) -> None:
    code, output = run("test", shop, "--json", "--coverage", "--junit", tmp_path / "r.xml")
    found = json.loads(output)
    assert (code, found["ok"], found["plan"]) == (0, True, "shop")
    assert {each["result"] for each in found["scenarios"]} == {"passed"}
    assert found["coverage"]["steps"] == {"percent": 100.0, "of": 9, "missed": []}
    root = ElementTree.parse(tmp_path / "r.xml").getroot()
    assert root.get("tests") == "6"


def test_too_little_coverage_fails(shop: Path) -> None:
    assert run("test", shop, "--least", "50")[0] == 0
    code, output = run("test", shop, "--least", "99")
    assert code == 1
    assert "ways: 7 of 9 (78 %); never: anything_else -> hours, anything_else -> customer" in output
    assert "less than 99 %" in output


def test_scenarios_are_chosen_by_name(shop: Path) -> None:
    assert "2 scenarios" in run("test", shop, "--only", "NUMBER")[1]
    with pytest.raises(SoftswitchError, match="did you mean"):
        run("test", shop, "--only", "a call begin z")


def test_tests_may_lie_elsewhere(shop: Path, tmp_path: Path) -> None:
    (tmp_path / "x").mkdir()
    (tmp_path / "x/a.yaml").write_text("one: [{step: greeting}]\n")
    assert "1 scenario, 1 passed" in run("test", shop, "--tests", tmp_path / "x")[1]


def test_noise_needs_audio(shop: Path) -> None:
    assert run("test", shop, "--noise", "10")[0] == 2


def test_a_plan_with_mistakes_is_not_tested(shop: Path) -> None:
    change(shop / "plan.yaml", "start: greeting", "start: greting")
    with pytest.raises(InvalidFile, match="did you mean 'greeting'"):
        run("test", shop)


# --- simulate ----------------------------------------------------------------------------------


def test_a_typed_conversation_tells_why(shop: Path) -> None:
    typed = "when do you open\nmy account\n1234\n\n!goodbye\n"
    code, output = run("simulate", shop, "--why", "--from", "+442079460000", typed=typed)
    assert code == 0
    for part in (
        "route 1 'everybody': takes every call",
        "says: Thank you for calling.",
        "listens for: repeat",
        "We are open from nine to five",
        "[intent opening_hours, step anything_else]",
        "'when do you open' means opening_hours",
        "values of customer_number",
        "I found customer 1 2 3 4",
        "slots: customer_number=1234",
        "known: customer_number=1234",
        "I did not hear anything",
        "strike 1 of 3",
        "hangs up",
    ):
        assert part in output, part
        output = output[output.index(part) :]


def test_without_a_terminal_no_reasons_are_given(shop: Path) -> None:
    assert "listens for" not in run("simulate", shop, typed="bye\n")[1]


def test_keys_are_taken_as_a_session_takes_them(shop: Path) -> None:
    assert "I found customer 1 2 3 4" in run("simulate", shop, typed="21234\nbye\n")[1]


def test_a_transfer_may_fail(shop: Path) -> None:
    output = run("simulate", shop, typed="agent\nfailed\n")[1]
    assert output.index(f"transfers to {DESK}") < output.index("nobody can take your call")


def test_secrets_are_masked(shop: Path) -> None:
    change(shop / "plan.yaml", "length: 4}", 'length: 4, sensitive: "yes"}')
    change(
        shop / "flows/main.yaml",
        "      confirm: Your customer number is {customer_number}. Is that right?\n",
        "",
    )
    change(shop / "flows/main.yaml", "      confirm_when: unsure\n", "")
    change(
        shop / "flows/main.yaml",
        "      # {customer_number} is read out digit by digit, because of its type.\n",
        "",
    )
    change(shop / "flows/main.yaml", " I found customer {customer_number}.", "")
    output = run("simulate", shop, "--why", typed="2\n4711\nbye\n")[1]
    assert "customer_number=****" in output
    assert "4711" not in output.replace("4711\n", "")


def test_variables_may_be_set(shop: Path) -> None:
    assert (
        "known: customer_number=1234"
        in run("simulate", shop, "--why", "--set", "customer_number=1234", typed="bye\n")[1]
    )
    with pytest.raises(SoftswitchError, match=r"NAME=VALUE, .*; did you mean 'customer_number'"):
        run("simulate", shop, "--set", "customr_nmber=1")


def test_an_action_that_the_plan_has_not_is_told(shop: Path) -> None:
    with pytest.raises(SoftswitchError, match="ACTION=OUTCOME, an action of the plan; it has none"):
        run("simulate", shop, "--acts", "place_order=done")


def test_somebody_is_there_to_be_transferred_to_whatever_is_configured(shop: Path) -> None:
    result = CliRunner().invoke(dialplan, ["simulate", str(shop)], obj=Config(), input="agent\n")
    assert "transfers to a person: `human`" in result.output


def test_a_call_that_no_route_takes_is_told_with_the_reasons(shop: Path) -> None:
    change(
        shop / "plan.yaml", "  - name: everybody", "  - {name: germans, when: {from: '+49*'}}\ncountry: GB"
    )
    with pytest.raises(SoftswitchError, match=r"route 1 'germans': from: \+44"):
        run("simulate", shop, "--from", "+442079460000")


# --- explain -----------------------------------------------------------------------------------


def test_the_route_and_what_is_known_are_explained(shop: Path) -> None:
    change(
        shop / "plan.yaml",
        "  - name: everybody",
        "  - {name: germans, when: {from: '+49*'}}\n  - name: all\ncountry: GB",
    )
    code, output = run("explain", shop, "--from", "+442079460000", "--at", "2026-12-25 10:00")
    assert code == 0
    assert "route 1 'germans': from: +442079460000 does not begin with +49, so no" in output
    assert "route 2 'all': takes every call, so yes" in output or "route 2 'all': takes every call" in output
    assert "today = 2026-12-25" in output
    assert "caller_number = +442079460000" in output


def test_a_route_for_callers_who_are_vouched_for_is_explained(shop: Path) -> None:
    change(
        shop / "plan.yaml",
        "  - name: everybody",
        "  - {name: known, when: {attestation: [A, B]}}\n  - name: all",
    )
    assert "route 1 'known': attestation: '' is not A or B, so no" in run("explain", shop)[1]
    output = run("explain", shop, "--attestation", "B")[1]
    assert "route 1 'known': attestation: 'B' is A or B, so yes" in output
    assert "attestation = B" in output


def test_words_are_explained(shop: Path) -> None:
    output = run("explain", shop, "--says", "what time do you close then", "--step", "anything_else")[1]
    assert "At anything_else that is taken for: opening_hours" in output
    assert "and leads to hours > anything_else" in output
    assert "(when|what time) (are you|do you) (open|close) [today]" in output


def test_explanations_are_given_as_json(shop: Path) -> None:
    found = json.loads(run("explain", shop, "--says", "my account number is one two three four", "--json")[1])
    assert (found["route"], found["start"], found["taken"]) == ("everybody", "greeting", True)
    understood = found["understood"]
    assert understood["intent"] == "account"
    assert understood["slots"] == {"customer_number": "1234"}
    assert understood["candidates"][0]["score"] == 1.0


def test_a_step_that_does_not_listen_explains_nothing(shop: Path) -> None:
    with pytest.raises(SoftswitchError, match="did you mean 'greeting'"):
        run("explain", shop, "--says", "x", "--step", "greating")


# --- graph -------------------------------------------------------------------------------------


def test_a_plan_is_drawn_as_mermaid_and_as_svg(shop: Path, tmp_path: Path) -> None:
    code, output = run("graph", shop)
    assert (code, output.startswith("%% shop\nflowchart TD\n")) == (0, True)
    assert 'step_greeting -->|"opening_hours, key 1"| step_hours' in output or "opening_hours" in output
    assert run("graph", shop, "--output", tmp_path / "shop.svg")[0] == 0
    with pytest.raises(SoftswitchError, match=r"shop.png: expected a .svg, or .mmd for Mermaid"):
        run("graph", shop, "--output", tmp_path / "shop.png")
    assert ElementTree.parse(tmp_path / "shop.svg").getroot().tag == "{http://www.w3.org/2000/svg}svg"


def test_one_flow_is_drawn(shop: Path) -> None:
    output = run("graph", shop, "--flow", "helping")[1]
    assert "step_helping" in output
    assert "step_greeting" not in output
    with pytest.raises(SoftswitchError, match="did you mean 'helping'"):
        run("graph", shop, "--flow", "helpin")


# --- diff --------------------------------------------------------------------------------------


def test_what_changed_is_told_in_the_author_s_terms(shop: Path, tmp_path: Path) -> None:
    old = tmp_path / "old"
    shutil.copytree(shop, old)
    assert run("diff", old, shop) == (0, run("diff", old, shop)[1])
    change(shop / "plan.yaml", "length: 4", "length: 4-6")
    change(shop / "plan.yaml", "- name: everybody", "- name: everyone")
    change(shop / "flows/main.yaml", "nine to five", "ten to four")
    change(shop / "flows/main.yaml", '"no": farewell', '"no": farewell, help: hours')
    change(shop / "flows/main.yaml", "  nobody:", "  alone:")
    change(shop / "flows/main.yaml", "failed: nobody", "failed: alone")
    with (shop / "intents/account.yaml").open("a") as intent:
        intent.write("  - my bill\n")
    code, output = run("diff", old, shop)
    assert code == 1
    for line in (
        "~ variable customer_number\n    length: 4 -> 4-6",
        "- route everybody",
        "+ route everyone",
        "- step nobody",
        "+ step alone",
        "~ step hours\n    say: We are open from nine to five, Monday to Friday. -> "
        "We are open from ten to four, Monday to Friday.",
        "~ step person\n    transfer.failed: nobody -> alone",
        "~ step anything_else\n    + listen.on.help: hours",
        "~ intent account\n    + sentences: my bill",
    ):
        assert line in output, line


def test_changes_are_given_as_json(shop: Path, tmp_path: Path) -> None:
    shutil.copytree(shop, tmp_path / "old")
    change(shop / "plan.yaml", "length: 4", "length: 5")
    code, output = run("diff", tmp_path / "old", shop, "--json")
    assert code == 1
    assert json.loads(output)["changes"] == [
        {"what": "variable customer_number", "how": "changed", "key": "length", "old": "4", "new": "5"}
    ]


def test_what_models_are_told_is_a_part_of_the_plan(shop: Path, tmp_path: Path) -> None:
    (shop / "knowledge").mkdir()
    (shop / "knowledge/prices.md").write_text("Roses are 3 pounds.\n")
    shutil.copytree(shop, tmp_path / "old")
    (shop / "knowledge/prices.md").write_text("Roses are 4 pounds.\n")
    (shop / "knowledge/parking.md").write_text("There is a car park.\n")
    code, output = run("diff", tmp_path / "old", shop)
    assert code == 1
    assert "+ knowledge parking.md" in output
    assert "~ knowledge prices.md" in output


def test_a_plan_with_mistakes_can_be_compared(shop: Path, tmp_path: Path) -> None:
    shutil.copytree(shop, tmp_path / "old")
    change(shop / "flows/main.yaml", "say: Goodbye.", "sya: Goodbye.")
    assert "+ sya: Goodbye." in run("diff", tmp_path / "old", shop)[1]


def test_versions_need_a_node(shop: Path, tmp_path: Path) -> None:
    config = Config(data_dir=tmp_path / "data")
    with pytest.raises(SoftswitchError, match="no node has run"):
        run("diff", "running", shop, config=config)
    with pytest.raises(SoftswitchError, match="the node does not run it"):
        run("diff", "0123456789ab", shop, config=config)


# --- reload ------------------------------------------------------------------------------------


def test_a_reload_checks_first(shop: Path, tmp_path: Path) -> None:
    config = Config(data_dir=tmp_path / "data", dialplan=(str(shop),), human=DESK)
    with pytest.raises(SoftswitchError, match="no node is running"):
        run("reload", config=config)
    with pytest.raises(SoftswitchError, match="is none of the node's dialplans"):
        run("reload", "reception", config=config)
    change(shop / "plan.yaml", "start: greeting", "strt: greeting")
    with pytest.raises(InvalidFile, match="did you mean 'start'"):
        run("reload", config=config)
