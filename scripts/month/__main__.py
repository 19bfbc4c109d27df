"""Writes softswitch/replay/data/month.jsonl.gz anew, or another month by another seed."""

import argparse
import random
from datetime import datetime
from pathlib import Path

from month import calls, pairs
from month.questions import elliptical, mine, questions
from softswitch.replay import trace

HERE = Path(__file__).resolve().parents[2] / "softswitch/replay/data/month.jsonl.gz"
SEED = 7
NOTES = {
    "what": "a synthetic month of a flower shop: no caller of it exists",
    "word_error_rate": calls.DROPPED + calls.MISHEARD,
    "made_by": "scripts/make_trace",
}


def main() -> None:
    parser = argparse.ArgumentParser(prog="scripts/make_trace", description=__doc__)
    parser.add_argument("file", nargs="?", type=Path, default=HERE)
    parser.add_argument("--seed", type=int, default=SEED)
    given = parser.parse_args()
    chance = random.Random(given.seed)
    asked = [*questions(), *mine(), *elliptical()]
    made, more = pairs.made(random.Random(given.seed), 1000)
    answers = {question.name: question.answers for question in asked} | more
    held = calls.month(chance, 2000)
    notes = NOTES | {"seed": given.seed}
    trace.write(given.file, trace.Trace(datetime(2026, 2, 1), answers, tuple(held), tuple(made), notes))
    print(f"{given.file}: {len(held)} calls, {len(made)} pairs, {given.file.stat().st_size} bytes")


main()
