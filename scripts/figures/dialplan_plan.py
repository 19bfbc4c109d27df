"""A dialplan as large as one may become: hundreds of intents with thousands of sentences, made up from a
seed.

An intent is something done to something ("renew the parking permit"); its sentences put that in the ways in
which callers put it, some with slots. The words are made to be spread as in a real plan: a few are
everywhere, most seldom.
"""

import random
from collections.abc import Mapping
from itertools import product


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


VERBS = _words(
    "cancel change check pay move order renew report return track book close collect compare confirm copy "
    "correct deliver divide double dispute exchange extend find fix forward hold insure limit lock measure "
    "merge name open pause print protect record refund register release remove rent repair replace replay "
    "request reserve restore review save schedule sell send share sign split start stop store transfer "
    "unlock update upgrade verify"
)
THINGS = _words(
    "account address alarm allowance apartment appointment balance bicycle bill boiler booking bracelet "
    "camera card certificate charger chimney claim contract coupon delivery deposit engine fence filter "
    "garden gate guarantee heater insurance invoice journey key ladder lease lesson licence line loan lock "
    "luggage machine magazine meal membership meter mirror mortgage oven package parcel passport password "
    "payment pension permit phone plan policy pool prescription printer promotion radiator receipt rental "
    "reservation roof room router seat sensor service shelf shower signal socket station subscription sofa "
    "statement table tariff tax tent ticket timer tool trailer treatment tyre umbrella vaccine vehicle visa "
    "voucher wallet warranty washer window"
)
KINDS = _words(
    "annual broken business city digital disabled electric "
    "european express extra family first foreign garden "
    "green guest holiday joint junior kitchen large local lost main medical mobile monthly new night old "
    "online outdoor paper parking prepaid private public rural school second senior shared small spare "
    "student summer temporary trial weekend winter"
)
FRAMES = (
    "[i want to|i need to|i would like to|can i|could i] {0} (my|the|our) {1} {2}",
    "(can|could|would) you [please] {0} (my|the) {1} {2} [for me]",
    "how (do|can|should) i {0} (a|my|the) {1} {2}",
    "(help|assist) me [to] {0} (my|this|the) {1} {2} [on {{day}}]",
    "[it's|this is|i'm calling] about (a|my|the) {1} {2} [that] i (want|have|need) to {0}",
    "{0} {1} {2} [number {{reference}}]",
    "i (haven't been able|am trying|was told) to {0} (my|the) {1} {2}",
    "is it possible to {0} (a|the|my) {1} {2} [today|tomorrow|this week]",
    "where (do i go|can i go|should i call) to {0} (a|my|the) {1} {2}",
    "what (happens|does it cost) (if|when) i {0} (the|my|a) {1} {2} [(before|after|on) {{day}}]",
)


def intents(count: int = 500, each: int = 10, seed: int = 1) -> Mapping[str, tuple[str, ...]]:
    """Templates by intent. The slots are `reference` (six digits) and `day` (a date)."""
    chance = random.Random(seed)
    # As in Zipf's law: the first verbs and things are asked for most.
    verbs = [1 / (place + 4) for place in range(len(VERBS))]
    things = [1 / (place + 12) for place in range(len(THINGS))]
    made: dict[str, tuple[str, ...]] = {}
    while len(made) < count:
        (verb,), (thing,) = chance.choices(VERBS, verbs), chance.choices(THINGS, things)
        kind = chance.choice(KINDS)
        made.setdefault(
            f"{verb}_{kind}_{thing}",
            tuple(FRAMES[place % len(FRAMES)].format(verb, kind, thing) for place in range(each)),
        )
    return made


def nonsense(count: int, seed: int = 1) -> list[str]:
    """Utterances of three to twelve made-up words: syllables, none of which is in the plan."""
    chance = random.Random(seed)
    syllables = [first + second + third for first, second, third in product("bdfgklmnprst", "aeiou", "lmnrs")]
    return [
        " ".join(
            "".join(chance.choices(syllables, k=chance.randint(1, 3))) for _ in range(chance.randint(3, 12))
        )
        for _ in range(count)
    ]
