"""Who is rung for whom. Every node chooses alike from what the database says, and rings for its own callers.

Best-placed callers choose first: a node leaves an agent to a caller of another node who stands before its
own.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from softswitch.people.parties import Agent, Caller
from softswitch.sections.queues import Queue

Rules = Callable[[str], Queue]
"""The settings of a queue by its name."""
WAITS = frozenset({"waiting", "offered", "call_back"})
"""States of callers who have a place."""


@dataclass(frozen=True, slots=True)
class Offer:
    caller: Caller
    agent: Agent


def offers(agents: Iterable[Agent], callers: Iterable[Caller], rules: Rules, now: float) -> list[Offer]:
    """Who is to be rung now, for callers of any node. First one agent for everybody who has none, in the
    order of their places; then, of who is left, as many at once as the queue says.
    """
    agents = list(agents)
    ringing = Counter(agent.call_id for agent in agents if agent.state == "ringing")
    free = {agent.name: agent for agent in agents if agent.free}
    chosen: list[Offer] = []
    waiting = [caller for caller in sorted(callers, key=lambda each: each.place) if _wants(caller, now)]
    for most in (1, None):
        for caller in waiting:
            wanted = 1 if caller.state == "call_back" else most or rules(caller.queue).offer_at_once
            while free and ringing[caller.call_id] < wanted:
                agent = best(free.values(), caller, rules(caller.queue), now)
                if agent is None:
                    break
                ringing[caller.call_id] += 1
                chosen.append(Offer(caller, free.pop(agent.name)))
    return chosen


def best(agents: Iterable[Agent], caller: Caller, rule: Queue, now: float) -> Agent | None:
    """Of those who have all the skills the one idle for longest; once skills are relaxed, whoever lacks
    fewest.
    """
    relaxed = is_relaxed(caller, rule, now)
    fitting = [agent for agent in agents if relaxed or caller.skills <= agent.skills]
    return min(
        fitting,
        key=lambda agent: (len(caller.skills - agent.skills), agent.last_free_at, agent.name),
        default=None,
    )


def is_relaxed(caller: Caller, rule: Queue, now: float) -> bool:
    return bool(rule.relax_after) and now - caller.since >= rule.relax_after


def serving(agents: Iterable[Agent], skills: frozenset[str], rule: Queue) -> list[Agent]:
    """Who is at work and may ever serve a caller of that queue who wants these skills."""
    return [agent for agent in agents if agent.logged_in and (rule.relax_after > 0 or skills <= agent.skills)]


def position(callers: Sequence[Caller], call_id: str) -> int:
    """From 1, within his queue; 0 for one who has no place there."""
    mine = next((caller for caller in callers if caller.call_id == call_id), None)
    if mine is None or mine.state not in WAITS:
        return 0
    before = (
        caller
        for caller in callers
        if caller.queue == mine.queue and caller.state in WAITS and caller.place < mine.place
    )
    return 1 + sum(1 for _ in before)


def _wants(caller: Caller, now: float) -> bool:
    if caller.state == "call_back":
        return caller.due_at is not None and caller.due_at <= now
    return caller.state in WAITS
