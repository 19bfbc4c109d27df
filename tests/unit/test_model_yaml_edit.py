"""A value is set in a file that a person wrote, and nothing else in it changes."""

from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from softswitch import marked_yaml, validation
from softswitch.cli import yaml_edit
from softswitch.config import Config
from softswitch.errors import InvalidFile, SoftswitchError

MODEL = ("speech", "model")
LANGUAGE = ("speech", "models", "en")


@pytest.mark.parametrize(
    ("before", "place", "after"),
    [
        ("", MODEL, "speech:\n  model: new\n"),
        ("# mine\n", MODEL, "# mine\nspeech:\n  model: new\n"),
        ("node: a", MODEL, "node: a\nspeech:\n  model: new\n"),
        ("speech:\n  model: old  # why\n", MODEL, "speech:\n  model: new  # why\n"),
        ("speech:\n    model: 'old'\n\nsip: {}\n", MODEL, "speech:\n    model: new\n\nsip: {}\n"),
        ("speech:\n  model:  # none\nnode: a\n", MODEL, "speech:\n  model: new  # none\nnode: a\n"),
        (
            "speech:  # ears\n  # threads\n  workers: 2\nnode: a\n",
            MODEL,
            "speech:  # ears\n  model: new\n  # threads\n  workers: 2\nnode: a\n",
        ),
        ("speech: {workers: 2}  # x\n", MODEL, 'speech: {"model": "new", workers: 2}  # x\n'),
        ("speech: {}\n", MODEL, 'speech: {"model": "new"}\n'),
        ("speech:\nnode: a\n", MODEL, "speech:\n  model: new\nnode: a\n"),
        ('{"node": "a"}', MODEL, '{"speech": {"model": "new"}, "node": "a"}'),
        ("speech:\n  voice: x\n", LANGUAGE, "speech:\n  models:\n    en: new\n  voice: x\n"),
        (
            "speech:\n  models:\n    # German\n    de: x\n",
            LANGUAGE,
            "speech:\n  models:\n    en: new\n    # German\n    de: x\n",
        ),
        ("speech:\r\n  workers: 2\r\n", MODEL, "speech:\r\n  model: new\r\n  workers: 2\r\n"),
        ("grüße: 1  # ü\nspeech:\n  model: old\n", MODEL, "grüße: 1  # ü\nspeech:\n  model: new\n"),
    ],
)
def test_only_the_value_changes(before: str, place: tuple[str, ...], after: str) -> None:
    assert yaml_edit.with_value(before, place, "new", "f") == after


@pytest.mark.parametrize("value", ["yes", "/opt/my model", "a: b", "-x", "#", "'", "ü", "1.5", "null"])
def test_a_value_is_read_back_as_it_was_given(value: str) -> None:
    edited = yaml_edit.with_value("speech: {}\nnode: a\n", MODEL, value, "f")
    assert marked_yaml.parse(edited, "f").value == {"speech": {"model": value}, "node": "a"}
    edited = yaml_edit.with_value("node: a\n", MODEL, value, "f")
    assert marked_yaml.parse(edited, "f").value == {"speech": {"model": value}, "node": "a"}


@pytest.mark.parametrize(
    "text",
    ["speech: [a]\n", "speech: text\n", "a: &x old\nspeech:\n  model: *x\n", "- a\n", "node: a\n...\n"],
)
def test_what_cannot_be_changed_safely_is_left_with_advice(text: str) -> None:
    with pytest.raises(SoftswitchError, match=r"set speech\.model to new"):
        yaml_edit.with_value(text, MODEL, "new", "f")


def test_a_broken_file_is_told_by_its_line() -> None:
    with pytest.raises(InvalidFile, match="f:2:1: duplicate key"):
        yaml_edit.with_value("a: 1\na: 2\n", MODEL, "new", "f")


@given(
    st.recursive(
        st.sampled_from(["x", "1:30", "", "multi\nline", "# no comment"]),
        lambda inner: st.dictionaries(st.sampled_from(["speech", "model", "models", "en", "node"]), inner),
        max_leaves=8,
    ),
    st.sampled_from([MODEL, LANGUAGE]),
    st.booleans(),
)
def test_whatever_the_file_it_means_the_same_but_for_the_value_or_is_left(
    value: object, place: tuple[str, ...], flow: bool
) -> None:
    text = yaml.safe_dump(value, default_flow_style=flow)
    try:
        edited = yaml_edit.with_value(text, place, "new", "f")
    except SoftswitchError:
        return
    target = marked_yaml.parse(edited, "f").value
    for key in place:
        target = target[key]
    assert target == "new"


def write(path: Path, value: str = "new") -> None:
    yaml_edit.write(path, {MODEL: value}, lambda document: validation.validate(document, Config))


def test_the_file_is_made_and_its_mode_kept(tmp_path: Path) -> None:
    path = tmp_path / "new/softswitch.yaml"
    write(path)
    path.chmod(0o640)
    write(path, "newer")
    assert path.read_text() == "speech:\n  model: newer\n"
    assert path.stat().st_mode & 0o777 == 0o640
    assert list(path.parent.iterdir()) == [path]


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "real.yaml").write_text("node: a\n")
    (tmp_path / "link.yaml").symlink_to("real.yaml")
    write(tmp_path / "link.yaml")
    assert (tmp_path / "link.yaml").is_symlink()
    assert "model: new" in (tmp_path / "real.yaml").read_text()


def test_what_would_not_validate_is_not_written(tmp_path: Path) -> None:
    path = tmp_path / "softswitch.yaml"
    path.write_text("sip: {port: many}\n")
    with pytest.raises(InvalidFile, match=r"softswitch\.yaml:1:13"):
        write(path)
    assert path.read_text() == "sip: {port: many}\n"
