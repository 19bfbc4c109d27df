"""The stages in order, each from the results of those before: words to sounds to a network to the model
folder.
"""

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from ear import card, corpus, expected, lexicon, network, speech_plan, synthesis, tune, vocabulary
from ear.export import Balance, Parts
from ear.settings import SHARD, Settings
from ear.states import States
from ear.vocabulary import Vocabulary
from ear.work import Task, Work, content

_SPEECH = ("speech_plan", "synthesis", "audio", "templates", "vocabulary")
_SOUND = ("corpus", "augmentation", "noises", "audio", "features", "alignment", "states", "phones")
_HARD_SOUND = (*_SOUND, "resynthesis", "normalisation")
_NETWORK = ("training", "network", "corpus", "states")
_MODEL = ("export", "expected", "graph", "language_model", "kaldi_io", "fst", "states", "phones", "features")


class Pipeline:
    """Raises subprocess.CalledProcessError where a synthesiser fails, ValueError where the word lists are
    wrong.
    """

    def __init__(self, settings: Settings, work: Work) -> None:
        self._settings = settings
        self._work = work
        self._vocabulary = vocabulary.load()
        self._known = vocabulary.known(self._vocabulary)
        texts = [path for name in ("foreign", "voices") for path in speech_plan.DATA.glob(f"{name}/*.txt")]
        self._texts = content([*vocabulary.files(), *sorted(texts)])
        self._tuning = content(speech_plan.DATA / name for name in ("unknown.txt", "tuning.txt"))
        self._expected = content(expected.FILES)

    def build(self, folder: Path) -> None:
        """Writes the model and its card into `folder`, which must not be there or be empty."""
        lexicon_file = self._lexicon("lexicon", self._vocabulary.words)
        shards = self._speech()
        features = self._features(shards)
        trained = self._bootstrap(shards, features)
        for number, steps in enumerate(self._settings.training, 1):
            labels = self._aligned(shards, trained, lexicon_file, number)
            trained = self._trained(f"network {number}", features, labels, True, steps)
        if not self._settings.training:
            trained = self._drawn()
        if self._settings.hardening:
            trained = self._hardened(shards, list(features), labels, trained)
        # Words that are known besides change nothing of the training: dialplans come and go without it.
        whole = self._lexicon("lexicon-whole", self._known)
        balance = self._balance(trained, whole)
        self._export(folder, trained, whole, balance)

    def _lexicon(self, name: str, words: Sequence[str]) -> Path:
        variants = content([lexicon.VARIANTS])
        task = Task(name, _write_lexicon, (words,), (words, variants), ("lexicon", "phones"))
        return self._work.one("pronunciations", task)

    def _speech(self) -> list[Path]:
        """Shards of every engine; the engine's name is the first part of the shard's."""
        tasks = []
        for engine, count in self._settings.speech:
            for number in range(-(-count // SHARD)):
                size = min(SHARD, count - number * SHARD)
                what = (engine, size, f"{self._settings.seed}/{number}")
                name = f"speech-{engine}-{number}"
                tasks.append(
                    Task(name, _write_speech, (self._vocabulary, *what), (self._texts, *what), _SPEECH)
                )
        return self._work.all("speech", tasks)

    def _features(self, shards: Sequence[Path]) -> dict[Path, Path]:
        """The feature files of all copies, and the shard that each is of."""
        tasks, of = [], []
        for copy in range(self._settings.copies):
            for number, shard in enumerate(shards):
                what = (shard, self._seed(number), copy)
                tasks.append(Task(f"features-{copy}-{number}", corpus.write_features, what, what, _SOUND))
                of.append(shard)
        return dict(zip(self._work.all("features", tasks), of, strict=True))

    def _hardened(
        self, shards: Sequence[Path], features: Sequence[Path], labels: dict[Path, Path], trained: Path
    ) -> Path:
        """What `trained` becomes by going on with normalised sound that is harder to hear."""
        mean = self._work.one("mean", Task("mean", corpus.write_mean, (features,), (features,), ("corpus",)))
        tasks, of = [], []
        for copy in range(self._settings.copies):
            for number, shard in enumerate(shards):
                what = (shard, self._seed(number), copy, mean)
                tasks.append(
                    Task(f"hard-{copy}-{number}", corpus.write_hard_features, what, what, _HARD_SOUND)
                )
                of.append(shard)
        hard = dict(zip(self._work.all("hard features", tasks), of, strict=True))
        label, steps = "network hardened", self._settings.hardening
        return self._trained(label, hard, labels, True, steps, (trained, mean))

    def _bootstrap(self, shards: Sequence[Path], features: dict[Path, Path]) -> Path:
        """A network from the speech whose synthesiser tells its phones' times."""
        timed = {shard: number for number, shard in enumerate(shards) if _is_timed(shard)}
        tasks = []
        for shard, number in timed.items():
            what = (shard, self._seed(number))
            tasks.append(Task(f"times-{number}", corpus.write_synthesiser_labels, what, what, _SOUND))
        labels = dict(zip(timed, self._work.all("phone times", tasks), strict=True))
        if not self._settings.bootstrap:
            return self._drawn()
        heard = {path: shard for path, shard in features.items() if shard in timed}
        return self._trained("network 0", heard, labels, False, self._settings.bootstrap)

    def _aligned(
        self, shards: Sequence[Path], trained: Path, lexicon_file: Path, number: int
    ) -> dict[Path, Path]:
        known = _read_lexicon(lexicon_file)
        tasks = []
        for place, shard in enumerate(shards):
            contexts = (number > 1, True)
            what = (shard, self._seed(place), trained, known, contexts)
            inputs = (shard, self._seed(place), trained, lexicon_file, contexts)
            tasks.append(Task(f"labels-{number}-{place}", corpus.write_aligned_labels, what, inputs, _SOUND))
        return dict(zip(shards, self._work.all(f"alignment {number}", tasks), strict=True))

    def _trained(
        self,
        label: str,
        features: dict[Path, Path],
        labels: dict[Path, Path],
        in_context: bool,
        steps: int,
        start: tuple[Path, Path] | None = None,
    ) -> Path:
        """`start` is the network to go on from, and the usual mean of what is normalised."""
        outputs = States(in_context).count
        what = (label, features, labels, outputs, steps, self._settings, start)
        inputs = (
            list(features),
            list(labels.values()),
            outputs,
            steps,
            self._settings.hard if start else self._settings.network,
            self._settings.seed,
            self._settings.processes,
            start,
        )
        return self._work.one(label, Task(label.replace(" ", "-"), _train, what, inputs, _NETWORK))

    def _drawn(self) -> Path:
        what = (self._settings, States(in_context=True).count)
        return self._work.one("network", Task("network-drawn", _draw, what, what, _NETWORK))

    def _balance(self, trained: Path, lexicon_file: Path) -> Path:
        tasks = []
        for kind in tune.KINDS:
            what = (kind, self._settings.tuning, f"{self._settings.seed}")
            inputs = (self._texts, self._tuning, *what)
            tasks.append(Task(f"tuning-{kind}", _write_tuning, (self._vocabulary, *what), inputs, _SPEECH))
        spoken = dict(zip(tune.KINDS, self._work.all("speech for tuning", tasks), strict=True))
        parts = (trained, lexicon_file, self._settings, self._vocabulary, spoken)
        drawn = (self._texts, self._expected, self._settings.sentences, self._settings.seed)
        hangs_on = (trained, lexicon_file, *drawn, list(spoken.values()))
        return self._work.one(
            "balance", Task("balance", _tune, parts, hangs_on, ("tune", "measure", *_MODEL))
        )

    def _export(self, folder: Path, trained: Path, lexicon_file: Path, balance: Path) -> None:
        found = json.loads(balance.read_text(encoding="utf-8"))
        parts = _parts(trained, lexicon_file, self._settings, self._vocabulary)
        parts.write(folder, Balance(**found["balance"]))
        facts = card.Facts(
            settings=self._settings,
            words=len(self._known),
            parameters=sum(layer.weights.size + layer.bias.size for layer in network.load(trained).layers),
            balance=found["balance"],
            mistakes=found["mistakes"],
        )
        card.write(folder / "card.md", facts)

    def _seed(self, number: int) -> int:
        return self._settings.seed * 1_000_000 + number


def _is_timed(shard: Path) -> bool:
    return shard.name.split("-")[1].startswith(("flite", "festival"))


def _write_lexicon(path: Path, words: Sequence[str]) -> None:
    path.write_text(json.dumps(lexicon.pronounce(words), indent=0, sort_keys=True), encoding="utf-8")


def _read_lexicon(path: Path) -> lexicon.Lexicon:
    said = json.loads(path.read_text(encoding="utf-8"))
    return {word: tuple(map(tuple, ways)) for word, ways in said.items()}


# These take the vocabulary as it was read once: its files may change while a build runs.


def _write_speech(path: Path, words: Vocabulary, engine: str, count: int, seed: str) -> None:
    synthesis.write_shard(path, engine, speech_plan.training(words, engine, count, seed))


def _write_tuning(path: Path, words: Vocabulary, kind: str, count: int, seed: str) -> None:
    synthesis.write_shard(path, "espeak", speech_plan.tuning(words, kind, count, seed))


def _train(
    path: Path,
    label: str,
    features: dict[Path, Path],
    labels: dict[Path, Path],
    outputs: int,
    steps: int,
    settings: Settings,
    start: tuple[Path, Path] | None,
) -> None:
    from ear import training  # the only stage that needs PyTorch

    sounds, right = corpus.read(features, labels)
    first, mean = (network.load(start[0]), np.load(start[1])) if start else (None, None)
    stream = training.Stream(sounds, right, corpus.priors([right], outputs), mean)
    sizes = settings.hard if start else settings.network
    training.train(path, label, stream, steps, sizes, settings.seed, settings.processes, first)


def _draw(path: Path, settings: Settings, outputs: int) -> None:
    network.drawn(settings.network, outputs, settings.seed).save(path)


def _tune(
    path: Path,
    trained: Path,
    lexicon_file: Path,
    settings: Settings,
    words: Vocabulary,
    spoken: dict[str, Path],
) -> None:
    tune.write_balance(path, _parts(trained, lexicon_file, settings, words), spoken, words, settings.seed)


def _parts(trained: Path, lexicon_file: Path, settings: Settings, words: Vocabulary) -> Parts:
    said = expected.sentences(words, settings.sentences, settings.seed)
    return Parts(network.load(trained), _read_lexicon(lexicon_file), said)
