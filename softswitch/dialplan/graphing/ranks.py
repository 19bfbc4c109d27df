"""Which box stands above which: ways lead down, but for those that close a circle."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Link:
    source: str
    target: str
    label_width: float = 0.0

    def ends(self, *, turned: bool) -> tuple[str, str]:
        """The upper and the lower one."""
        return (self.target, self.source) if turned else (self.source, self.target)


def backward(boxes: Iterable[str], links: Sequence[Link]) -> set[int]:
    """The links that close a circle: without them, or turned round, there is none."""
    ahead: dict[str, list[tuple[int, str]]] = defaultdict(list)
    for number, link in enumerate(links):
        ahead[link.source].append((number, link.target))
    found: set[int] = set()
    state: dict[str, int] = {}
    for root in boxes:
        waiting: list[tuple[str, Iterator[tuple[int, str]]]] = []
        if root not in state:
            state[root] = 1
            waiting.append((root, iter(ahead[root])))
        while waiting:
            name, rest = waiting[-1]
            number, target = next(rest, (-1, ""))
            if number < 0:
                state[name] = 2
                waiting.pop()
            elif state.get(target) == 1:
                found.add(number)
            elif target not in state:
                state[target] = 1
                waiting.append((target, iter(ahead[target])))
    return found


def ranks(boxes: Iterable[str], links: Sequence[Link], backward: Collection[int]) -> dict[str, int]:
    """How many ways the longest way from the top has; links of `backward` lead up."""
    into: dict[str, int] = dict.fromkeys(boxes, 0)
    ahead: dict[str, list[str]] = defaultdict(list)
    for number, link in enumerate(links):
        if link.source != link.target:
            upper, lower = link.ends(turned=number in backward)
            ahead[upper].append(lower)
            into[lower] += 1
    found = dict.fromkeys(into, 0)
    ready = [name for name, count in into.items() if not count]
    for name in ready:
        for lower in ahead[name]:
            found[lower] = max(found[lower], found[name] + 1)
            into[lower] -= 1
            if not into[lower]:
                ready.append(lower)
    return found
