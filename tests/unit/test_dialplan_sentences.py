"""Which intent an utterance means: strict, fuzzy, and why."""

from collections.abc import Mapping, Sequence
from datetime import datetime

import pytest
from listed_slot import ListedSlot

from softswitch.dialplan.language import ENGLISH
from softswitch.dialplan.sentences import MAX_TOKENS, Sentences
from softswitch.dialplan.slots import Slot

NOW = datetime(2026, 11, 23, 9, 30)
DAYS = ListedSlot({"monday": "2026-11-30", "tuesday": "2026-11-24", "the day after tomorrow": "2026-11-25"})
NUMBERS = ListedSlot({"five": "5", "a hundred": "100", "a hundred and five": "105", "to": "2"}, "number")
CITIES = ListedSlot({"paris": "Paris", "new york": "New York", "york": "York"})
SLOTS: Mapping[str, Slot] = {
    "day": DAYS,
    "number": NUMBERS,
    "count": NUMBERS,
    "origin": CITIES,
    "destination": CITIES,
    "note": ListedSlot({}, "text"),
}
INTENTS: Mapping[str, Sequence[str]] = {
    "hours": ["[<polite>] tell me (your|the) opening hours [on {day}]", "when do you (open|close) [{day}]"],
    "order_status": ["where is my (order|parcel)", "[check] [my] order status", "track my (order|parcel)"],
    "cancel": ["cancel my (order|parcel)", "[i] don't [want to] send it"],
    "travel": ["[i want] to (go|travel) from {origin} to {destination}", "to {destination} from {origin}"],
    "quantity": ["{number}", "{number} and {count} more"],
    "note": ["tell them {note}", "tell them {note} on {day}"],
    "parking": ["... (park|parking) ..."],
    "anywhere": ["... anywhere ... park ...", "... garage"],
    "human": ["... (speak|talk) to (a person|someone) ..."],
    "send": ["send it"],
}
ALL = frozenset(INTENTS)


def sentences(intents: Mapping[str, Sequence[str]] = INTENTS, **options: object) -> Sentences:
    return Sentences(
        intents,
        {"polite": "can you|please"},
        SLOTS,
        ENGLISH,
        skip_words=("please", "um", "you know"),
        **options,  # type: ignore[arg-type]
    )


@pytest.fixture(scope="module")
def plan() -> Sentences:
    return sentences()


@pytest.mark.parametrize(
    ("text", "intent", "slots"),
    [
        ("Can you tell me your opening hours on Monday?", "hours", {"day": "2026-11-30"}),
        ("when do you open the day after tomorrow", "hours", {"day": "2026-11-25"}),
        ("um when do you um know please close", None, {}),
        ("um when do you you know please close", "hours", {}),
        ("i want to go from new york to paris", "travel", {"origin": "New York", "destination": "Paris"}),
        ("to york from new york", "travel", {"origin": "New York", "destination": "York"}),
        ("a hundred and five", "quantity", {"number": "105"}),
        ("a hundred and five more", "quantity", {"number": "100", "count": "5"}),
        ("tell them i am late", "note", {"note": "i am late"}),
        ("tell them i am late on monday", "note", {"note": "i am late", "day": "2026-11-30"}),
        ("tell them", None, {}),
        ("where is my", None, {}),
        ("", None, {}),
        ("please um", None, {}),
    ],
)
def test_a_whole_phrase_is_matched_with_its_slots(
    plan: Sentences, text: str, intent: str | None, slots: Mapping[str, str]
) -> None:
    match = plan.strict(text, ALL, NOW)
    assert (match and match.intent) == intent
    assert (dict(match.slots) if match else {}) == slots
    assert match is None or (match.score == 1.0 and match.template in INTENTS[match.intent])


def test_only_what_is_listened_for_is_matched(plan: Sentences) -> None:
    assert plan.strict("cancel my order", ["hours", "order_status"], NOW) is None
    assert plan.fuzzy("um cancel my order now", ["hours"], NOW) is None
    assert plan.strict("cancel my order", ["cancel", "no_such_intent"], NOW)


@pytest.mark.parametrize(
    ("text", "intent"),
    [
        ("so i was wondering about the parking situation", "parking"),
        ("parking", "parking"),
        # More words as written win over one.
        ("is there anywhere i could park", "anywhere"),
        ("parking in the garage", None),  # each intent has one word of it
        ("park in the garage", None),  # park is a word of two intents, garage of one: not much more
        ("i would love to talk to someone about it", "human"),
        ("i don't want to talk to someone", None),  # no gap takes a negation
        ("i want to talk to someone not parking", None),
        # A negation reaches to the end of its clause, and what stands before its clause is not its own.
        ("i can't walk far so i need to park at the door", "parking"),
        ("no i want to talk to someone", "human"),
        ("let me talk to someone because i don't like this", "human"),
        ("talk to someone no thanks", None),
    ],
)
def test_gaps_take_any_words_but_negations(plan: Sentences, text: str, intent: str | None) -> None:
    match = plan.strict(text, ALL, NOW)
    assert (match and match.intent) == intent


@pytest.mark.parametrize(
    ("text", "intent"),
    [
        ("i want to confirm my appointment", "confirm"),
        ("i so want to confirm if that is alright with you my appointment", None),
    ],
)
def test_of_as_likely_intents_the_one_that_leaves_far_fewer_words_in_gaps_is_taken(
    text: str, intent: str | None
) -> None:
    plan = sentences(
        {
            "confirm": ["... want to confirm my appointment ...", "... want ... confirm ... appointment ..."],
            "when": ["... confirm ... appointment ..."],
        }
    )
    match = plan.strict(text, {"confirm", "when"}, NOW)
    assert (match and match.intent) == intent


@pytest.mark.parametrize(
    ("text", "intent", "slots"),
    [
        ("well could you tell me what your opening hours are on monday", "hours", {"day": "2026-11-30"}),
        ("i would like to track the parcel", "order_status", {}),
        ("i have to cancel that order", "cancel", {}),
        ("track my parcels", "order_status", {}),
        ("tracking my par cell", "order_status", {}),  # inflected; heard as two words
        ("cancel my ordder", "cancel", {}),
        ("well it would be five", "quantity", {"number": "5"}),
        # The value is looked for after the word that stands before it in the template.
        ("hello i travel to paris and from york", "travel", {"origin": "York", "destination": "Paris"}),
        ("i do want to send it", "send", {}),
        ("i would not send it", None, {}),
        ("what is the weather like", None, {}),
        ("give me my", None, {}),
        ("order", None, {}),
        ("", None, {}),
    ],
)
def test_what_is_put_otherwise_is_matched_by_what_it_shares(
    plan: Sentences, text: str, intent: str | None, slots: Mapping[str, str]
) -> None:
    assert plan.strict(text, ALL, NOW) is None
    match = plan.fuzzy(text, ALL, NOW)
    assert (match and match.intent) == intent, plan.candidates(text, ALL, NOW)
    assert (dict(match.slots) if match else {}) == slots
    assert match is None or 0.7 <= match.score <= 1.0


def test_the_threshold_and_the_margin_decide() -> None:
    text = "could you check what became of my parcel order"
    assert sentences(threshold=0.5, margin=0.0).fuzzy(text, ALL, NOW)
    assert sentences(threshold=0.99, margin=0.0).fuzzy(text, ALL, NOW) is None
    score = sentences().candidates(text, ALL, NOW)[0].score
    assert sentences(threshold=score - 0.01, margin=0.1).fuzzy(text, ALL, NOW)
    assert sentences(threshold=score + 0.01, margin=0.1).fuzzy(text, ALL, NOW) is None
    pair = {"near": ["green paper bag"], "nearer": ["green paper box"]}
    said = "green paper"
    assert sentences(pair, threshold=0.5, margin=0.0).fuzzy(said, pair, NOW)
    assert sentences(pair, threshold=0.5, margin=0.1).fuzzy(said, pair, NOW) is None


def test_words_in_another_order_count_for_less(plan: Sentences) -> None:
    scores = [
        plan.candidates(text, ["cancel", "hours", "order_status"], NOW)[0].score
        for text in ("oh cancel my order", "oh my order cancel")
    ]
    assert scores[0] > scores[1] > 0.7


def test_candidates_say_why(plan: Sentences) -> None:
    first, second = plan.candidates("tracking the order", ["order_status", "cancel", "hours"], NOW)
    assert (first.intent, first.template) == ("order_status", "track my (order|parcel)")
    assert first.why == "shared: tracking as track, order; only said: the; only in the sentence: my"
    assert second.intent == "cancel"
    strict = plan.candidates("track my order", ["order_status", "cancel"], NOW, limit=1)
    assert [(found.intent, found.score) for found in strict] == [("order_status", 1.0)]
    assert strict[0].why.startswith("is a phrase of it: 3 words as written")


def test_a_recogniser_is_told_phrases_pieces_and_values(plan: Sentences) -> None:
    values = "new york|paris|york"
    pieces = "from|to go from|i want to go from|i want to travel from|to|to travel from"
    assert set(plan.phrases.expected("travel", 50) or ()) == {*values.split("|"), *pieces.split("|")}
    assert plan.phrases.expected("send", 50) == ("send it",)
    assert plan.phrases.expected("parking", 50) == ("park", "parking")


def test_a_recogniser_listens_openly_for_free_text(plan: Sentences) -> None:
    assert plan.phrases.expected("note", 50) is None


def test_a_template_of_very_many_phrases_is_understood_and_a_few_are_expected() -> None:
    much = {"much": [" ".join(["(a|b|c|d)"] * 8)]}
    assert len(sentences(much).phrases.expected("much", 10) or ()) == 10
    assert sentences(much).strict("a b c d a b c d", much, NOW)


def test_examples_come_from_all_templates_alike(plan: Sentences) -> None:
    assert plan.phrases.examples("quantity", 5) == ["{number}", "{number} and {count} more"]
    assert len({phrase.split()[0] for phrase in plan.phrases.examples("order_status", 3)}) == 3
    assert plan.phrases.examples("no_such_intent", 3) == []


def test_phrases_of_two_intents_are_told() -> None:
    plan = sentences(
        {
            "first": ["(go|get) back [please]", "on {day}"],
            "second": ["[please] go back", "{day}"],
            "third": ["monday", "on [next] {day}"],
            "fourth": ["... back ..."],
        }
    )
    assert set(plan.stolen()) == {
        ("go back", "first", "second"),
        ("on {day}", "first", "third"),
        ("monday", "third", "second"),
    }


def test_wrong_sentences_are_told_with_their_intent() -> None:
    with pytest.raises(ValueError, match=r"a sentence of hours '\(' is not closed by '\)'"):
        sentences({"hours": ["(open"]})
    with pytest.raises(ValueError, match=r"a sentence of order has the slot .code., which is not declared"):
        sentences({"order": ["it is {code}"]})


def test_endless_talk_is_no_match_and_takes_no_time(plan: Sentences) -> None:
    said = "park someone talk to " * 1000
    assert len(said.split()) > MAX_TOKENS
    assert plan.strict(said, ALL, NOW) is None
    plan.fuzzy(said, ALL, NOW)
    plan.strict("park speak to a person anywhere garage " * 14, ALL, NOW)


def test_words_of_little_meaning_do_not_decide_between_gaps() -> None:
    plan = sentences(
        {"order": ["... the parcel ..."], "swap": ["... replacement ...", "the jacket was torn"]}
    )
    assert plan.strict("well the parcel was torn so send a replacement", ["order", "swap"], NOW) is None
    whole = plan.strict("the jacket was torn", ["order", "swap"], NOW)
    assert whole and whole.intent == "swap"


def test_a_word_that_fewer_intents_use_tells_more() -> None:
    plan = sentences({"late": ["... order ... late ..."], "order": ["... order ..."], "buy": ["order ..."]})
    found = plan.strict("well my order is late", ["late", "order", "buy"], NOW)
    assert found and found.intent == "late"
    assert plan.strict("well my order is here", ["late", "order", "buy"], NOW)


def test_the_no_of_a_value_is_no_negation_of_the_sentence() -> None:
    answers = ListedSlot({"not really": "no", "of course": "yes"}, "yes_no")
    plan = Sentences({"answer": ["i would say {answer}"]}, {}, {"answer": answers}, ENGLISH)
    match = plan.fuzzy("i say not really", ["answer"], NOW)
    assert match and match.slots == {"answer": "no"}
    assert plan.fuzzy("i don't say of course", ["answer"], NOW) is None


def test_all_that_a_caller_tells_beside_what_decides_is_evidence() -> None:
    plan = sentences(
        {
            "order": ["... need ... {number} ...", "... (order|delivery) ... {number} ...", "... boxes ..."],
            "cancel": ["... cancel ... (order|delivery|boxes|{number}) ..."],
        }
    )
    match = plan.strict("cancel that delivery of five boxes", {"order", "cancel"}, NOW)
    assert match is not None
    assert match.intent == "cancel"


def test_what_is_a_phrase_of_several_intents_is_none_of_others() -> None:
    plan = sentences(
        {
            "paper": ["... paper ..."],
            "pens": ["... pens ..."],
            "all": ["bring paper with pens and tape and toner"],
        }
    )
    said = "paper with pens and tape and toner"
    assert plan.strict(said, {"paper", "pens", "all"}, NOW) is None
    assert plan.fuzzy(said, {"all"}, NOW) is not None
    assert plan.fuzzy(said, {"paper", "pens", "all"}, NOW) is None
