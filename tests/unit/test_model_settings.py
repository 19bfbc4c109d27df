"""Which model is chosen for whom, and what the registry may hold."""

import asyncio
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from softswitch.app.engines import Shelf
from softswitch.config import Config, load
from softswitch.errors import InvalidFile, SoftswitchError
from softswitch.sections.speech import Speech
from softswitch.speech import models, pulling, registry
from softswitch.speech.pool import SpeechPool


def test_a_dialplan_goes_before_its_language_and_that_before_the_default() -> None:
    speech = Speech.model_validate(
        {
            "model": "big",
            "models": {"en": "english", "de": "german"},
            "voices": {"de": "thorsten"},
            "dialplans": {"shop": {"model": "shop-ear"}, "desk": {"voice": "desk-voice"}},
        }
    )
    assert speech.model_for("en", "shop") == "shop-ear"
    assert speech.model_for("de", "desk") == "german"
    assert speech.model_for("fr", "desk") == "big"
    assert speech.voice_for("de", "desk") == "desk-voice"
    assert speech.voice_for("de", "shop") == "thorsten"
    assert speech.voice_for("en", "shop") == "embedded"


def test_the_embedded_models_serve_another_language_only_when_somebody_says_so() -> None:
    said = {"models": {"es": "embedded", "de": "german"}, "dialplans": {"shop": {"voice": "shop-voice"}}}
    speech = Speech.model_validate(said)
    assert speech.missing_for("en", "desk") == []
    assert speech.missing_for("es", "desk") == ["speech.voices.es"]
    assert speech.missing_for("fr", "desk") == ["speech.models.fr", "speech.voices.fr"]
    assert speech.missing_for("de", "shop") == []
    assert Speech(model="big", voice="deep").missing_for("fr", "desk") == []


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("models: {english: x}", "english"),
        ("models: [x]", "expected names, each with a value"),
        ("dialplans: {shop: {modell: x}}", "did you mean 'model'"),
        ("dialplans: {shop: x}", "expected keys, such as model, voice"),
    ],
)
def test_mistakes_in_choices_are_told_by_their_line(tmp_path: Path, text: str, told: str) -> None:
    file = tmp_path / "softswitch.yaml"
    file.write_text(f"speech:\n  {text}\n")
    with pytest.raises(InvalidFile, match=r"softswitch\.yaml:2") as raised:
        load(file)
    assert told in str(raised.value)


def test_a_choice_can_be_given_on_the_command_line(tmp_path: Path) -> None:
    (tmp_path / "softswitch.yaml").touch()
    config = load(
        tmp_path / "softswitch.yaml", ("speech.models.en=mine", "speech.dialplans.shop.voice=other")
    )
    assert config.speech.model_for("en", "shop") == "mine"
    assert config.speech.voice_for("en", "shop") == "other"


def test_the_registry_is_sound() -> None:
    assert {entry.language.partition("-")[0] for entry in registry.known().values()} >= {
        "en",
        "de",
        "fr",
        "es",
    }
    for name, entry in registry.known().items():
        urls = [urlsplit(file.url) for file in entry.files]
        assert {url.scheme for url in urls} == {"https"}
        assert {url.hostname for url in urls} <= {"alphacephei.com", "huggingface.co"}
        names = [url.path.rpartition("/")[2] for url in urls]
        expected = [f"{name}.zip"] if entry.kind == "ear" else [f"{name}.onnx", f"{name}.onnx.json"]
        assert names == expected, "pulling by address must give the same name"


@pytest.mark.parametrize(
    ("what", "told"),
    [
        ("vosk-model-small-en-us-0.16", "did you mean 'vosk-model-small-en-us-0.15'"),
        ("/nowhere/ear.zip", "there is no file '/nowhere/ear.zip'"),
        ("ftp://models.example/a.zip", "https, http or file"),
        ("https://me:secret@models.example/a.zip", "password"),
        ("https://[models.example/a.zip", "is no address"),
        ("https://models.example:port/a.zip", "is no address"),
        ("https://models.example/.zip", "cannot be a model's name"),
        ("file://elsewhere.example/a.zip", "https, http or file"),
    ],
)
def test_what_cannot_be_pulled_is_told_in_a_sentence(what: str, told: str) -> None:
    with pytest.raises(SoftswitchError) as raised:
        pulling.order(what)
    assert told in str(raised.value)
    assert "secret" not in str(raised.value)
    assert "\n" not in str(raised.value)


def test_an_address_is_written_as_the_web_wants_it() -> None:
    (file,) = pulling.order("https://models.example/ear für alle.zip?a=b%20c", "ear").files
    assert file.url == "https://models.example/ear%20f%C3%BCr%20alle.zip?a=b%20c"


def test_a_file_brought_by_hand_must_be_what_it_is_called(tmp_path: Path) -> None:
    name = "vosk-model-small-en-us-0.15"
    (tmp_path / f"{name}.zip").write_bytes(b"another")
    order = pulling.order(str(tmp_path / f"{name}.zip"))
    known = registry.known()[name]
    assert (order.language, order.licence, order.source) == ("en-US", "Apache-2.0", known.files[0].url)
    with pytest.raises(SoftswitchError, match="has 7 bytes, not 41205931"):
        pulling.pull(order, tmp_path / "models", lambda *_: None)
    assert pulling.order(str(tmp_path / f"{name}.zip"), "other").files[0].sha256 is None


@pytest.mark.parametrize("name", ["../x", ".hidden", "a/b", "", "x" * 101])
def test_a_name_is_no_path(name: str) -> None:
    with pytest.raises(SoftswitchError, match="cannot be a model's name"):
        pulling.order("vosk-model-small-en-us-0.15", name or " ")


def test_a_model_that_is_not_installed_tells_how_to_fetch_it(tmp_path: Path) -> None:
    with pytest.raises(SoftswitchError, match="`softswitch model pull some-ear`"):
        models.ear("some-ear", tmp_path)
    with pytest.raises(SoftswitchError, match="`softswitch model pull some-voice`"):
        models.voice("some-voice", tmp_path)


def test_a_model_that_several_use_is_loaded_once(tmp_path: Path) -> None:
    (tmp_path / "models").mkdir()
    (tmp_path / "models/mine").symlink_to(models.DATA / "ear")

    async def load_all() -> tuple[int, int]:
        pool = SpeechPool(1)
        shelf = Shelf(Config(data_dir=tmp_path), pool)
        ears = await asyncio.gather(*(shelf.ear(setting) for setting in ("embedded", "mine", "embedded")))
        voices = await asyncio.gather(shelf.voice("embedded"), shelf.voice("embedded"))
        pool.close()
        return len(set(map(id, ears))), len(set(map(id, voices)))

    assert asyncio.run(load_all()) == (1, 1)


def test_whether_a_model_takes_a_grammar_is_known_from_its_graph(tmp_path: Path) -> None:
    assert models.takes_grammar(models.DATA / "ear")
    (tmp_path / "am").mkdir()
    (tmp_path / "graph").mkdir()
    (tmp_path / "graph/HCLG.fst").touch()
    assert not models.takes_grammar(tmp_path)
