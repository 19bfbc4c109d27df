"""The stages in order: sentences, lessons, what is learnt from them, the graph and its card."""

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import onnx
from ear.work import Bar, Task, Work, content

from voice import card, corpus, halves, lessons, measure, piper_json, prosody, store
from voice.flite import Flite
from voice.graph import Learnt, build
from voice.settings import Settings

SHARD = 100  # sentences in one piece of work
_LESSONS = ("lessons", "flite", "front", "nodes", "spectrum", "store", "symbols")
_LEARNING = (*_LESSONS, "prosody", "halves")
# Read before anything is made: who edits a module meanwhile must not have old results under its new hash.
_LESSONS_CODE, _LEARNING_CODE = (
    content(Path(__file__).with_name(f"{name}.py") for name in modules) for modules in (_LESSONS, _LEARNING)
)


class Pipeline:
    """Raises ValueError where the sentences are wrong, OSError where flite's library is missing."""

    def __init__(self, settings: Settings, work: Work) -> None:
        self._settings = settings
        self._work = work

    def build(self, folder: Path) -> None:
        """Writes voice.onnx, voice.onnx.json and card.md into `folder`."""
        shards = self._shards()
        learnt = self._learnt(shards)
        folder.mkdir(parents=True)
        voice = folder / "voice.onnx"
        onnx.save(build(learnt), str(voice))
        voice.with_name("voice.onnx.json").write_text(
            json.dumps(piper_json.settings(), ensure_ascii=False, indent=1) + "\n", encoding="utf-8"
        )
        held_out = store.load_lessons(shards)[-self._settings.held_out :]
        card.write(folder / "card.md", self._settings, measure.measure(voice, held_out), learnt)

    def _shards(self) -> list[Path]:
        texts = corpus.sentences(self._settings.sentences + self._settings.held_out, self._settings.seed)
        tasks = []
        for start in range(0, len(texts), SHARD):
            part = tuple(texts[start : start + SHARD])
            tasks.append(
                Task(f"lessons-{start // SHARD}", _write_lessons, (part,), (part, _LESSONS_CODE), ())
            )
        return self._work.all("lessons", tasks)

    def _learnt(self, shards: Sequence[Path]) -> Learnt:
        held_out, epochs, seed = self._settings.held_out, self._settings.epochs, self._settings.seed
        given = (list(shards), held_out)
        sounds = Task("halves", _write_halves, given, (*given, _LEARNING_CODE), ())
        given_too = (*given, epochs, seed)
        tunes = Task("prosody", _write_prosody, given_too, (*given_too, _LEARNING_CODE), ())
        sound = store.load(self._work.one("sounds", sounds), halves.Halves)
        tune = store.load(self._work.one("lengths and pitch", tunes), prosody.Prosody)
        pitches = np.concatenate([lesson.f0 for lesson in _taught(shards, held_out)])
        return Learnt(tune, sound, Flite().band_filters, float(np.log(pitches[pitches > 0]).mean()))


def _taught(shards: Sequence[Path], held_out: int) -> list[lessons.Lesson]:
    return store.load_lessons(shards)[:-held_out]


def _write_lessons(path: Path, texts: Sequence[str]) -> None:
    teacher = lessons.Teacher()
    found = [teacher.lesson(text) for text in texts]
    store.save_lessons(path, [lesson for lesson in found if lesson])


def _write_halves(path: Path, shards: Sequence[Path], held_out: int) -> None:
    store.save(path, halves.learn(_taught(shards, held_out)))


def _write_prosody(path: Path, shards: Sequence[Path], held_out: int, epochs: int, seed: int) -> None:
    with Bar("epochs", epochs) as bar:
        store.save(path, prosody.train(_taught(shards, held_out), epochs, seed, bar.step))
