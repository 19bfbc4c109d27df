"""Models come over a real connection with real troubles; what is installed is whole, or nothing is."""

import asyncio
import hashlib
import io
import json
import os
import random
import signal
import socket
import subprocess
import sys
import time
import urllib.request
import zipfile
from collections.abc import Iterator
from email.message import Message
from pathlib import Path

import pytest
from model_server import Site, serving
from speech_parts import RATE, pool, synthesizer  # noqa: F401  (fixtures)

from softswitch.errors import SoftswitchError
from softswitch.speech import fetching, library, models, pulling, registry
from softswitch.speech.pool import SpeechPool
from softswitch.speech.recognizer import VoskRecognizer
from softswitch.speech.synthesizer import PiperSynthesizer


def zipped(folder: Path, top: str = "", extra: dict[str, bytes] | None = None) -> bytes:
    """The folder as an archive, as Vosk's are: everything below one folder."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_STORED) as archive:
        for file in sorted(folder.rglob("*")):
            if file.is_file():
                archive.write(file, f"{top}{file.relative_to(folder)}")
        for name, content in (extra or {}).items():
            archive.writestr(name, content)
    return packed.getvalue()


EAR = zipped(models.DATA / "ear", "vosk-model-test/")


@pytest.fixture(autouse=True)
def hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fetching, "BACK_OFF_S", 0.001)


@pytest.fixture
def site() -> Iterator[Site]:
    with serving() as started:
        started.files["/ear.zip"] = EAR
        yield started


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "models"


def pull(site: Site, folder: Path, path: str = "/ear.zip", **file: object) -> library.Manifest | None:
    url = site.url + path
    order = pulling.Order("test", url, (registry.File(url=url, **file),))
    return pulling.pull(order, folder, lambda name, done, total: None)


def refused(site: Site, folder: Path, match: str, path: str = "/ear.zip", **file: object) -> None:
    with pytest.raises(SoftswitchError, match=match) as raised:
        pull(site, folder, path, **file)
    assert "\n" not in str(raised.value)
    assert library.installed(folder) == {}
    assert not list(folder.glob(".unpacking-*"))


def kept(folder: Path) -> int:
    return sum(part.stat().st_size for part in folder.glob(".downloads/*/*.part"))


def test_a_pulled_ear_understands_a_spoken_sentence(
    site: Site,
    folder: Path,
    pool: SpeechPool,  # noqa: F811
    synthesizer: PiperSynthesizer,  # noqa: F811
) -> None:
    found = pull(site, folder, sha256=hashlib.sha256(EAR).hexdigest(), bytes=len(EAR))
    assert found is not None
    assert (found.kind, found.downloads["ear.zip"]) == ("ear", hashlib.sha256(EAR).hexdigest())
    recognizer = VoskRecognizer(models.ear("test", folder), RATE, pool)

    async def hear() -> str:
        stream = recognizer.open(["what are your opening hours", "yes"])
        await stream.accept(await synthesizer.speak("What are your opening hours?") + bytes(RATE))
        return (await stream.finish()).text

    assert asyncio.run(hear()) == "what are your opening hours"
    assert library.problems(folder / "test") == []
    assert sorted(path.name for path in folder.iterdir()) == [".downloads", ".lock", "test"]
    assert kept(folder) == 0


def test_what_is_installed_is_not_fetched_again(site: Site, folder: Path) -> None:
    assert pull(site, folder)
    assert pull(site, folder) is None
    assert len(site.asked) == 1


def test_a_cut_download_goes_on_where_it_stopped(site: Site, folder: Path) -> None:
    site.cut_after = [1_000_000, 500_000]
    assert pull(site, folder)
    assert [asked[1] for asked in site.asked] == ["", "bytes=1000000-", "bytes=1500000-"]
    assert site.sent == len(EAR)


def test_a_later_call_goes_on_with_what_an_earlier_one_kept(site: Site, folder: Path) -> None:
    site.cut_after = [700_000, *[0] * fetching.ATTEMPTS]
    refused(site, folder, r"connection was cut; 0\.7 MB are kept: run the same command again")
    assert kept(folder) == 700_000
    before = site.sent
    site.cut_after = []
    assert pull(site, folder)
    assert site.sent - before == len(EAR) - 700_000


def test_a_file_that_changed_meanwhile_is_fetched_from_its_beginning(site: Site, folder: Path) -> None:
    site.files["/ear.zip"] = bytes(len(EAR))
    site.cut_after = [700_000, *[0] * fetching.ATTEMPTS]
    refused(site, folder, "cut")
    site.files["/ear.zip"], site.etag, site.cut_after = EAR, '"two"', []
    assert pull(site, folder)


@pytest.mark.parametrize("trouble", ["no ranges", "no validator"])
def test_a_server_that_cannot_resume_is_asked_for_everything(site: Site, folder: Path, trouble: str) -> None:
    site.ranges, site.etag = trouble != "no ranges", "" if trouble == "no validator" else '"one"'
    site.cut_after = [700_000]
    assert pull(site, folder)
    assert site.sent == len(EAR) + 700_000


def test_without_a_validator_a_known_hash_lets_it_go_on(site: Site, folder: Path) -> None:
    site.etag, site.cut_after = "", [700_000]
    assert pull(site, folder, sha256=hashlib.sha256(EAR).hexdigest())
    assert site.sent == len(EAR)


def test_it_gives_up_after_a_bounded_number_of_attempts(site: Site, folder: Path) -> None:
    site.statuses = [503] * 100
    refused(site, folder, "503")
    assert len(site.asked) == fetching.ATTEMPTS


def test_a_busy_server_is_asked_again(site: Site, folder: Path) -> None:
    site.statuses = [503, 429]
    assert pull(site, folder)


def test_a_missing_file_is_told_at_once(site: Site, folder: Path) -> None:
    refused(site, folder, "404.*see that the address is right", "/absent.zip")
    assert len(site.asked) == 1


def test_a_corrupted_download_is_refused_and_not_kept(site: Site, folder: Path) -> None:
    damaged = bytearray(EAR)
    damaged[len(EAR) // 2] ^= 1
    site.files["/ear.zip"] = bytes(damaged)
    refused(site, folder, "SHA-256", sha256=hashlib.sha256(EAR).hexdigest())
    assert kept(folder) == 0
    refused(site, folder, "not a whole zip archive")  # its own checksum tells as well
    assert kept(folder) == 0


def test_a_wrong_size_is_refused_before_anything_is_fetched(site: Site, folder: Path) -> None:
    refused(site, folder, f"has {len(EAR)} bytes, not 5", bytes=5)
    assert kept(folder) == 0
    assert site.sent < len(EAR)


def test_a_body_shorter_than_it_said_is_never_taken_for_the_file(site: Site, folder: Path) -> None:
    site.length_off_by = 10
    refused(site, folder, "cut|416|another part")


def test_what_is_no_archive_is_refused(site: Site, folder: Path) -> None:
    site.files["/ear.zip"] = b"<html>please log in</html>"
    refused(site, folder, "not a whole zip archive")


def test_an_archive_without_a_model_is_refused(site: Site, folder: Path, tmp_path: Path) -> None:
    (tmp_path / "holiday.txt").write_text("sun")
    site.files["/ear.zip"] = zipped(tmp_path)
    refused(site, folder, "no Vosk model and no Piper voice")


def test_half_a_model_is_refused_with_the_file_that_is_missing(
    site: Site, folder: Path, tmp_path: Path
) -> None:
    half = tmp_path / "half"
    (half / "am").mkdir(parents=True)
    (half / "am/final.mdl").write_bytes(b"x")
    site.files["/ear.zip"] = zipped(half)
    refused(site, folder, r"test is not a whole Vosk model \(conf/mfcc.conf is missing or empty\)")


def test_redirects_are_followed_a_few_times_and_to_the_web_only(site: Site, folder: Path) -> None:
    site.redirects = {"/a": "/b", "/b": "/ear.zip", "/loop": "/loop", "/file": "file:///etc/passwd"}
    refused(site, folder, "redirects too often", "/loop")
    refused(site, folder, "to what is no web address", "/file")
    assert pull(site, folder, "/a")


def test_a_protected_connection_is_never_left_for_an_open_one() -> None:
    request = urllib.request.Request("https://models.example/ear.zip")
    with pytest.raises(SoftswitchError, match=r"models\.example redirects to http: it is not followed"):
        fetching._Redirects().redirect_request(
            request, io.BytesIO(), 302, "Found", Message(), "http://models.example/ear.zip"
        )


def test_a_slow_server_is_waited_for(site: Site, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fetching, "TIMEOUT_S", 0.5)
    site.chunk, site.delay_s = len(EAR) // 4, 0.1
    assert pull(site, folder)


def test_a_server_that_falls_silent_is_left(
    site: Site, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fetching, "TIMEOUT_S", 0.05)
    monkeypatch.setattr(fetching, "ATTEMPTS", 2)
    site.chunk, site.delay_s = 1000, 0.5
    refused(site, folder, "timed out")


def test_no_network_is_one_line_and_no_waiting(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fetching, "BACK_OFF_S", 60)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        closed = Site(url=f"http://127.0.0.1:{probe.getsockname()[1]}")
        refused(closed, folder, "127.0.0.1 cannot be reached .*see that this machine has a network")
    refused(Site(url="http://nobody.invalid"), folder, "nobody.invalid cannot be reached")


def test_trust_is_in_the_first_download(site: Site, folder: Path) -> None:
    assert pull(site, folder)
    (folder / "test/conf/model.conf").write_text("--changed=true\n")
    site.files["/ear.zip"] = zipped(
        models.DATA / "ear", "vosk-model-test/", {"vosk-model-test/README": b"new"}
    )
    site.etag = '"two"'
    with pytest.raises(SoftswitchError, match="has changed since it was first pulled"):
        pull(site, folder)
    site.files["/ear.zip"] = EAR
    assert pull(site, folder), "the damaged one is replaced by what was first pulled"
    assert library.problems(folder / "test") == []


def test_verifying_finds_a_changed_byte_and_files_that_come_and_go(site: Site, folder: Path) -> None:
    assert pull(site, folder)
    model = folder / "test"
    with (model / "am/final.mdl").open("r+b") as file:
        file.seek(100_000)
        byte = file.read(1)
        file.seek(100_000)
        file.write(bytes([byte[0] ^ 1]))
    (model / "graph/phones.txt").unlink()
    (model / "stray").write_text("?")
    assert library.problems(model) == [
        "stray was not there when it was pulled",
        "am/final.mdl has changed",
        "graph/phones.txt is missing",
    ]


def test_a_voice_comes_with_its_json_and_its_language(site: Site, folder: Path) -> None:
    for name in ("voice.onnx", "voice.onnx.json"):
        site.files[f"/{name}"] = (models.DATA / "voice" / name).read_bytes()
    found = pulling.pull(pulling.order(f"{site.url}/voice.onnx", "mine"), folder, lambda *_: None)
    assert found is not None
    assert (found.kind, found.language) == ("voice", "en-US")
    assert models.voice("mine", folder).identity == models.voice("embedded").identity
    assert {asked[0] for asked in site.asked} == {"/voice.onnx", "/voice.onnx.json"}


@pytest.mark.parametrize("form", ["folder", "archive", "file address", "voice"])
def test_a_path_is_pulled_like_an_address(folder: Path, tmp_path: Path, form: str) -> None:
    archive = tmp_path / "my ear.zip"
    archive.write_bytes(EAR)
    what = {
        "folder": str(models.DATA / "ear"),
        "archive": str(archive),
        "file address": archive.as_uri(),
        "voice": str(models.DATA / "voice/voice.onnx"),
    }[form]
    assert pulling.pull(pulling.order(what, "local"), folder, lambda *_: None)
    assert library.problems(folder / "local") == []
    assert archive.exists()


def test_two_do_not_pull_at_once(site: Site, folder: Path) -> None:
    with library.workplace(folder), pytest.raises(SoftswitchError, match="another `softswitch model pull`"):
        pull(site, folder)


def test_killed_while_it_unpacks_it_leaves_no_model(tmp_path: Path, folder: Path) -> None:
    filler = {f"vosk-model-test/filler{n}": random.Random(n).randbytes(1 << 20) for n in range(60)}
    archive = tmp_path / "ear.zip"
    archive.write_bytes(zipped(models.DATA / "ear", "vosk-model-test/", filler))
    command = [sys.executable, "-m", "softswitch", "--set", f"data_dir={tmp_path}"]
    pulling_it = subprocess.Popen([*command, "model", "pull", str(archive), "--name", "test"])
    deadline = time.monotonic() + 20
    while len(list(folder.glob(".unpacking-*/*/filler*"))) < 2 and time.monotonic() < deadline:
        assert pulling_it.poll() is None, "it was done before it could be killed"
        time.sleep(0.001)
    os.kill(pulling_it.pid, signal.SIGKILL)
    pulling_it.wait()
    assert 2 <= len(list(folder.glob(".unpacking-*/*/filler*"))) < 60
    assert library.installed(folder) == {}
    with pytest.raises(SoftswitchError, match="softswitch model pull test"):
        models.ear("test", folder)
    done = subprocess.run([*command, "model", "pull", str(archive), "--name", "test"], capture_output=True)
    assert done.returncode == 0, done.stderr
    assert library.problems(folder / "test") == []
    assert not list(folder.glob(".unpacking-*"))


def test_a_token_of_the_address_stands_in_no_file_and_no_message(site: Site, folder: Path) -> None:
    with pytest.raises(SoftswitchError, match="404") as raised:
        pulling.pull(pulling.order(f"{site.url}/none.zip?token=secret", "test"), folder, lambda *_: None)
    assert "secret" not in str(raised.value)
    site.files["/ear.zip?token=secret"] = EAR
    site.cut_after = [1_000_000, *[0] * fetching.ATTEMPTS]
    order = pulling.order(f"{site.url}/ear.zip?token=secret", "test")
    with pytest.raises(SoftswitchError, match="cut") as raised:
        pulling.pull(order, folder, lambda *_: None)
    marks = [file.read_text() for file in folder.rglob("*.mark")]
    assert len(marks) == 1
    assert "secret" not in marks[0] + str(raised.value)
    site.cut_after = []
    assert pulling.pull(order, folder, lambda *_: None)
    assert site.sent == len(EAR)
    text = (folder / "test" / library.MANIFEST).read_text()
    assert "secret" not in text
    assert json.loads(text)["source"] == f"{site.url}/ear.zip"
