"""Prompts are rendered once, found again, and mended when their files are not what was written."""

import os
from pathlib import Path

import pytest
from speech_parts import pool, synthesizer

from softswitch.errors import SoftswitchError
from softswitch.speech import models
from softswitch.speech.pool import SpeechPool
from softswitch.speech.prompts import Prompt, PromptCache
from softswitch.speech.synthesizer import PiperSynthesizer

__all__ = ["pool", "synthesizer"]

TEXTS = ["Hello.", "How can I help you?", "Goodbye.", "Hello."]


@pytest.fixture
def cache(tmp_path: Path, pool: SpeechPool, synthesizer: PiperSynthesizer) -> PromptCache:
    return PromptCache(pool, tmp_path / "prompts")


@pytest.fixture
def prompts(synthesizer: PiperSynthesizer) -> list[Prompt]:
    return prompts_of(synthesizer)


def prompts_of(voice: PiperSynthesizer) -> list[Prompt]:
    return [Prompt(voice, text) for text in TEXTS]


async def test_renders_each_text_once_and_gives_it_at_once(
    cache: PromptCache, prompts: list[Prompt], synthesizer: PiperSynthesizer
) -> None:
    assert cache.get(prompts[0]) is None
    await cache.render_all(prompts)
    assert cache.rendered == 3
    assert cache.get(prompts[2]) == synthesizer.render("Goodbye.")
    assert cache.get(Prompt(synthesizer, "Never asked for.")) is None
    await cache.render_all(prompts)
    assert cache.rendered == 3


async def test_tells_its_progress(cache: PromptCache, prompts: list[Prompt]) -> None:
    told: list[tuple[int, int]] = []
    await cache.render_all(prompts, lambda done, total: told.append((done, total)))
    assert told == [(1, 3), (2, 3), (3, 3)]


async def test_the_next_start_renders_nothing(
    cache: PromptCache, tmp_path: Path, pool: SpeechPool, synthesizer: PiperSynthesizer, prompts: list[Prompt]
) -> None:
    await cache.render_all(prompts)
    again = PromptCache(pool, tmp_path / "prompts")
    await again.render_all([*prompts, Prompt(synthesizer, "New.")])
    assert again.rendered == 1
    assert again.get(Prompt(synthesizer, "Hello.")) == cache.get(Prompt(synthesizer, "Hello."))


async def test_another_clock_rate_is_another_prompt(
    cache: PromptCache, tmp_path: Path, pool: SpeechPool, synthesizer: PiperSynthesizer
) -> None:
    await cache.render_all([Prompt(synthesizer, "Hello.")])
    wide = PiperSynthesizer(models.voice("embedded"), 16000, pool)
    other = PromptCache(pool, tmp_path / "prompts")
    await other.render_all([Prompt(wide, "Hello.")])
    assert other.rendered == 1


@pytest.mark.parametrize("damage", ["truncated", "emptied", "altered", "removed"])
async def test_a_damaged_file_is_rendered_again(
    cache: PromptCache,
    tmp_path: Path,
    pool: SpeechPool,
    synthesizer: PiperSynthesizer,
    damage: str,
    prompts: list[Prompt],
) -> None:
    await cache.render_all(prompts)
    path = cache.path(Prompt(synthesizer, "Hello."))
    stored = path.read_bytes()
    if damage == "removed":
        path.unlink()
    else:
        path.write_bytes({"truncated": stored[:-2], "emptied": b"", "altered": stored[:-1] + b"\x55"}[damage])
    again = PromptCache(pool, tmp_path / "prompts")
    await again.render_all(prompts)
    assert again.rendered == 1
    assert again.get(Prompt(synthesizer, "Hello.")) == cache.get(Prompt(synthesizer, "Hello."))
    assert path.read_bytes() == stored


async def test_the_disk_limit_removes_what_was_used_longest_ago(
    cache: PromptCache, tmp_path: Path, pool: SpeechPool, synthesizer: PiperSynthesizer, prompts: list[Prompt]
) -> None:
    await cache.render_all(prompts)
    for age, text in enumerate(["Goodbye.", "How can I help you?", "Hello."]):
        os.utime(cache.path(Prompt(synthesizer, text)), (1000 - age, 1000 - age))
    sizes = {text: cache.path(Prompt(synthesizer, text)).stat().st_size for text in TEXTS}
    limit = sizes["Goodbye."] + sizes["How can I help you?"]
    small = PromptCache(pool, tmp_path / "prompts", disk_bytes=limit)
    await small.render_all([])
    assert [cache.path(Prompt(synthesizer, text)).exists() for text in TEXTS[:3]] == [False, True, True]


async def test_what_dead_writers_left_is_cleared(
    cache: PromptCache, tmp_path: Path, synthesizer: PiperSynthesizer
) -> None:
    await cache.render_all([Prompt(synthesizer, "Hello.")])
    stale, fresh = tmp_path / "prompts/a.1.tmp", tmp_path / "prompts/b.2.tmp"
    stale.touch()
    fresh.touch()
    os.utime(stale, (1000, 1000))
    await cache.render_all([Prompt(synthesizer, "Hello.")])
    assert (stale.exists(), fresh.exists()) == (False, True)


async def test_memory_keeps_earlier_prompts_only_while_they_fit(
    tmp_path: Path, pool: SpeechPool, synthesizer: PiperSynthesizer
) -> None:
    sizes = {text: len(synthesizer.render(text)) for text in TEXTS}
    limit = sizes["Hello."] + sizes["How can I help you?"]
    cache = PromptCache(pool, tmp_path / "prompts", memory_bytes=limit)
    await cache.render_all([Prompt(synthesizer, "Hello.")])
    await cache.render_all([Prompt(synthesizer, "Goodbye.")])
    assert cache.get(Prompt(synthesizer, "Hello.")) is not None
    await cache.render_all([Prompt(synthesizer, "How can I help you?")])
    assert cache.get(Prompt(synthesizer, "Hello.")) is None
    assert cache.held_bytes <= limit


async def test_more_than_memory_may_hold_is_an_error(
    tmp_path: Path, pool: SpeechPool, synthesizer: PiperSynthesizer, prompts: list[Prompt]
) -> None:
    cache = PromptCache(pool, tmp_path / "prompts", memory_bytes=1000)
    with pytest.raises(SoftswitchError, match="shorten its texts"):
        await cache.render_all(prompts)


async def test_a_folder_that_cannot_be_made_is_an_error(
    tmp_path: Path, pool: SpeechPool, synthesizer: PiperSynthesizer, prompts: list[Prompt]
) -> None:
    (tmp_path / "file").touch()
    cache = PromptCache(pool, tmp_path / "file/prompts")
    with pytest.raises(SoftswitchError, match="data_dir"):
        await cache.render_all(prompts)


async def test_a_disk_that_takes_nothing_costs_only_the_next_start(
    cache: PromptCache, monkeypatch: pytest.MonkeyPatch, synthesizer: PiperSynthesizer, prompts: list[Prompt]
) -> None:
    def full(path: Path, data: bytes) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    await cache.render_all(prompts)
    assert cache.get(Prompt(synthesizer, "Hello.")) is not None
    assert not list(cache.path(Prompt(synthesizer, "Hello.")).parent.iterdir())


async def test_what_no_dialplan_says_any_more_is_let_go(
    cache: PromptCache, prompts: list[Prompt], synthesizer: PiperSynthesizer
) -> None:
    await cache.render_all(prompts)
    cache.keep_only(prompts[:1])
    assert cache.get(prompts[0]) == synthesizer.render("Hello.")
    assert cache.get(prompts[2]) is None
    assert cache.held_bytes == len(synthesizer.render("Hello."))
