"""How long the interpreter takes for one step, and how many conversations at text level it holds per second.

Only CPU time counts, of one core. Callers say the plans' own sentences, sentences with words left out,
and nonsense made of the plans' words, each with three more guesses of the ear; beside it keys and silence.
"""

import random
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import islice
from typing import cast

from figures.figure import Measurement, Spec, Workshop, percentile
from softswitch import config
from softswitch.dialplan import interpreter, loader, sentences
from softswitch.dialplan.conversation import Conversation
from softswitch.dialplan.plan import Plan
from softswitch.dialplan.sentences import Sentences
from softswitch.events import Heard, Hypothesis, Input, Listen, NoInput, Pressed

Match = Callable[[str, Collection[str], datetime], sentences.Match | None]

STEPS = 4_000
CONVERSATIONS = 2_000
FACTS = {"today": "2026-11-23", "now": "10:00", "caller_number": "+442079460000"}
VALUES = ("one zero zero one", "next friday", "half past nine", "five", "yes", "mary jones")
TURNS = ("what are your opening hours", "where is my order", "one zero zero one", "no thank you")
"""A call to the reception from its greeting to its goodbye."""


def bundled() -> list[Plan]:
    """Every dialplan that comes with the product."""
    folders = sorted(found.parent for found in config.bundled("dialplans").glob("*/plan.yaml"))
    return [loader.load(folder, "sip:desk@127.0.0.1") for folder in folders]


def events(plan: Plan, chance: random.Random) -> Iterator[Input]:
    """What a caller may do, without end."""
    language = plan.languages[0]
    intents = [*plan.files.intents, "repeat", "human", "goodbye", "help"]
    known = sorted({text for name in intents for text in plan.sentences[language].phrases.examples(name, 20)})
    words = sorted({word for text in known for word in text.split() if word[0] not in "{…"})

    def utterance() -> str:
        text = chance.choice([*known, *VALUES]).split()
        kind = chance.random()
        if kind < 0.3:
            return " ".join(chance.choices(words, k=chance.randint(2, 8)))
        if kind < 0.5 and len(text) > 2:
            del text[chance.randrange(len(text))]
        return " ".join(chance.choice(VALUES) if word[0] == "{" else word for word in text)

    while True:
        kind = chance.random()
        if kind < 0.85:
            others = tuple(Hypothesis(utterance(), 0.3) for _ in range(3))
            yield Heard(utterance(), chance.choice([0.3, 0.6, 0.9]), others)
        else:
            yield Pressed(chance.choice(["1", "2", "1001", "9", "*"])) if kind < 0.95 else NoInput()


class Remembered:
    """A plan's sentences that answer at once what they were asked before: a step without its matching."""

    def __init__(self, known: Sentences) -> None:
        self.strict, self.fuzzy = self._remembering(known.strict), self._remembering(known.fuzzy)
        self.likely = self._remembering(known.likely)

    def _remembering(self, match: Match) -> Match:
        found: dict[tuple[str, Collection[str]], sentences.Match | None] = {}

        def remembered(text: str, allowed: Collection[str], now: datetime) -> sentences.Match | None:
            if (text, allowed) not in found:
                found[text, allowed] = match(text, allowed, now)
            return found[text, allowed]

        return remembered


def steps(plan: Plan, doing: Sequence[Input]) -> list[float]:
    """The milliseconds of each step; a call that ends begins anew."""
    found: list[float] = []
    outcome = interpreter.start(plan, FACTS)
    for event in doing:
        began = time.thread_time_ns()
        outcome = interpreter.take(plan, outcome.state, event)
        found.append((time.thread_time_ns() - began) / 1e6)
        if not isinstance(outcome.actions[-1], Listen):
            outcome = interpreter.start(plan, FACTS)
    return found


def step(workshop: Workshop) -> Sequence[float]:
    plans = bundled()
    whole: list[float] = []
    alone: list[float] = []
    for plan in plans:
        doing = list(islice(events(plan, random.Random(4)), STEPS // len(plans)))
        steps(plan, doing[:100])  # what is made once, when it is first wanted, is no part of a step
        whole += steps(plan, doing)
        known = {language: Remembered(said) for language, said in plan.sentences.items()}
        remembered = replace(plan, sentences=cast(Mapping[str, Sentences], known))
        steps(remembered, doing)
        alone += steps(remembered, doing)
        workshop.tell(f"{plan.name}: {len(whole)} steps so far")
    return percentile(alone, 0.5), percentile(alone, 0.99), percentile(whole, 0.5), percentile(whole, 0.99)


def conversations(workshop: Workshop) -> Sequence[float]:
    plan = loader.load(config.bundled("dialplans") / "reception", "sip:desk@127.0.0.1")
    began = time.thread_time()
    for _ in range(CONVERSATIONS):
        conversation = Conversation(plan, FACTS)
        conversation.start()
        for said in TURNS:
            conversation.take(Heard(said, 0.9))
        assert conversation.step == "farewell"
    return (CONVERSATIONS / (time.thread_time() - began),)


STEP = Measurement(
    f"{STEPS} steps of the bundled plans: speech with four hypotheses each, nonsense among it, and keys",
    (
        Spec("interpreter step p50", "ms"),
        Spec("interpreter step p99", "ms", at_most=0.2),
        Spec("step with matching of 4 hypotheses p50", "ms"),
        Spec("step with matching of 4 hypotheses p99", "ms"),
    ),
    step,
)
CONVERSING = Measurement(
    f"{CONVERSATIONS} conversations of {len(TURNS)} turns with the reception, at text level",
    (Spec("text conversations", "1/s of one core", at_least=1000),),
    conversations,
)
