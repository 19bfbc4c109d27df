"""What a replay came to, with and without remembering, as figures and as lines for people."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from softswitch.replay.pairs import Reused
from softswitch.replay.talking import Run


@dataclass(frozen=True, slots=True)
class Prices:
    """For a million tokens, in whatever money."""

    prompt: float
    completion: float


@dataclass(frozen=True, slots=True)
class Summary:
    """One run. Seconds; shares of all turns, from 0 to 1; `cost` None without prices."""

    turns: int
    no_llm: float
    by_plan: float
    remembered: float
    unanswered: float
    requests: int
    prompt_tokens: int
    completion_tokens: int
    cost: float | None
    mean_s: float
    p99_s: float
    wrong: int
    missed: float
    """Of the answers that were thought, those that were remembered in other words."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """`saved_tokens`, and `sooner` of the mean time to first audio, are shares of what it is without."""

    without: Summary
    remembering: Summary
    saved_tokens: float
    sooner: float


def summary(run: Run, prices: Prices | None) -> Summary:
    turns = len(run.took)
    how = Counter(took.how for took in run.took)
    thought = sum(took.how == "thought" and took.outcome == "answered" for took in run.took)
    audio = sorted(took.first_audio for took in run.took)
    cost = None
    if prices:
        cost = (run.prompt_tokens * prices.prompt + run.completion_tokens * prices.completion) / 1e6
    return Summary(
        turns=turns,
        no_llm=_share(turns - how["thought"], turns),
        by_plan=_share(how["plan"], turns),
        remembered=_share(how["remembered"] + how["shared"], turns),
        unanswered=_share(sum(took.outcome != "answered" for took in run.took), turns),
        requests=run.requests,
        prompt_tokens=run.prompt_tokens,
        completion_tokens=run.completion_tokens,
        cost=cost,
        mean_s=sum(audio) / len(audio) if audio else 0.0,
        p99_s=audio[max(0, -(-99 * len(audio) // 100) - 1)] if audio else 0.0,
        wrong=sum(took.wrong for took in run.took),
        missed=_share(sum(took.missed for took in run.took), thought),
    )


def compare(without: Run, remembering: Run, prices: Prices | None = None) -> Comparison:
    one, other = summary(without, prices), summary(remembering, prices)
    tokens = 1 - _share(remembering.tokens, without.tokens) if without.tokens else 0.0
    return Comparison(one, other, tokens, 1 - other.mean_s / one.mean_s if one.mean_s else 0.0)


def as_json(comparison: Comparison, reused: Reused | None) -> dict[str, Any]:
    told: dict[str, Any] = asdict(comparison)
    if reused:
        told["pairs"] = {"pairs": reused.pairs, "kept": reused.kept, "wrong": len(reused.wrong)}
    return told


def lines(comparison: Comparison, reused: Reused | None) -> Iterator[str]:
    """A table, and what is left to be said."""
    one, other = comparison.without, comparison.remembering
    rows: Sequence[tuple[str, str, str]] = [
        ("", "without", "remembering"),
        ("turns", f"{one.turns}", f"{other.turns}"),
        ("LLM requests", f"{one.requests}", f"{other.requests}"),
        ("turns that need no LLM", f"{one.no_llm:.1%}", f"{other.no_llm:.1%}"),
        ("  by the plan itself", f"{one.by_plan:.1%}", f"{other.by_plan:.1%}"),
        ("  remembered or shared", f"{one.remembered:.1%}", f"{other.remembered:.1%}"),
        ("turns without an answer", f"{one.unanswered:.1%}", f"{other.unanswered:.1%}"),
        ("prompt tokens", f"{one.prompt_tokens}", f"{other.prompt_tokens}"),
        ("completion tokens", f"{one.completion_tokens}", f"{other.completion_tokens}"),
        ("mean time to first audio", f"{one.mean_s:.3f} s", f"{other.mean_s:.3f} s"),
        ("P99 time to first audio", f"{one.p99_s:.3f} s", f"{other.p99_s:.3f} s"),
    ]
    if one.cost is not None and other.cost is not None:
        rows = [*rows, ("cost", f"{one.cost:.4f}", f"{other.cost:.4f}")]
    for name, left, right in rows:
        yield f"{name:<26}  {left:>12}  {right:>12}"
    yield f"tokens saved: {comparison.saved_tokens:.1%}; first audio sooner by {comparison.sooner:.1%}"
    yield f"of what was thought, remembered in other words: {other.missed:.1%}"
    yield f"remembered answers that were wrong: {other.wrong}"
    if reused:
        yield f"wrong ones in {reused.pairs} pairs of questions that are alike: {len(reused.wrong)}"


def _share(part: float, whole: float) -> float:
    return part / whole if whole else 0.0
