"""The addresses of all hosts of all trunks, asked for again in time, and kept when DNS fails."""

import asyncio
import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from softswitch.app.trunking.resolving import Resolver, parsed
from softswitch.errors import SoftswitchError
from softswitch.trunks.selection import Place
from softswitch.trunks.settings import Transport, Trunk

log = logging.getLogger(__name__)
AT_ONCE = 16
FIRST_RETRY_S, LONGEST_RETRY_S = 5.0, 60.0
FAMILY = 1 << 16
"""What the priority of a declared host counts against the priorities of its SRV records."""
Key = tuple[str, Transport]
"""A host as declared, and the transport."""


@dataclass(slots=True)
class Entry:
    """What is known of a host. `places` is the last good answer; `error` why there is no newer one."""

    places: tuple[Place, ...] = ()
    trail: tuple[str, ...] = ()
    error: str = ""
    failures: int = 0
    due: float = 0.0
    asking: asyncio.Task[None] | None = None


class Hosts:
    """`changed` is called whenever a host has other places than before, or fails for the first time."""

    def __init__(self, resolver: Resolver, changed: Callable[[], None]) -> None:
        self._resolver = resolver
        self._changed = changed
        self._entries: dict[Key, Entry] = {}

    def want(self, trunks: Iterable[Trunk]) -> None:
        """From now on the hosts of these, and no others."""
        wanted = {(host, trunk.transport) for trunk in trunks for host in trunk.hosts}
        for key in set(self._entries) - wanted:
            if asking := self._entries.pop(key).asking:
                asking.cancel()
        for key in wanted - set(self._entries):
            self._entries[key] = Entry()

    def places(self, trunk: Trunk) -> tuple[Place, ...]:
        """Those of all its hosts, with the priorities declared above those of DNS. No target comes twice."""
        found: dict[object, Place] = {}
        for position, host in enumerate(trunk.hosts):
            declared = parsed(host)
            priority = position if declared.priority is None else declared.priority
            for place in self._entries.get((host, trunk.transport), Entry()).places:
                weight = place.weight if declared.weight is None else declared.weight
                found.setdefault(
                    place.target, Place(place.target, priority * FAMILY + place.priority, weight)
                )
        return tuple(found.values())

    def errors(self, trunk: Trunk) -> list[str]:
        """Why hosts of it are not resolved, or not anew."""
        entries = (self._entries.get((host, trunk.transport)) for host in trunk.hosts)
        return [entry.error for entry in entries if entry and entry.error]

    def trail(self, trunk: Trunk) -> list[str]:
        """How its hosts were resolved, question by question."""
        entries = (self._entries.get((host, trunk.transport)) for host in trunk.hosts)
        return [line for entry in entries if entry for line in entry.trail]

    @property
    def are_sought(self) -> bool:
        """Some host has neither an answer nor an error yet."""
        return any(not (entry.places or entry.error) for entry in self._entries.values())

    def tick(self, now: float) -> None:
        """Ask for what is due, a few at once: those that have no answer yet first."""
        room = AT_ONCE - sum(entry.asking is not None for entry in self._entries.values())
        due = [(key, each) for key, each in self._entries.items() if each.asking is None and each.due <= now]
        due.sort(key=lambda pair: bool(pair[1].places))
        for key, entry in due[:room]:
            entry.asking = asyncio.create_task(self._ask(key, entry, now))

    async def _ask(self, key: Key, entry: Entry, now: float) -> None:
        before, error_before = entry.places, entry.error
        try:
            answer = await self._resolver.resolve(parsed(key[0]), key[1])
            entry.places, entry.trail = answer.places, answer.trail
            entry.error, entry.failures, entry.due = "", 0, now + answer.ttl
        except SoftswitchError as error:
            self._fail(key[0], entry, str(error), now)
        except Exception:  # one host's oddity must not end the asking for good
            log.exception("host %s", key[0])
            self._fail(key[0], entry, "a bug in the node: its log has the details", now)
        finally:
            entry.asking = None
        if entry.places != before or entry.error != error_before:
            self._changed()

    def _fail(self, name: str, entry: Entry, error: str, now: float) -> None:
        wait = min(LONGEST_RETRY_S, FIRST_RETRY_S * 2.0 ** min(entry.failures, 10))
        if not entry.failures:
            kept = "; its last addresses are kept" if entry.places else ""
            log.warning("host %s: %s%s", name, error, kept)
        entry.error, entry.failures, entry.due = error, entry.failures + 1, now + wait

    def close(self) -> None:
        for entry in self._entries.values():
            if entry.asking:
                entry.asking.cancel()
