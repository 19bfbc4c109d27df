"""The large made-up plan of the benchmark: it is as large as it says, and matching holds for it."""

from figures.dialplan_match import NOW, compiled, utterances
from figures.dialplan_plan import intents, nonsense


def test_the_plan_is_as_large_as_its_figure_says_and_the_same_each_time() -> None:
    made = intents()
    assert (len(made), sum(map(len, made.values()))) == (500, 5000)
    assert made == intents()
    assert made != intents(seed=2)


def test_its_own_phrases_are_matched_and_nonsense_is_not() -> None:
    sentences, names = compiled(60), frozenset(intents(60))
    for name in sorted(names):
        for phrase in sentences.phrases.examples(name, 10):
            said = phrase.replace("{day}", "tomorrow").replace("{reference}", "double oh seven five one two")
            match = sentences.strict(said, names, NOW)
            assert match and match.intent == name
            assert len(match.slots) == phrase.count("{")
    for text in nonsense(50):
        assert sentences.strict(text, names, NOW) is None
        assert sentences.fuzzy(text, names, NOW) is None
    assert sentences.stolen() == []


def test_a_third_of_what_is_said_to_it_is_put_otherwise_and_mostly_understood() -> None:
    sentences, names = compiled(60), sorted(intents(60))
    strict = fuzzy = 0
    for text in utterances(sentences, names, 300):
        if sentences.strict(text, names, NOW):
            strict += 1
        elif sentences.fuzzy(text, names, NOW):
            fuzzy += 1
    assert strict >= 100
    assert fuzzy >= 50
