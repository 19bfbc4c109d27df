"""Passages of a plan's knowledge, found by the words of a question: SQLite's FTS5, in memory.

It is made from files whenever a plan is loaded, so it needs no place in the node's database, whatever that
is, and is there when that is not. A search takes a fraction of a millisecond.
"""

import re
import sqlite3
import threading
from collections.abc import Iterable, Sequence

MOST_WORDS = 30
"""Of a question; the rest adds nothing."""
_TOKENIZERS = {"en": "porter unicode61 remove_diacritics 2"}


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_IDLE = {
    "en": _words(
        "a an the is are was were be am do does did can could will would shall should may might must "
        "have has had i you he she it we they me my your our their this that there what which who when "
        "where how why of to in on at for from with and or but not if please tell about any some much many"
    ),
    "es": _words(
        "el la los las un una unos unas de del al a en y o que qué es son era está están hay por para con "
        "sin se su sus mi mis tu tus me te le les nos lo cuál cuáles cuándo cuánto cuánta dónde cómo pero "
        "quién si no más muy"
    ),
}
"""Words that tell no passage from another."""


class Knowledge:
    """`found` gives indices into the passages that it was made from."""

    def __init__(self, passages: Sequence[tuple[str, str]], language: str = "en") -> None:
        """Passages as title and text."""
        self._language = language
        self._lock = threading.Lock()  # an index may be asked from any thread, by one at a time
        self._database = sqlite3.connect(":memory:", check_same_thread=False)
        tokenizer = _TOKENIZERS.get(language, "unicode61 remove_diacritics 2")
        self._database.execute(
            f"CREATE VIRTUAL TABLE passages USING fts5(title, text, tokenize='{tokenizer}')"
        )
        rows = ((number, title, text) for number, (title, text) in enumerate(passages, 1))
        self._database.executemany("INSERT INTO passages (rowid, title, text) VALUES (?, ?, ?)", rows)

    def found(self, question: str, most: int = 4) -> list[int]:
        """The best first, a title's words weighing twice a text's (BM25); none for a question of no words."""
        words = list(dict.fromkeys(self._words(question)))[:MOST_WORDS]
        if not words:
            return []
        query = " OR ".join(f'"{word}"' for word in words)
        ranked = "SELECT rowid FROM passages WHERE passages MATCH ? ORDER BY bm25(passages, 2.0, 1.0) LIMIT ?"
        with self._lock:
            return [row[0] - 1 for row in self._database.execute(ranked, (query, most))]

    def close(self) -> None:
        with self._lock:
            self._database.close()

    def _words(self, question: str) -> Iterable[str]:
        idle = _IDLE.get(self._language, _words(""))
        return (word for word in re.findall(r"\w+", question.lower()) if word not in idle)
