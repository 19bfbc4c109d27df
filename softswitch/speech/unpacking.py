"""Files out of an archive or a folder that nobody vouches for, into a folder of ours and nowhere else.

Only plain files are made: no links, no devices, no owners, no modes. What is written is counted while it
is written, because an archive's own word about sizes is worth nothing.
"""

import os
import shutil
import stat
import zipfile
from pathlib import Path, PurePosixPath
from typing import IO

from softswitch.errors import SoftswitchError

MOST_FILES = 2000
MOST_BYTES = 12 << 30
MOST_RATIO = 50
"""Unpacked to packed. Speech models shrink to a half or a tenth; a bomb to a thousandth."""
LEAST_ALLOWANCE = 64 << 20
CHUNK = 1 << 20
METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)


class Unusable(SoftswitchError):
    """What was fetched can never become a model: fetching it again from there would not help."""


def unpack(archive: Path, folder: Path) -> None:
    """The files of a zip archive in `folder`, which is empty, each on disk when this returns."""
    writer = Writer(folder, max(LEAST_ALLOWANCE, MOST_RATIO * archive.stat().st_size))
    try:
        with zipfile.ZipFile(archive) as opened:
            members = opened.infolist()
            if len(members) > MOST_FILES:
                raise Unusable(f"{archive.name} holds {len(members)} files: no model has over {MOST_FILES}")
            for member in members:
                _check_member(archive, member)
                if not member.is_dir():
                    with opened.open(member) as source:
                        writer.write(member.filename, source)
    except SoftswitchError:
        raise
    except Exception as error:  # zipfile trips over damage with IndexError, OSError, struct.error and others
        raise Unusable(
            f"{archive.name} is not a whole zip archive ({error}): see that its address is right"
        ) from None


def copy(source: Path, folder: Path) -> None:
    """The files of the folder `source`, or the one file that it is, in `folder`."""
    writer = Writer(folder, MOST_BYTES)
    files = sorted(source.rglob("*")) if source.is_dir() else [source]
    for file in files:
        kind = file.lstat().st_mode
        if stat.S_ISDIR(kind):
            continue
        if not stat.S_ISREG(kind):
            raise Unusable(f"{file} is a link or a device: pull a folder of plain files")
        with file.open("rb") as opened:
            writer.write(file.relative_to(source if source.is_dir() else source.parent).as_posix(), opened)


class Writer:
    """Writes files below `folder`, at most `allowance` bytes of them."""

    def __init__(self, folder: Path, allowance: int) -> None:
        self._folder = folder
        self._left = min(allowance, MOST_BYTES)
        self._files = 0

    def write(self, name: str, source: IO[bytes]) -> None:
        """One file under its path in the archive. Raises Unusable before anything outside is touched."""
        self._files += 1
        if self._files > MOST_FILES:
            raise Unusable(f"more than {MOST_FILES} files: this is no model")
        path = self._folder / _safe(name)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("xb") as target:
                while chunk := source.read(CHUNK):
                    self._count(len(chunk))
                    target.write(chunk)
                target.flush()
                os.fsync(target.fileno())
        except (FileExistsError, NotADirectoryError, IsADirectoryError):
            raise Unusable(f"'{name}' is there twice: this is no model") from None
        except OSError as error:
            raise SoftswitchError(
                f"{name} cannot be written to {self._folder}: {error.strerror}; make room and pull again"
            ) from None

    def _count(self, size: int) -> None:
        self._left -= size
        if self._left < 0:
            raise Unusable("unpacks to far more than a model of its size would: it is refused as a zip bomb")
        if shutil.disk_usage(self._folder).free < size:
            raise SoftswitchError(f"the disk of {self._folder} is full: make room and pull again")


def _check_member(archive: Path, member: zipfile.ZipInfo) -> None:
    kind = stat.S_IFMT(member.external_attr >> 16)
    if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
        raise Unusable(f"{archive.name}: '{member.filename}' is a link or a device: it is refused")
    if member.flag_bits & 1:
        raise Unusable(f"{archive.name} is encrypted: unpack it yourself and pull the folder")
    if member.compress_type not in METHODS:
        raise Unusable(f"{archive.name} is packed in an unusual way: unpack it yourself and pull the folder")


def _safe(name: str) -> PurePosixPath:
    path = PurePosixPath(name)
    # A backslash or a colon is a separator to other systems' archivers, and in no model's file names.
    if path.is_absolute() or ".." in path.parts or not path.parts or set(name) & set("\\:\0"):
        raise Unusable(f"'{name}' leads out of the model's folder: it is refused")
    return path


def sync_folders(folder: Path) -> None:
    """Put the names of all files below `folder`, and its own, on disk."""
    for each in [folder, *(found for found in folder.rglob("*") if found.is_dir())]:
        handle = os.open(each, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
