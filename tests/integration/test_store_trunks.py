"""Trunks in real databases of both kinds: whole transactions, counted changes, passwords under a key."""

import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy as sa
from postgres import database_url, postgres_cluster, postgres_url

from softswitch.config import Config
from softswitch.errors import SoftswitchError
from softswitch.sections.database import Database
from softswitch.store import changes, declared, migrate, sealing, secrets, trunks
from softswitch.store.engine import transaction
from softswitch.store.trunks import Row

__all__ = ["database_url", "postgres_cluster", "postgres_url"]
SETTINGS = {"kind": "register", "hosts": ["sip.example.com"], "username": "4711"}


@pytest.fixture(autouse=True)
def no_key_around(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(secrets.VARIABLE, raising=False)


@pytest.fixture
def config(database_url: str, tmp_path: Path) -> Config:
    migrate.upgrade(database_url)
    return Config(data_dir=tmp_path / "data", database=Database(url=database_url))


def add(config: Config, name: str, password: str = "") -> Row:
    secret = sealing.keys_for(config, [name]).seal(name, password) if password else None
    row = Row(name, SETTINGS, secret)
    trunks.add(config.database_url, row)
    return row


def password_of(config: Config, name: str) -> str:
    found = declared.read(config).find(name)
    assert found and not found.problem, found and found.problem
    return found.trunk.password.get_secret_value()


def revision(config: Config) -> int:
    return changes.revision(config.database_url, "trunks")


def test_what_was_added_is_read_and_each_change_is_counted(config: Config) -> None:
    assert revision(config) == 0
    add(config, "berlin", "geheim")
    add(config, "athens")
    assert [row.name for row in trunks.read(config.database_url)] == ["athens", "berlin"]
    assert password_of(config, "berlin") == "geheim"
    trunks.remove(config.database_url, "athens")
    assert revision(config) == 3
    assert declared.read(config).find("athens") is None


def test_a_trunk_is_added_once(config: Config) -> None:
    add(config, "berlin")
    with pytest.raises(SoftswitchError, match="there is a trunk berlin already"):
        add(config, "berlin")
    assert revision(config) == 1


def test_a_change_that_changes_nothing_is_not_counted(config: Config) -> None:
    add(config, "berlin", "geheim")
    assert not trunks.change(config.database_url, "berlin", lambda row: row)
    edited = SETTINGS | {"limits": {"calls": 3}}
    assert trunks.change(config.database_url, "berlin", lambda row: replace(row, settings=edited))
    assert revision(config) == 2
    assert password_of(config, "berlin") == "geheim"


@pytest.mark.parametrize("act", ["change", "remove"])
def test_what_is_not_there_cannot_be_changed(config: Config, act: str) -> None:
    with pytest.raises(SoftswitchError, match="there is no trunk nobody: see softswitch trunk list"):
        if act == "change":
            trunks.change(config.database_url, "nobody", lambda row: row)
        else:
            trunks.remove(config.database_url, "nobody")
    assert revision(config) == 0


def test_several_are_merged_or_none(config: Config) -> None:
    add(config, "berlin")
    more = SETTINGS | {"weight": 3}
    done = trunks.merge(
        config.database_url, lambda there: [there["berlin"], Row("athens", SETTINGS), Row("cairo", more)]
    )
    assert done == {"berlin": "unchanged", "athens": "added", "cairo": "added"}
    assert revision(config) == 2

    def broken(there: dict[str, Row]) -> list[Row]:
        return [Row("dublin", SETTINGS), Row("athens", {"kind": object()})]

    with pytest.raises((sa.exc.StatementError, TypeError)):
        trunks.merge(config.database_url, broken)
    assert "dublin" not in [row.name for row in trunks.read(config.database_url)]
    assert revision(config) == 2


def test_changes_made_at_once_all_count(config: Config) -> None:
    """Two processes change the same trunk twenty times each: none of it is lost."""
    add(config, "berlin")
    program = (
        "import sys; from dataclasses import replace; from softswitch.store import trunks\n"
        "for _ in range(20):\n"
        "    trunks.change(sys.argv[1], 'berlin', lambda row: replace(row, settings={**row.settings,\n"
        "        'weight': row.settings.get('weight', 0) + 1}))\n"
    )
    command = [sys.executable, "-c", program, config.database_url]
    both = [subprocess.Popen(command) for _ in range(2)]
    assert [process.wait(60) for process in both] == [0, 0]
    (row,) = trunks.read(config.database_url)
    assert (row.settings["weight"], revision(config)) == (40, 41)


def test_passwords_are_nowhere_in_the_clear(config: Config) -> None:
    row = add(config, "berlin", "geheim")
    assert row.secret and b"geheim" not in row.secret
    assert "geheim" not in repr(declared.read(config)) + repr(trunks.read(config.database_url))
    with transaction(config.database_url) as connection:
        assert b"geheim" not in repr(connection.execute(sa.text("SELECT * FROM trunks")).all()).encode()
    key = config.data_dir / secrets.FILE
    assert key.stat().st_mode & 0o777 == 0o600
    keys = secrets.read(key)
    assert repr(keys.keys[0]) not in repr(keys)


def test_swapped_rows_cannot_be_read(config: Config) -> None:
    first, second = add(config, "berlin", "one"), add(config, "athens", "two")
    for row, secret in ((first, second.secret), (second, first.secret)):
        trunks.change(config.database_url, row.name, lambda row, secret=secret: replace(row, secret=secret))
    found = declared.read(config)
    for each in found.declared:
        assert each.trunk.password.get_secret_value() == ""
        assert f"the password of trunk {each.name} cannot be decrypted" in each.problem


def test_another_key_opens_nothing_and_says_what_to_do(config: Config) -> None:
    add(config, "berlin", "geheim")
    add(config, "athens")
    secrets.put(config.data_dir / secrets.FILE, [secrets.new_key()])
    found = declared.read(config)
    berlin, athens = found.find("berlin"), found.find("athens")
    assert berlin and athens and not athens.problem
    assert "give the key that it was encrypted with" in berlin.problem
    assert "softswitch trunk edit berlin --password-stdin" in berlin.problem
    with pytest.raises(SoftswitchError, match="another key than that of"):
        add(config, "cairo", "secret")
    add(config, "cairo")  # without a password no key is needed


def test_no_second_key_is_made_where_passwords_have_one(config: Config) -> None:
    add(config, "berlin", "geheim")
    elsewhere = config.model_copy(update={"data_dir": config.data_dir / "other"})
    with pytest.raises(SoftswitchError, match="another key than this node's, which has none"):
        add(elsewhere, "athens", "secret")
    assert not (elsewhere.data_dir / secrets.FILE).exists()
    found = declared.read(elsewhere).find("berlin")
    assert found and "this node has no key" in found.problem


def test_a_row_that_is_no_trunk_leaves_the_others_alone(config: Config) -> None:
    add(config, "berlin")
    trunks.add(config.database_url, Row("odd", {"kind": "pigeon"}))
    found = declared.read(config)
    assert [each.name for each in found.declared] == ["berlin"]
    assert "trunk odd in the database is no trunk that this version knows (kind:" in found.problems[0]


def test_a_new_key_takes_the_place_of_the_old_one(config: Config) -> None:
    add(config, "berlin", "geheim")
    before = (config.data_dir / secrets.FILE).read_text()
    assert sealing.change_key(config, None)[0] == 1
    after = (config.data_dir / secrets.FILE).read_text()
    assert len(after.split()) == 1 and after != before
    assert password_of(config, "berlin") == "geheim"
    assert revision(config) == 1  # the trunks are what they were


def test_a_key_in_another_file_is_made_and_may_be_taken_twice(config: Config, tmp_path: Path) -> None:
    add(config, "berlin", "geheim")
    file = tmp_path / "new.key"
    sealing.change_key(config, file)
    sealing.change_key(config, file)
    assert password_of(config.model_copy(update={"secret_key_file": file}), "berlin") == "geheim"


def test_a_key_change_that_fails_half_way_changes_nothing(config: Config, tmp_path: Path) -> None:
    add(config, "athens", "one")
    broken = add(config, "berlin", "two")
    assert broken.secret
    damaged = broken.secret[:-1] + bytes([broken.secret[-1] ^ 1])
    trunks.change(config.database_url, "berlin", lambda row: replace(row, secret=damaged))
    with pytest.raises(SoftswitchError, match="the password of trunk berlin"):
        sealing.change_key(config, tmp_path / "new.key")
    assert password_of(config, "athens") == "one"


KILLED = """
import os, signal, sys
from pathlib import Path
from softswitch.config import Config
from softswitch.sections.database import Database
from softswitch.store import sealing, trunks
left = int(sys.argv[3])
update = trunks._update
def dying(*arguments):
    global left
    left -= 1
    if left < 0:
        os.kill(os.getpid(), signal.SIGKILL)
    return update(*arguments)
trunks._update = dying
config = Config(data_dir=Path(sys.argv[1]), database=Database(url=sys.argv[2]))
sealing.change_key(config, Path(sys.argv[4]) if len(sys.argv) > 4 else None)
"""


@pytest.mark.parametrize("in_place", [True, False])
def test_a_key_change_that_is_killed_half_way_leaves_every_password(
    config: Config, in_place: bool, tmp_path: Path
) -> None:
    for name in ("athens", "berlin", "cairo"):
        add(config, name, f"of {name}")
    command = [sys.executable, "-c", KILLED, str(config.data_dir), config.database_url, "2"]
    killed = subprocess.run(command + ([] if in_place else [str(tmp_path / "new.key")]), check=False)
    assert killed.returncode == -signal.SIGKILL
    assert [password_of(config, name) for name in ("athens", "berlin", "cairo")] == [
        "of athens",
        "of berlin",
        "of cairo",
    ]
    sealing.change_key(config, None)  # and the next one succeeds
    assert password_of(config, "berlin") == "of berlin"


def test_the_environment_may_hold_the_key(config: Config, monkeypatch: pytest.MonkeyPatch) -> None:
    add(config, "berlin", "geheim")
    file = config.data_dir / secrets.FILE
    monkeypatch.setenv(secrets.VARIABLE, file.read_text())
    file.unlink()
    assert password_of(config, "berlin") == "geheim"
    with pytest.raises(SoftswitchError, match="give --new-key-file"):
        sealing.change_key(config, None)
    monkeypatch.setenv(secrets.VARIABLE, "short")
    found = declared.read(config).find("berlin")
    assert found and "the variable SOFTSWITCH_SECRET_KEY holds no key" in found.problem


def test_a_key_that_everybody_can_read_is_warned_of(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    file = tmp_path / "key"
    secrets.make(file)
    assert not caplog.records
    file.chmod(0o644)
    secrets.read(file)
    assert "is open to every user: run chmod 600" in caplog.text


def test_two_who_make_the_key_at_once_have_the_same(tmp_path: Path) -> None:
    program = "import sys; from pathlib import Path; from softswitch.store import secrets\n"
    program += "print(secrets.make(Path(sys.argv[1])).keys)"
    command = [sys.executable, "-c", program, str(tmp_path / "sub" / "key")]
    many = [subprocess.Popen(command, stdout=subprocess.PIPE) for _ in range(4)]
    assert len({process.communicate()[0] for process in many}) == 1
    assert [file.name for file in (tmp_path / "sub").iterdir()] == ["key"]
