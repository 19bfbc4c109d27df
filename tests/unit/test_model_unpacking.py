"""An archive that nobody vouches for writes plain files into its folder, so many and no others."""

import contextlib
import io
import stat
import tempfile
import zipfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from softswitch.errors import SoftswitchError
from softswitch.speech import unpacking


def archive(tmp_path: Path, *members: tuple[zipfile.ZipInfo | str, bytes]) -> Path:
    path = tmp_path / "model.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed:
        for member, content in members:
            packed.writestr(member, content)
    return path


@pytest.fixture
def place(tmp_path: Path) -> Path:
    (tmp_path / "inner/place").mkdir(parents=True)
    return tmp_path / "inner/place"


def refuse(path: Path, place: Path, match: str) -> None:
    with pytest.raises(SoftswitchError, match=match):
        unpacking.unpack(path, place)


def test_files_come_out_as_they_went_in(tmp_path: Path, place: Path) -> None:
    unpacking.unpack(archive(tmp_path, ("m/a/one", b"1" * 9), ("m/two", b""), ("m/dir/", b"")), place)
    assert (place / "m/a/one").read_bytes() == b"1" * 9
    assert (place / "m/two").read_bytes() == b""


@pytest.mark.parametrize(
    "name",
    ["../out", "a/../../out", "/tmp/out", "a/..", "..\\out", "C:out", "a/../../inner/place2/out", ".."],
)
def test_no_path_leads_out(tmp_path: Path, place: Path, name: str) -> None:
    before = sorted(tmp_path.rglob("*"))
    path = archive(tmp_path, (name, b"x"))
    refuse(path, place, "leads out of the model's folder")
    assert sorted(tmp_path.rglob("*")) == sorted([*before, path])


@pytest.mark.parametrize("kind", [stat.S_IFLNK, stat.S_IFCHR, stat.S_IFBLK, stat.S_IFIFO, stat.S_IFSOCK])
def test_links_and_devices_are_refused(tmp_path: Path, place: Path, kind: int) -> None:
    member = zipfile.ZipInfo("m/link")
    member.external_attr = (kind | 0o777) << 16
    refuse(archive(tmp_path, (member, b"/etc/passwd")), place, "link or a device")
    assert list(place.rglob("*")) == []


def test_no_mode_is_taken_over(tmp_path: Path, place: Path) -> None:
    member = zipfile.ZipInfo("tool")
    member.external_attr = (stat.S_IFREG | 0o4777) << 16
    unpacking.unpack(archive(tmp_path, (member, b"#!")), place)
    assert (place / "tool").stat().st_mode & 0o7111 == 0


def test_a_bomb_stops_at_the_allowance(tmp_path: Path, place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unpacking, "LEAST_ALLOWANCE", 1 << 20)
    refuse(archive(tmp_path, ("zeros", bytes(50 << 20))), place, "zip bomb")
    assert (place / "zeros").stat().st_size <= 5 << 20


def test_a_bomb_that_lies_about_its_size_stops_too(
    tmp_path: Path, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(unpacking, "LEAST_ALLOWANCE", 1 << 20)
    path = archive(tmp_path, ("zeros", bytes(50 << 20)))
    raw = path.read_bytes()
    path.write_bytes(raw.replace((50 << 20).to_bytes(4, "little"), (10).to_bytes(4, "little")))
    refuse(path, place, "zip bomb|not a whole zip archive")
    assert sum(file.stat().st_size for file in place.rglob("*")) <= 5 << 20


def test_too_many_files_are_refused(tmp_path: Path, place: Path) -> None:
    members = [(f"f{number}", b"") for number in range(unpacking.MOST_FILES + 1)]
    refuse(archive(tmp_path, *members), place, "no model has over")
    assert list(place.iterdir()) == []


@pytest.mark.parametrize("names", [["a", "a"], ["a", "a/b"], ["a/b", "a"]])
def test_a_name_that_is_there_twice_is_refused(tmp_path: Path, place: Path, names: list[str]) -> None:
    twice = names[0] == names[1]
    with pytest.warns(UserWarning, match="Duplicate") if twice else contextlib.nullcontext():
        path = archive(tmp_path, *[(name, b"x") for name in names])
    refuse(path, place, "is there twice")


def test_an_archive_cut_short_is_refused(tmp_path: Path, place: Path) -> None:
    path = archive(tmp_path, ("a", bytes(range(256)) * 100))
    path.write_bytes(path.read_bytes()[:-30])
    refuse(path, place, "not a whole zip archive")


def test_an_encrypted_archive_is_told_from_a_broken_one(tmp_path: Path, place: Path) -> None:
    path = archive(tmp_path, ("a", b"x"))
    raw = bytearray(path.read_bytes())
    raw[raw.index(b"PK\x01\x02") + 8] |= 1
    path.write_bytes(raw)
    refuse(path, place, "encrypted")


def test_a_folder_with_a_link_is_not_copied(tmp_path: Path, place: Path) -> None:
    source = tmp_path / "source"
    source.mkdir()
    (source / "link").symlink_to("/etc/passwd")
    with pytest.raises(SoftswitchError, match="link or a device"):
        unpacking.copy(source, place)
    assert list(place.iterdir()) == []


def test_a_full_disk_is_told(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.disk_usage", lambda _: type("Usage", (), {"free": 3})())
    with pytest.raises(SoftswitchError, match="full: make room"):
        unpacking.Writer(place, 100).write("a", io.BytesIO(b"xxxx"))


@given(st.lists(st.tuples(st.integers(0, 250), st.integers(0, 255)), min_size=1, max_size=6))
def test_whatever_is_wrong_with_an_archive_it_is_told_in_a_sentence(changes: list[tuple[int, int]]) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as whole:
        whole.writestr("m/a", b"a" * 200)
        whole.writestr("m/b", bytes(range(60)))
    raw = bytearray(packed.getvalue())
    for at, byte in changes:
        raw[at % len(raw)] = byte
    with tempfile.TemporaryDirectory() as folder:
        path, place = Path(folder) / "model.zip", Path(folder) / "place"
        place.mkdir()
        path.write_bytes(raw)
        with contextlib.suppress(SoftswitchError):
            unpacking.unpack(path, place)
        assert sorted(Path(folder).iterdir()) == [path, place]
