"""Graphs: what is reached, from where, and what goes round. Edges by name."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping


def reached(starts: Iterable[str], edges: Mapping[str, Collection[str]]) -> set[str]:
    """The starts and all that is reached from them."""
    found, waiting = set(starts), list(starts)
    while waiting:
        new = set(edges.get(waiting.pop(), ())) - found
        found |= new
        waiting += new
    return found


def backward(edges: Mapping[str, Collection[str]]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = defaultdict(list)
    for name, targets in edges.items():
        for target in targets:
            found[target].append(name)
    return found


def circles(edges: Mapping[str, Collection[str]]) -> list[set[str]]:
    """The strongly connected components that hold a circle (Tarjan, 1972), without recursion."""
    index: dict[str, int] = {}
    low: dict[str, int] = {}
    stack: list[str] = []
    found: list[set[str]] = []
    for root in edges:
        if root in index:
            continue
        index[root] = low[root] = len(index)
        stack.append(root)
        work = [(root, iter(edges[root]))]
        while work:
            name, targets = work[-1]
            for target in targets:
                if target not in index:
                    index[target] = low[target] = len(index)
                    stack.append(target)
                    work.append((target, iter(edges.get(target, ()))))
                    break
                if low[target] >= 0:
                    low[name] = min(low[name], index[target])
            else:
                work.pop()
                if work:
                    low[work[-1][0]] = min(low[work[-1][0]], low[name])
                if low[name] == index[name]:
                    found += _component(name, stack, low, edges)
    return found


def _component(
    root: str, stack: list[str], low: dict[str, int], edges: Mapping[str, Collection[str]]
) -> list[set[str]]:
    """Takes the component from the stack; it counts when it goes round. Those done with have low -1."""
    members = set()
    while root not in members:
        member = stack.pop()
        members.add(member)
        low[member] = -1
    return [members] if len(members) > 1 or root in edges[root] else []
