"""Puts a trained network, the lexicon and the language model together as the folder that Vosk loads."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from ear import features, kaldi_io
from ear.expected import Weighed
from ear.graph import UNKNOWN, Loop, Symbols
from ear.language_model import NGram, count
from ear.lexicon import Lexicon
from ear.network import Network
from ear.states import States

# Beams: wider ones cost time and change next to nothing. Rules: rule 1 ends a call leg of silence, 2 to 4 a
# sentence, the sooner the surer the ear is; softswitch/speech/endpointing.py decides on its own besides.
BEAM, LATTICE_BEAM = 17.0, 5.0  # in the sound's own scores: the scale makes them what the decoder takes
_CONF = """--min-active=200
--max-active=2000
--beam={beam:.1f}
--lattice-beam={lattice_beam:.1f}
--acoustic-scale={scale}
--frame-subsampling-factor=3
--frames-per-chunk=6
--endpoint.silence-phones=1
--endpoint.rule1.min-trailing-silence=5.0
--endpoint.rule2.min-trailing-silence=0.25
--endpoint.rule3.min-trailing-silence=0.5
--endpoint.rule4.min-trailing-silence=1.0
"""


@dataclass(frozen=True)
class Balance:
    """What tuning weighs: sound against language, and [unk] against the nearest word.

    `scale` is that of the sound's scores, `language` of the language model's costs; the pronunciations' costs
    have 1, so that small values of both make few long words likelier than many short ones.
    `unknown_penalty` is taken from the unknown sound's score in every output frame. `unknown_probability`
    is that of [unk] between words where no grammar is given; 0 leaves it out there.
    """

    scale: float = 0.6
    language: float = 1.0
    unknown_penalty: float = 1.0
    unknown_probability: float = 0.0


class Parts:
    """All of a model but its balance, so that several balances can be tried."""

    def __init__(self, network: Network, lexicon: Lexicon, sentences: Iterable[Weighed]) -> None:
        self._network = network
        self._words: dict[tuple[float, float], bytes] = {}  # Gr.fst by the balance of language and [unk]
        self._symbols = Symbols(lexicon)
        self._loop = Loop(lexicon, self._symbols, States(in_context=True))
        self._loop_bytes = self._loop.fst.bytes()
        self._model = NGram(count(sentences), sorted(lexicon))

    def write(self, folder: Path, balance: Balance) -> None:
        """The model folder that Vosk loads."""
        for name in ("am", "conf", "graph/phones"):
            (folder / name).mkdir(parents=True, exist_ok=True)
        kaldi_io.write_model(
            folder / "am/final.mdl", self._network, self._loop.tuples, balance.unknown_penalty
        )
        if self._network.mean is not None:
            kaldi_io.write_mean(folder / "am/global_cmvn.stats", self._network.mean)
        (folder / "graph/HCLr.fst").write_bytes(self._loop_bytes)
        (folder / "graph/Gr.fst").write_bytes(self._word_bytes(balance))
        self._write_texts(folder, balance)

    def _word_bytes(self, balance: Balance) -> bytes:
        key = balance.language, balance.unknown_probability
        if key not in self._words:
            unknown = (self._symbols.word_number[UNKNOWN], balance.unknown_probability)
            known = unknown if balance.unknown_probability else None
            fst = self._model.automaton(self._symbols.word_number, known, balance.language)
            self._words[key] = fst.bytes()
        return self._words[key]

    def _write_texts(self, folder: Path, balance: Balance) -> None:
        texts = {
            "conf/mfcc.conf": features.CONFIG,
            "conf/model.conf": _CONF.format(
                scale=balance.scale, beam=BEAM * balance.scale, lattice_beam=LATTICE_BEAM * balance.scale
            ),
            "graph/words.txt": self._symbols.words_table(),
            "graph/phones.txt": self._symbols.phones_table(),
            "graph/phones/word_boundary.int": self._symbols.word_boundaries(),
            "graph/disambig_tid.int": f"{self._loop.unused_transition}\n",
        }
        for name, text in texts.items():
            (folder / name).write_text(text, encoding="utf-8")
