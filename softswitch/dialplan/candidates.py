"""Why an utterance is taken for an intent, or not: for whoever writes its sentences."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from softswitch.dialplan.overlap import Likeness
from softswitch.dialplan.said import Said
from softswitch.dialplan.strict import Meant


@dataclass(frozen=True, slots=True)
class Candidate:
    """An intent that came into question, and in words why."""

    intent: str
    score: float
    template: str
    why: str


def strictly(meant: Meant) -> str:
    """Why an utterance is a phrase."""
    way = meant.ways[0]
    return (
        f"is a phrase of it: {way.literal} words as written, {way.loose} in gaps, "
        f"{len(way.bindings)} slots, evidence {meant.evidence:.2g}"
    )


def fuzzily(said: Said, likeness: Likeness) -> str:
    """What an utterance shares with a template, and what either has alone."""
    at = {place for hit in likeness.shared.values() for place in hit.at}
    parts = {
        "shared": [
            word if said.tokens[hit.at[0]] == word else f"{said.tokens[hit.at[0]]} as {word}"
            for word, hit in likeness.shared.items()
        ],
        "only said": [token for place, token in enumerate(said.tokens) if place not in at],
        "only in the sentence": [word for word in likeness.words if word not in likeness.shared],
    }
    return "; ".join(f"{what}: {', '.join(words)}" for what, words in parts.items() if words)


def with_examples(candidate: Candidate, scores: Mapping[str, float]) -> Candidate:
    """And what the examples say, by intent."""
    if candidate.intent not in scores:
        return candidate
    most = max(scores, key=lambda intent: scores[intent])
    told = f"examples {scores[candidate.intent]:.2f}, the most like it {most} {scores[most]:.2f}"
    return replace(candidate, why=f"{candidate.why}; {told}")
