"""The remembered answers of a node, in memory, by what they answer. Pure: the clock is passed in.

The table behind it is the store's; what is found here costs no query. Bounded: beyond `most` the ones that
were used the longest ago are dropped from memory (not from the table).
"""

from collections import OrderedDict
from collections.abc import Iterable, Iterator

from softswitch.answer.remembering import Asked, Remembered, suits

Key = tuple[str, str, str, str, str]
"""Plan, version, language, key and intent."""


class Book:
    def __init__(self, most: int = 50_000) -> None:
        self._most = most
        self._pages: OrderedDict[Key, dict[int, Remembered]] = OrderedDict()
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def __iter__(self) -> Iterator[Remembered]:
        """Those used the longest ago first."""
        for page in self._pages.values():
            yield from page.values()

    def put(self, answers: Iterable[Remembered]) -> None:
        """Add, or change by id. A forgotten one is taken out."""
        for answer in answers:
            key = _key_of(answer)
            page = self._pages.setdefault(key, {})
            self._count -= answer.id in page
            page.pop(answer.id, None)
            if answer.state != "forgotten":
                page[answer.id] = answer
                self._count += 1
            self._pages.move_to_end(key)
            if not page:
                del self._pages[key]
        while self._count > self._most:
            _, page = self._pages.popitem(last=False)
            self._count -= len(page)

    def find(self, asked: Asked, now: float, *, approved_only: bool = False) -> Remembered | None:
        """The answer to that question of that caller: approved ones first, then the latest."""
        if not asked.key:
            return None
        key = (asked.plan, asked.version, asked.language, asked.key, asked.intent)
        page = self._pages.get(key)
        if page is None:
            return None
        self._pages.move_to_end(key)
        found = [answer for answer in page.values() if suits(answer, asked, now, approved_only=approved_only)]
        return max(found, key=lambda answer: (answer.state == "approved", answer.made_at), default=None)

    def said(self, asked: Asked) -> frozenset[str]:
        """All that was ever answered to that question, but for what is other callers' own."""
        key = (asked.plan, asked.version, asked.language, asked.key, asked.intent)
        page = self._pages.get(key, {}).values()
        return frozenset(each.answer for each in page if each.caller in ("", asked.caller))


def _key_of(answer: Remembered) -> Key:
    return answer.plan, answer.version, answer.language, answer.key, answer.intent
