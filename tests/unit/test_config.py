"""Settings are read as written, and every mistake of a file is told at once with its line."""

from pathlib import Path

import pytest

from softswitch import config, marked_yaml
from softswitch.errors import InvalidFile, SoftswitchError


def load(tmp_path: Path, text: str) -> config.Config:
    file = tmp_path / "softswitch.yaml"
    file.write_text(text)
    return config.load(file)


def problems(tmp_path: Path, text: str) -> list[tuple[int, int, str]]:
    with pytest.raises(InvalidFile) as raised:
        load(tmp_path, text)
    return [(problem.line, problem.column, problem.message) for problem in raised.value.problems]


def test_an_empty_file_means_the_defaults(tmp_path: Path) -> None:
    assert load(tmp_path, "# nothing yet\n").sip.port == 5060


def test_values_are_what_the_author_wrote(tmp_path: Path) -> None:
    loaded = load(
        tmp_path,
        "dialplan: no\nsip: {port: 5070, user_agent: 1:30}\nsurvival: {transfer_after: 90s, line: 012}\n",
    )
    assert (loaded.dialplan, loaded.sip.user_agent, loaded.survival.line) == (("no",), "1:30", "012")
    assert (loaded.sip.port, loaded.survival.transfer_after) == (5070, 90.0)


def test_a_section_with_everything_commented_out_means_its_defaults(tmp_path: Path) -> None:
    assert load(tmp_path, "sip:\n  # port: 5070\nmedia: {}\n").sip.port == 5060


def test_all_mistakes_are_told_at_once_with_their_places(tmp_path: Path) -> None:
    found = problems(
        tmp_path,
        "sip:\n"
        "  prt: 5070\n"
        "  port: 99999\n"
        "  allow: [192.0.2.0/24, somewhere]\n"
        "human: bob\n"
        "survival:\n"
        "  transfer_after: soon\n",
    )
    assert [(line, column) for line, column, _ in found] == [(2, 3), (3, 9), (4, 25), (5, 8), (7, 19)]
    assert "did you mean 'port'?" in found[0][2]
    assert "a duration such as 200ms" in found[4][2]


@pytest.mark.parametrize(
    ("written", "told"),
    [
        (
            "dialing: {prefixes: 0049}",
            "expected the beginning of a number with its country, such as +49, got",
        ),
        ("speech: {models: {english: x}}", "speech.models.english: expected the code of a language, such as"),
        ("queues: {sales: {decline_key: 12}}", "decline_key: expected one key, 0-9, * or #, got '12'"),
    ],
)
def test_the_shape_of_a_value_is_told_in_words(tmp_path: Path, written: str, told: str) -> None:
    ((_, _, message),) = problems(tmp_path, written)
    assert told in message


def test_duplicate_keys_are_mistakes(tmp_path: Path) -> None:
    found = problems(tmp_path, "sip:\n  port: 1\n  port: 2\n")
    assert found == [(3, 3, "duplicate key 'port', first given in line 2")]


def test_what_is_not_yaml_names_its_line(tmp_path: Path) -> None:
    ((line, _, message),) = problems(tmp_path, "sip:\n  port: [5060\nhuman: x\n")
    assert line in (2, 3)
    assert message.startswith("not YAML")


def test_a_file_that_is_not_text_is_told(tmp_path: Path) -> None:
    file = tmp_path / "softswitch.yaml"
    file.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(InvalidFile, match="UTF-8"):
        config.load(file)


def test_a_given_file_must_exist(tmp_path: Path) -> None:
    with pytest.raises(InvalidFile, match="cannot be read"):
        config.load(tmp_path / "absent.yaml")


def test_overrides_win(tmp_path: Path) -> None:
    file = tmp_path / "softswitch.yaml"
    file.write_text("sip: {port: 5070}\n")
    loaded = config.load(file, ("sip.port=5080", "media.codecs=PCMA,PCMU"))
    assert (loaded.sip.port, loaded.media.codecs) == (5080, ("PCMA", "PCMU"))


def test_an_override_without_a_value_is_refused() -> None:
    with pytest.raises(SoftswitchError, match="key=value"):
        config.load(None, ("sip.port",))


def test_an_override_is_named_where_it_is_wrong_and_its_keys_are_suggested() -> None:
    with pytest.raises(InvalidFile) as raised:
        config.load(None, ("sip.prot=5070", "media.max_calls=many"))
    first, second = map(str, raised.value.problems)
    assert first.startswith("--set media.max_calls=many: media.max_calls: ")
    assert second == "--set sip.prot=5070: unknown key 'prot'; did you mean 'port'?"


def test_one_value_serves_where_a_list_is_expected(tmp_path: Path) -> None:
    assert load(tmp_path, "sip: {allow: 192.0.2.0/24}\n").sip.allow == ("192.0.2.0/24",)
    assert config.load(None, ("media.codecs=PCMA",)).media.codecs == ("PCMA",)


def test_a_data_dir_without_a_name_is_refused() -> None:
    with pytest.raises(InvalidFile, match="path of a folder"):
        config.load(None, ("data_dir=",))


def test_deep_nesting_is_refused_and_does_not_exhaust_the_stack() -> None:
    document = marked_yaml.parse("a: " + "[" * 200 + "]" * 200, "deep.yaml")
    assert any("nested" in problem.message for problem in document.problems)


def test_the_snapshot_for_the_children_is_the_same_configuration() -> None:
    loaded = config.load(None, ("sip.port=5080", "human=sip:desk@192.0.2.1"))
    assert config.Config.model_validate_json(loaded.model_dump_json()) == loaded


def test_aliases_of_aliases_do_not_fill_the_memory() -> None:
    levels = [f"l{n}: &l{n} [{', '.join([f'*l{n - 1}'] * 10)}]" for n in range(1, 9)]
    document = marked_yaml.parse("\n".join(["l0: &l0 [x]", *levels]), "bomb.yaml")
    assert len(document.marks) < 2 * marked_yaml.MAX_VALUES
    assert any("aliases" in problem.message for problem in document.problems)


def test_a_list_that_holds_itself_is_refused_beside_a_comment_too() -> None:
    document = marked_yaml.parse("a: &a [*a] # for ever\n", "circle.yaml")
    assert any("nested" in problem.message for problem in document.problems)


def test_a_key_that_is_no_text_is_told_beside_a_comment_too() -> None:
    document = marked_yaml.parse("? [a, b]\n: c # why\n", "f")
    assert [problem.message for problem in document.problems] == ["a key must be plain text"]


def test_one_dialplan_or_several_in_order(tmp_path: Path) -> None:
    assert load(tmp_path, "dialplan: shop\n").dialplan == ("shop",)
    assert load(tmp_path, "dialplan: [night_desk, ./shop]\n").dialplan == ("night_desk", "./shop")
    assert config.load(None, ("dialplan=b,a",)).dialplan == ("b", "a")
    assert problems(tmp_path, "dialplan: []\n")


def test_days_are_durations_and_yes_is_yes(tmp_path: Path) -> None:
    loaded = load(tmp_path, "database: {remember_callers: 2d}\ndialplan_watch: yes\n")
    assert loaded.database.remember_callers == 2 * 86400
    assert loaded.dialplan_watch
    assert not load(tmp_path, "dialplan_watch: no\n").dialplan_watch
    assert problems(tmp_path, "database: {remember_callers: 0s}\n")
