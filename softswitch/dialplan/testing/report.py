"""What came of a scenario, by text or over real calls, as it is told to people and machines."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from softswitch.dialplan.testing.running import Exchange, Result


@dataclass(frozen=True, slots=True)
class Told:
    """`failed` is everything that did not hold after one turn, which is written at `where`; `left_out` why it
    was not run.
    """

    name: str
    where: tuple[str, int]
    seconds: float = 0.0
    failed: tuple[str, ...] = ()
    why: tuple[str, ...] = ()
    exchanges: tuple[Exchange, ...] = ()
    left_out: str = ""

    def lines(self) -> Iterator[str]:
        """What failed, why, and the conversation up to there."""
        file, line = self.where
        for missed in self.failed:
            yield f"{file}:{line}: {missed}"
        for why in self.why:
            yield f"    because {why}"
        for exchange in self.exchanges:
            yield from _transcript(exchange)

    def record(self) -> dict[str, Any]:
        """For JSON."""
        file, line = self.where
        state = "left out" if self.left_out else "failed" if self.failed else "passed"
        found: dict[str, Any] = {"name": self.name, "file": file, "line": line, "result": state}
        if self.left_out:
            return found | {"reason": self.left_out}
        if self.failed:
            found |= {"failed": list(self.failed), "why": list(self.why)}
            found["transcript"] = [line.strip() for each in self.exchanges for line in _transcript(each)]
        return found


def _transcript(exchange: Exchange) -> Iterator[str]:
    if exchange.did:
        yield f"    caller {exchange.did}"
    if exchange.said:
        yield f"    plan says: {exchange.said}"
    intent = f"intent {exchange.intent or 'none'}, " if exchange.did else ""
    yield f"      [{intent}{' > '.join(exchange.path) or exchange.at}]"


def tell(result: Result, seconds: float = 0.0) -> Told:
    """What came of a scenario by text."""
    case, failure = result.case, result.failure
    if failure is None:
        return Told(case.name, case.where(), seconds, exchanges=result.exchanges)
    where = (failure.file, failure.line)
    return Told(case.name, where, seconds, failure.missed, failure.why, result.exchanges)
