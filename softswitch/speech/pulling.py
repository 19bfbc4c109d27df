"""Pulling a model: from its name, address or path to a folder of the library that the engine takes."""

import re
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, unquote, urlsplit, urlunsplit

from softswitch.complaints import suggest
from softswitch.errors import SoftswitchError
from softswitch.speech import fetching, library, models, registry, unpacking
from softswitch.speech.library import Manifest
from softswitch.speech.registry import File, Kind
from softswitch.speech.unpacking import Unusable

Watch = Callable[[str, int, int], None]
"""Called with a file's name, the bytes that are there, and the bytes in all (0: not known)."""


@dataclass(frozen=True, slots=True)
class Order:
    """What to pull. `kind` is None where only the files themselves can tell."""

    name: str
    source: str
    files: tuple[File, ...]
    kind: Kind | None = None
    language: str = ""
    licence: str = ""


def order(what: str, name: str | None = None, language: str | None = None) -> Order:
    """`what` is a name of the registry, an address (https, http, file), or the path of a file or folder."""
    if entry := registry.known().get(what):
        called = library.check_name(name or what)
        return Order(
            called, entry.files[0].url, entry.files, entry.kind, language or entry.language, entry.licence
        )
    url = _address(what)
    path = urlsplit(url).path
    stem = unquote(path.rstrip("/").rpartition("/")[2]).removesuffix(".zip").removesuffix(".onnx")
    urls = [url]
    if path.endswith(".onnx"):
        urls.append(urlunsplit(urlsplit(url)._replace(path=path + ".json")))
    files = tuple(File(url=url) for url in urls)
    found = Order(library.check_name(name or stem), fetching.shown(url), files, language=language or "")
    return _recognised(found) if path.endswith((".zip", ".onnx")) else found


def _recognised(found: Order) -> Order:
    """A file that is called as one of the registry must be that one, wherever it comes from."""
    entry = registry.known().get(found.name)
    if not entry or not all(file.sha256 for file in entry.files) or len(entry.files) != len(found.files):
        return found
    pairs = zip(entry.files, found.files, strict=True)
    files = tuple(known.model_copy(update={"url": own.url}) for known, own in pairs)
    language = found.language or entry.language
    return Order(found.name, entry.files[0].url, files, entry.kind, language, entry.licence)


def pull(wanted: Order, folder: Path, watch: Watch) -> Manifest | None:
    """Make `wanted` a model below `folder`. None when it is there already, whole.

    Raises SoftswitchError; a half download is kept, and gone on with by the next call.
    """
    with library.workplace(folder) as place:
        before = _before(wanted, folder)
        if before and not library.problems(folder / wanted.name):
            return None
        downloads = folder / library.DOWNLOADS / wanted.name
        try:
            hashes = _gather(wanted, place, downloads, before, watch)
            root = _root(place, wanted)
            kind = _kind(root, wanted)
        except Unusable:
            shutil.rmtree(downloads, ignore_errors=True)
            raise
        marks = Manifest(
            name=wanted.name,
            kind=kind,
            language=wanted.language or _language(root, kind),
            licence=wanted.licence,
            source=wanted.source,
            downloads=hashes,
            files={},
        )
        described = library.describe(root, marks)
        library.place(root, folder, described)
        shutil.rmtree(downloads, ignore_errors=True)
        return described


def _address(what: str) -> str:
    try:
        parts = urlsplit(what)
        web = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError as error:
        raise SoftswitchError(f"{what} is no address ({error}): see that it is written right") from None
    if web:
        if parts.username or parts.password:
            raise SoftswitchError("an address with a password in it is not taken: fetch the file yourself")
        return quote(what, safe="%/:=&?~#+!$,;'@()*[]")
    if parts.scheme == "file" and parts.netloc in ("", "localhost"):
        return what
    if Path(what).expanduser().exists():
        return Path(what).expanduser().absolute().as_uri()
    if parts.scheme and "://" in what:
        raise SoftswitchError(f"{what} cannot be pulled: give an address with https, http or file, or a path")
    near = suggest(what, registry.known()) if "/" not in what else ""
    raise SoftswitchError(
        f"there is no file '{what}', and no model of that name is known{near.partition('; expected')[0]} "
        "(`softswitch model list` shows those that are)"
    )


def _before(wanted: Order, folder: Path) -> Manifest | None:
    if not (folder / wanted.name).exists():
        return None
    there = library.manifest(folder / wanted.name)
    if there.source != wanted.source:
        raise SoftswitchError(
            f"there is a model {wanted.name} already, from {there.source}: give this one another --name"
        )
    return there


def _gather(
    wanted: Order, place: Path, downloads: Path, before: Manifest | None, watch: Watch
) -> dict[str, str]:
    """Everything that was ordered, unpacked in `place`; the SHA-256 of each file by its name."""
    hashes = {}
    for file in wanted.files:
        path, name, sha256 = _obtain(file, downloads, watch)
        if not sha256:
            unpacking.copy(path, place)
            continue
        hashes[name] = sha256
        if before and not file.sha256:
            _hold_to(before, file, name, sha256)
        _unfold(path, name, place)
    return hashes


def _hold_to(before: Manifest, file: File, name: str, sha256: str) -> None:
    """Trust is in the first download: a later one must be the same."""
    known = before.downloads.get(name, sha256)
    if known != sha256:
        raise Unusable(
            f"{fetching.shown(file.url)} has changed since it was first pulled (from SHA-256 {known} to "
            f"{sha256}): to trust the new one, remove the folder of the model {before.name} and pull again"
        )


def _obtain(file: File, downloads: Path, watch: Watch) -> tuple[Path, str, str]:
    """The file on this machine, its name and its SHA-256; that is "" for a folder."""
    parts = urlsplit(file.url)
    name = re.sub(r"[^A-Za-z0-9._-]", "_", unquote(parts.path.rstrip("/").rpartition("/")[2]))[-100:]
    if parts.scheme == "file":
        path = Path(unquote(parts.path))
        if not path.exists():
            raise SoftswitchError(f"there is no file {path}: see that its path is right")
        return path, name, "" if path.is_dir() else fetching.checked(file, path)
    part = downloads / f"{name}.part"
    return part, name, fetching.fetch(file, part, lambda done, total: watch(name, done, total))


def _unfold(path: Path, name: str, place: Path) -> None:
    if name.endswith((".onnx", ".onnx.json")):
        with path.open("rb") as source:
            unpacking.Writer(place, path.stat().st_size).write(name, source)
    else:
        unpacking.unpack(path, place)


def _root(place: Path, wanted: Order) -> Path:
    """The folder that is the model: archives have theirs inside one of its name, or are it."""
    inside = [found for found in place.iterdir() if found.is_dir()]
    found = [place] if _is_model(place) else [folder for folder in inside if _is_model(folder)]
    if len(found) != 1:
        raise Unusable(
            f"{wanted.source} holds no Vosk model and no Piper voice, or several: see that it is right"
        )
    return found[0]


def _kind(root: Path, wanted: Order) -> Kind:
    """What it is. Raises Unusable when the engine would not take it, or when it is not what was ordered."""
    kind: Kind = "ear" if _is_ear(root) else "voice"
    if kind != (wanted.kind or kind):
        raise Unusable(f"{wanted.source} is no {wanted.kind}: see that its address is right")
    try:
        library.check_shape(root, kind)
    except SoftswitchError as error:
        # Its path is one of the moment, and its remedy is for settings.
        what = str(error).replace(str(root), wanted.name).partition(": ")[0]
        raise Unusable(f"{what}: see that {wanted.source} is right") from None
    return kind


def _is_model(folder: Path) -> bool:
    return _is_ear(folder) or len(list(folder.glob("*.onnx"))) == 1


def _is_ear(folder: Path) -> bool:
    return (folder / "am/final.mdl").is_file() or (folder / "final.mdl").is_file()


def _language(root: Path, kind: Kind) -> str:
    """A voice says which language it speaks; an ear does not."""
    if kind == "ear":
        return ""
    espeak = str(models.voice(str(root)).settings["espeak"]["voice"])
    language, _, region = espeak.partition("-")
    return f"{language}-{region.upper()}" if len(region) == 2 else language
