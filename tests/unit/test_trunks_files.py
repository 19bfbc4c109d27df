"""The file of trunks: every mistake with its line, passwords from where they are, none of them shown."""

from pathlib import Path

import pytest

from softswitch.errors import InvalidFile, SoftswitchError
from softswitch.trunks import files
from softswitch.trunks.declared import Declared, together
from softswitch.trunks.settings import Trunk

BERLIN = """trunks:
- name: berlin
  kind: register
  hosts: [sip.example.com, sip2.example.com]
  username: 4711
  numbers: {country: DE, send: national}
"""


def load(tmp_path: Path, text: str, passwords: bool = True, mode: int = 0o600) -> files.Loaded:
    file = tmp_path / "trunks.yaml"
    file.write_text(text)
    file.chmod(mode)
    return files.load(file, passwords=passwords)


def problems(tmp_path: Path, text: str) -> list[tuple[int, str]]:
    with pytest.raises(InvalidFile) as raised:
        load(tmp_path, text)
    return [(problem.line, problem.message) for problem in raised.value.problems]


def password(loaded: files.Loaded) -> str:
    return loaded.trunks[0].trunk.password.get_secret_value()


def test_trunks_are_read_with_the_place_where_each_stands(tmp_path: Path) -> None:
    (berlin,) = load(tmp_path, BERLIN).trunks
    assert (berlin.name, berlin.source, berlin.place) == ("berlin", "file", f"{tmp_path}/trunks.yaml:2")
    assert type(berlin.trunk) is Trunk
    assert (berlin.trunk.username, berlin.trunk.numbers.send) == ("4711", "national")
    assert not berlin.has_password


def test_a_file_with_everything_commented_out_has_no_trunks(tmp_path: Path) -> None:
    assert load(tmp_path, "trunks:\n# - name: berlin\n").trunks == ()


def test_all_mistakes_are_told_at_once_with_their_lines(tmp_path: Path) -> None:
    found = problems(
        tmp_path,
        BERLIN + "  limits: {cals: 3}\n"
        "- {name: pbx, kind: extension}\n"
        "- name: berlin\n"
        "  kind: ip\n"
        "  allow: [10.0.0.0/8, nowhere]\n"
        "  pasword: secret\n"
        "  numbers: {rewrite_in: [{match: '(', to: x}]}\n",
    )
    assert [line for line, _ in found] == [7, 8, 9, 11, 12, 13]
    told = [message for _, message in found]
    assert "did you mean 'calls'?" in told[0]
    assert "needs `hosts` and `username`" in told[1]
    assert told[2] == "trunk 'berlin' is declared twice, first in line 2"
    assert "an address or network such as" in told[3]
    assert told[4] == "unknown key 'pasword'; did you mean 'password'?"
    assert "not a regular expression" in told[5]


@pytest.mark.parametrize("line", ["  password: geheim\n", "  password_file: pw\n", "  password_env: PW\n"])
def test_a_password_may_stand_in_the_file_beside_it_or_in_the_environment(
    line: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "pw").write_text("geheim\nsecond line\n")
    (tmp_path / "pw").chmod(0o600)
    monkeypatch.setenv("PW", "geheim")
    loaded = load(tmp_path, BERLIN + line)
    assert password(loaded) == "geheim"
    assert loaded.trunks[0].has_password
    assert loaded.warnings == ()
    assert "geheim" not in repr(loaded)


def test_without_passwords_nothing_is_looked_for(tmp_path: Path) -> None:
    loaded = load(tmp_path, BERLIN + "  password_env: NOWHERE_SET\n", passwords=False)
    assert (password(loaded), loaded.trunks[0].has_password) == ("", True)


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("  password_env: NOWHERE_SET\n", "the variable NOWHERE_SET is not set"),
        ("  password_file: nowhere\n", "nowhere: No such file or directory; make it readable"),
        ("  password_file: empty\n", "is empty; its first line must be the password"),
        ("  password_file: bytes\n", "is not UTF-8 text"),
    ],
)
def test_a_password_that_is_not_where_it_should_be_is_told_with_its_line(
    line: str, told: str, tmp_path: Path
) -> None:
    (tmp_path / "empty").write_text("\n")
    (tmp_path / "bytes").write_bytes(b"\xff\xfe")
    ((where, message),) = problems(tmp_path, BERLIN + line)
    assert where == 7
    assert told in message


def test_one_password_is_enough(tmp_path: Path) -> None:
    ((_, message),) = problems(tmp_path, BERLIN + "  password: geheim\n  password_env: PW\n")
    assert "give one of password and password_env" in message
    assert "geheim" not in message


@pytest.mark.parametrize("line", ["  password: geheim\n", "  password_file: pw\n"])
def test_a_password_that_every_user_can_read_is_warned_of(line: str, tmp_path: Path) -> None:
    (tmp_path / "pw").write_text("geheim\n")
    (tmp_path / "pw").chmod(0o644)
    (warning,) = load(tmp_path, BERLIN + line, mode=0o644).warnings
    assert warning.line == 7
    assert warning.warning
    assert "run chmod 600" in warning.message
    assert "geheim" not in warning.message


def test_the_database_and_the_file_must_not_have_the_same_trunk() -> None:
    trunk = Trunk.model_validate({"name": "berlin", "kind": "ip", "allow": "10.0.0.0/8"})
    other = trunk.model_copy(update={"name": "athens"})
    file = Declared(trunk, "file", "trunks.yaml:2")
    assert [each.name for each in together([Declared(other, "sql")], [file])] == ["athens", "berlin"]
    with pytest.raises(SoftswitchError, match=r"declared twice, in trunks.yaml:2 and in the database"):
        together([Declared(trunk, "sql")], [file])
