"""Checks of a dialplan: every mistake by its rule and at its place, and nothing told of a sound plan."""

import wave
from pathlib import Path

import pytest
import small_plans
from small_plan import FILES, write

from softswitch.dialplan import loader
from softswitch.dialplan.checks.rules import RULES
from softswitch.errors import InvalidFile, SoftswitchError

LONG = (
    "We are very glad that you call us today, because there is so much that we would like to tell you. " * 3
)


def told(folder: Path) -> list[str]:
    """Each problem as `rule file:line:column: message`."""
    return [f"{each.rule} {each}".replace(f"{folder}/", "") for each in loader.inspect(folder).problems]


def record(path: Path, seconds: float = 1.0, channels: int = 1, width: int = 2, rate: int = 16000) -> None:
    path.parent.mkdir(exist_ok=True)
    with wave.open(str(path), "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(width)
        file.setframerate(rate)
        file.writeframes(bytes(int(seconds * rate) * channels * width))


def test_nothing_is_told_of_a_sound_plan(tmp_path: Path) -> None:
    found = loader.inspect(write(tmp_path))
    assert found.problems == []
    assert found.plan
    assert found.plan.name == "small"


def test_a_flow_may_return_by_whatever_the_caller_says(tmp_path: Path) -> None:
    changed = write(tmp_path, flows__help="return: yes=>listen: {otherwise: return}")
    assert loader.inspect(changed).problems == []


SYNTAX = [
    ({"flows__main": "say: Hello=>sya: Hello"}, "unknown-key flows/main.yaml:3:5: unknown key 'sya'"),
    (
        {"plan": "no_match: [=>no_macth: ["},
        "unknown-key plan.yaml:37:3: unknown key 'no_macth'; did you mean",
    ),
    ({"plan": "no_match: [=>no_macth: ["}, "missing-key plan.yaml:36:3: key 'no_match' is missing"),
    (
        {"plan": "start: greeting\ncountry=>start: greting\ncountry"},
        "unknown-step plan.yaml:3:8: there is no step",
    ),
    ({"plan": "5s=>5 miles"}, "wrong-value plan.yaml:10:28: timing.no_input_timeout: expected a duration"),
    ({"plan": "Pardon?=>' '"}, "wrong-value plan.yaml:37:14: repair.no_match.0: expected a text"),
    ({"plan": "holiday: no=>holiday: never"}, "wrong-value plan.yaml:13:52:"),
    (
        {"plan": "name: small=>name: small\nname: big"},
        "duplicate-key plan.yaml:2:1: duplicate key 'name', first",
    ),
    ({"plan": "name: small=>\tname: small"}, "not-yaml plan.yaml:1:1: not YAML: a tab; indent with spaces"),
    ({"plan": "name: small=>name: small\n---"}, "not-yaml plan.yaml:2:1: not YAML: a second document"),
    ({"plan": "name: small=>name: small: big"}, "not-yaml plan.yaml:1:12: not YAML"),
    (
        {"flows__main": "  tell:\n=>"},
        "wrong-value flows/main.yaml:19:11: steps.find.next: expected exactly one",
    ),
    (
        {"flows__main": "    next: count\n=>"},
        "dead-end flows/main.yaml:19:5: steps.tell: expected exactly one",
    ),
    ({"flows__main": "next: count=>next: count\n    hangup: yes"}, "found hangup and next"),
    ({"flows__main": "    say: Goodbye.\n=>"}, "a step with hangup needs `say`"),
    ({"flows__main": "to: human=>to: somebody"}, "expected human, or a SIP URI such as"),
    ({"flows__main": "to: human=>to: 'sip:'"}, "expected a SIP URI such as"),
    ({"flows__main": '"2": ask=>"22": ask'}, "expected one telephone key"),
    (
        {"flows__more": "steps:\n  ask: {say: x, next: tell}\n"},
        "duplicate-step flows/more.yaml:2:3: there is a step",
    ),
    (
        {"flows__more": "steps:\n  x: nothing\n"},
        "wrong-value flows/more.yaml:2:6: steps.x: expected the keys",
    ),
    ({"plan": None}, "wrong-file plan.yaml:1:1: is missing"),
    (
        {"flow__main": "steps: {}\n"},
        "wrong-file flow/main.yaml:1:1: is no part of a dialplan; expected plan.yaml",
    ),
    ({"plan": "name: small=><<: {name: small}\nname: small"}, "unknown-key plan.yaml:1:1: unknown key '<<'"),
]
NAMES = [
    (
        {"flows__main": "order: ask, buy=>ordr: ask, buy"},
        "unknown-intent flows/main.yaml:6:12: there is no intent",
    ),
    (
        {"examples__none": "said: a nice day\nanswered_by: [ordr]\n"},
        "unknown-intent examples/none.yaml:2:15: there is no intent 'ordr'; did",
    ),
    (
        {"examples__order": "said: ten please\nanswered_by: buy\n"},
        "unknown-key examples/order.yaml:2:1: 'answered_by' is only for",
    ),
    (
        {"examples__order": "said: ten\n", "examples__none": "answered_by: [order]\nsaid: a nice day\n"},
        "wrong-value examples/none.yaml:1:15: 'order' has examples of its own",
    ),
    (
        {"flows__main": "slot: number=>slot: numbr"},
        "unknown-variable flows/main.yaml:11:13: there is no variable",
    ),
    (
        {"flows__main": "next: find=>next: fnd"},
        "unknown-step flows/main.yaml:15:13: there is no step 'fnd'; did",
    ),
    ({"flows__main": "table: orders=>table: ordrs"}, "unknown-table flows/main.yaml:17:21:"),
    (
        {"flows__main": '"2": ask=>"2": aks'},
        "unknown-step flows/main.yaml:7:31: there is no step 'aks', and no",
    ),
    (
        {"flows__main": "else: person=>else: persn"},
        "unknown-step flows/main.yaml:26:11: there is no step 'persn'",
    ),
    ({"flows__main": "then: greeting=>then: greetin"}, "unknown-step flows/main.yaml:25:44:"),
    ({"flows__main": "{tries: tries + 1}=>{trys: tries + 1}"}, "unknown-variable flows/main.yaml:22:11:"),
    (
        {"flows__buying": "call: paying=>call: payng"},
        "unknown-flow flows/buying.yaml:13:11: there is no flow 'payng'",
    ),
    (
        {"flows__buying": "place_order=>place_ordr"},
        "unknown-action flows/buying.yaml:16:18: there is no action",
    ),
    ({"flows__buying": "amount: {ask=>amont: {ask"}, "unknown-variable flows/buying.yaml:9:9:"),
    (
        {"flows__buying": "on {day}=>on {dya}"},
        "unknown-variable flows/buying.yaml:18:10: there is no variable 'dya'",
    ),
    (
        {"plan": "of: sizes=>of: sizs"},
        "unknown-list plan.yaml:18:26: there is no list 'sizs'; did you mean 'sizes'?",
    ),
    ({"plan": "[size, amount]=>[size, amout]"}, "unknown-variable plan.yaml:28:35:"),
    ({"plan": "key: caller_number=>key: caller_nmber"}, "unknown-variable plan.yaml:26:29:"),
    (
        {"plan": "help: help=>help: hlp"},
        "unknown-flow plan.yaml:33:19: there is no flow 'hlp'; did you mean 'help'?",
    ),
    ({"plan": "language: en=>language: xx"}, "unknown-language plan.yaml:2:11: there is no language 'xx'"),
    (
        {"plan": '9": repeat=>9": repet'},
        "unknown-step plan.yaml:34:27: there is no step 'repet', and no such",
    ),
    (
        {"plan": "set: {size=>set: {siz"},
        "unknown-variable plan.yaml:15:11: there is no variable 'siz'; did you",
    ),
    (
        {"intents__order": "<polite>=><polit>"},
        "unknown-rule intents/order.yaml:1:13: there is no rule 'polit'; did",
    ),
    (
        {"intents__order": "{number}=>{nmber}"},
        "unknown-variable intents/order.yaml:1:13: there is no variable",
    ),
    ({"flows__main": "  ask:=>  back:"}, "wrong-name flows/main.yaml:8:3: 'back' means something by itself"),
    ({"intents__Big": "sentences: big\n"}, "wrong-name intents/Big.yaml:1:1: 'Big' is no intent's name"),
    (
        {"plan": "  day: {type=>  buy: {type: text}\n  day: {type"},
        "wrong-name plan.yaml:20:3: 'buy' is an intent already",
    ),
]
TEXTS = [
    (
        {"intents__order": "[<polite>]=>[<polite>"},
        "wrong-sentence intents/order.yaml:1:13: '[' is not closed by ']'",
    ),
    (
        {"plan": "(please|could you)=>(please|could you"},
        "wrong-sentence plan.yaml:30:11: '(' is not closed by ')'",
    ),
    (
        {"plan": "(please|could you)=><polite> now"},
        "wrong-sentence plan.yaml:30:11: rules may not go in a circle",
    ),
    ({"flows__main": "One moment.=>One {moment."}, "wrong-prompt flows/main.yaml:28:10:"),
    ({"flows__buying": "</slow>=>"}, "wrong-prompt flows/buying.yaml:18:10: <slow> is not closed"),
    (
        {"plan": "language: en=>languages: [en, es]"},
        "missing-language flows/main.yaml:3:10: is to be given by language",
    ),
    (
        {"plan": "language: en=>language: en##No=>No", "flows__main": "Goodbye.=>{es: Adios.}"},
        "unknown-language",
    ),
    (
        {"plan": "language: en=>languages: [en, es]", "flows__main": "Goodbye.=>{es: Adios.}"},
        "missing-language flows/main.yaml:31:10: is not given in en",
    ),
    ({"flows__main": "One moment.=>{audio: x.wav, text: hello}"}, "unknown-recording flows/main.yaml:28:18:"),
    ({"flows__main": f"One moment.=>{LONG}"}, "long-prompt flows/main.yaml:28:10: takes about"),
]
VALUES = [
    (
        {"flows__main": "tries > 3=>tries >"},
        "wrong-expression flows/main.yaml:24:16: at character 8: expected",
    ),
    ({"flows__main": "tries > 3=>tris > 3"}, "flows/main.yaml:24:16: at character 1: "),
    ({"flows__main": "tries > 3=>tries"}, "wrong-expression flows/main.yaml:24:16: expected a condition"),
    ({"flows__main": "tries + 1=>\"'x'\""}, "wrong-type flows/main.yaml:22:18: 'x' does not fit `tries`"),
    (
        {"flows__main": "{tries: tries + 1}=>{tries: tries + 1, size: \"'huge'\"}"},
        "wrong-type flows/main.yaml:22:",
    ),
    (
        {"flows__main": "{tries: tries + 1}=>{tries: tries + 1, day: tries}"},
        "`day` is date, and this gives number",
    ),
    ({"flows__main": "{tries: tries + 1}=>{tries: tries + 1, number: 12}"}, "in quotes inside of quotes"),
    (
        {"plan": 'value: "0"=>value: zero'},
        "wrong-type plan.yaml:22:32: 'zero' does not fit `tries`, which is number",
    ),
    ({"plan": 'from: "1.00"=>from: "x"'}, "wrong-type plan.yaml:21:31:"),
    (
        {"plan": "set: {size: small}=>set: {size: tiny}"},
        "wrong-type plan.yaml:15:17: 'tiny' does not fit `size`",
    ),
    (
        {"tables__customers": "size: large=>size: lage"},
        "wrong-type tables/customers.yaml:2:27: 'lage' does not fit",
    ),
    (
        {"tables__orders": "state: lost=>sate: lost"},
        "uneven-table tables/orders.yaml:3:3: every row needs the same",
    ),
    ({"plan": "monday-friday=>monday-frday"}, "wrong-calendar plan.yaml:8:10:"),
    ({"plan": "12-25=>12-32"}, "wrong-calendar plan.yaml:9:12:"),
    ({"plan": "Europe/London=>Europe/Lodon"}, "wrong-calendar plan.yaml:6:12: unknown time zone"),
    ({"plan": "country: GB=>country: XX"}, "wrong-calendar plan.yaml:4:10: unknown country 'XX'"),
    ({"plan": "not open=>not closed"}, "wrong-calendar plan.yaml:13:33: there are no hours 'closed'"),
    ({"plan": '"+44*"=>"a b"'}, "wrong-calendar plan.yaml:13:18:"),
]
TRAP = """  trap:
    say: Yes or no?
    listen: {on: {human: there, goodbye: there}, dtmf: {"2": there, "0": there}}
  there:
    say: Here or there?
    listen: {on: {human: trap, goodbye: trap}, dtmf: {"1": trap, "0": trap}}
"""
PROOFS = [
    (
        {"flows__main": "next: count=>next: find"},
        "unreachable-step flows/main.yaml:21:3: step 'count' can never be",
    ),
    (
        {"flows__main": "next: count=>next: find"},
        "silent-loop flows/main.yaml:20:11: step 'tell' leads back to itself",
    ),
    ({"flows__main": "failed: farewell=>failed: person"}, "silent-loop flows/main.yaml:29:35:"),
    (
        {"flows__main": "then: greeting=>then: count"},
        "silent-loop flows/main.yaml:25:44: step 'count' leads back",
    ),
    (
        {"plan": "  then: farewell=>  then: greeting"},
        "endless-repair plan.yaml:39:9: leads to step 'greeting'",
    ),
    (
        {"plan": "  then: farewell=>  then: person", "flows__main": "failed: farewell=>failed: ask"},
        "endless-repair",
    ),
    (
        {"flows__buying": "no_match: I did not get that.=>no_match: {times: 2}"},
        "silent-repair flows/buying.yaml:2:3:",
    ),
    (
        {"flows__main": f'"2": ask}}=>"2": trap}}##  ask:=>{TRAP}  ask:'},
        "no-way-out flows/main.yaml:11:3: from step 'there' there is no way to a hangup or transfer but by",
    ),
    (
        {"flows__paying": "next: known}=>next: again}\n  again: {call: paying, next: known}"},
        "recursive-call flows/paying",
    ),
    (
        {"flows__paying": "    return: yes=>    say: Bye.\n    hangup: yes"},
        "no-return flows/buying.yaml:13:11: flow",
    ),
    ({"flows__help": "return: yes=>next: greeting"}, "no-return plan.yaml:33:19: flow 'help' never returns"),
    (
        {"flows__main": "buy: form=>buy: paid"},
        "return-without-call flows/main.yaml:6:29: leads into flow 'paying'",
    ),
    (
        {"plan": '{human: person, good=>{good##"0": human=>"0": person'},
        "no-human flows/main.yaml:2:3: at step",
    ),
    (
        {"plan": "human: person=>human: farewell"},
        "no-human plan.yaml:32:15: from step 'farewell' no transfer",
    ),
    ({"plan": ", goodbye: farewell=>"}, "no-goodbye plan.yaml:31:1: `goodbye` leads nowhere"),
    (
        {"plan": "  digress: {help: help}\n=>", "flows__help": None},
        "no-help plan.yaml:31:1: `help` leads nowhere",
    ),
    (
        {"flows__main": '{"1": order=>{"0": order'},
        "key-overridden flows/main.yaml:7:19: key '0' leads to 'human'",
    ),
    (
        {"flows__main": 'next: find=>on: {order: ask}\n      dtmf: {"#": order}\n      next: find'},
        "key-ends-input flows/main.yaml:16:19: key '#' ends the keying in",
    ),
    ({"intents__order": "[my] order {number}=>buy a {size} one"}, "stolen-sentence intents/order.yaml:1:13:"),
    ({"intents__idle": "sentences: idle\n"}, "unheard-intent intents/idle.yaml:1:1: no step listens for"),
]
VARIABLES = [
    (
        {"flows__main": "order: ask=>order: tell"},
        "unfilled-variable flows/main.yaml:19:10: '{number}' is said here",
    ),
    (
        {"flows__main": "order: ask=>order: find"},
        "unfilled-variable flows/main.yaml:17:34: 'number' is looked up",
    ),
    (
        {"flows__buying": "next: secret=>next: thanks"},
        "unfilled-variable flows/buying.yaml:18:10: '{day}' is said",
    ),
    (
        {"flows__main": "buy: form=>buy: promise"},
        "unfilled-variable flows/buying.yaml:16:18: 'amount' is given to",
    ),
    (
        {"flows__main": "tries > 3=>amount > 3"},
        "unfilled-variable flows/main.yaml:24:16: 'amount' is used here",
    ),
    (
        {"plan": "I heard nothing=>I heard {number}"},
        "unfilled-variable plan.yaml:36:13: '{number}' cannot be said",
    ),
    (
        {"plan": "Did you say {heard}=>Is {size} right"},
        "unfilled-variable plan.yaml:38:19: '{size}' cannot be said",
    ),
    (
        {"flows__buying": '{ask: Which size?,=>{ask: "Which size, {size}?",'},
        "unfilled-variable flows/buying.yaml:8:21",
    ),
    (
        {"plan": "  day: {type=>  idle: {type: text}\n  day: {type"},
        "never-set plan.yaml:20:3: nothing sets 'idle'",
    ),
    (
        {"plan": "  day: {type=>  idle: {type: text, value: x}\n  day: {type"},
        "unused plan.yaml:20:3: nothing uses the",
    ),
    (
        {"plan": "human: sip=>answers: {warm: 30m, remember: no}\nhuman: sip"},
        "never-warmed plan.yaml:41:17: nothing is asked ahead here: `remember` is no",
    ),
    (
        {"flows__paying": "    return: yes=>    record: stop\n    return: yes"},
        "never-recorded flows/paying.yaml:13:13: nothing is recorded here",
    ),
    (
        {"plan": "human: sip=>recording: {mode: always, consent: 'Hi {size}.'}\nhuman: sip"},
        "unfilled-variable plan.yaml:41:36: '{size}' cannot be said here",
    ),
    (
        {"plan": "human: sip=>recording: {mode: always}\nhuman: sip"},
        "wrong-value plan.yaml:41:12: recording: `mode: always` needs `consent`",
    ),
    (
        {"flows__paying": "    return: yes=>    record: stop\n    say: Bye.\n    hangup: yes"},
        "wrong-value flows/paying.yaml:13:13: steps.paid.record: `record` stands in a step of its own",
    ),
    ({"plan": "rules:=>rules:\n  idle: idle"}, "unused plan.yaml:30:3: nothing uses the rule 'idle'"),
    (
        {"plan": "holidays:=>  late: [friday 17:00-20:00]\nholidays:"},
        "unused plan.yaml:9:3: nothing uses the h",
    ),
    ({"lists__idle": "values: {a: a}\n"}, "unused lists/idle.yaml:1:1: nothing uses the list 'idle'"),
    ({"flows__buying": "on {day}=>on {pin}"}, "secret-said flows/buying.yaml:18:10: 'pin' is sensitive"),
    ({"plan": "[size, amount]=>[size, pin]"}, "secret-given plan.yaml:28:35: 'pin' is sensitive, and action"),
    (
        {"plan": "order_by: size=>order_by: pin"},
        "secret-given plan.yaml:28:54: 'pin' is sensitive, and action",
    ),
    (
        {"flows__paying": "    if: pin=>    set: {state: pin}\n    if: pin"},
        "secret-given flows/paying.yaml:9:18: 'pin' is sensitive, and 'state' is not",
    ),
    (
        {"flows__paying": "dtmf: {slot: pin=>low_confidence: '{heard}?'\n    collect: {slot: pin"},
        "secret-said flows/paying.yaml:4:21: '{heard}' would say 'pin'",
    ),
]
CASES = [*SYNTAX, *NAMES, *TEXTS, *VALUES, *PROOFS, *VARIABLES]


@pytest.mark.parametrize(("changes", "complaint"), CASES, ids=[str(complaint)[:60] for _, complaint in CASES])
def test_mistake_is_told_at_its_place(tmp_path: Path, changes: dict[str, str | None], complaint: str) -> None:
    found = told(write(tmp_path, **changes))
    assert any(complaint in line for line in found), "\n".join(found) or "nothing was told"
    rules = {line.split(" ", 1)[0] for line in found}
    assert rules <= RULES.keys()


@pytest.mark.parametrize(
    "content", ["", "- a\n", "a: [\n", "just text\n", "\t", "? [a]\n: b\n", "steps: 3\n"]
)
@pytest.mark.parametrize("path", sorted(FILES))
def test_nonsense_in_any_file_is_told_and_never_crashes(tmp_path: Path, path: str, content: str) -> None:
    write(tmp_path)
    (tmp_path / path).write_text(content)
    found = loader.inspect(tmp_path)
    assert found.plan is None
    assert any(each.file == str(tmp_path / path) for each in found.errors)


ASKED_ONCE = """
  hello: {say: "Is {day} right?", listen: {on: {"yes": bye}}}
"""
HELP_THAT_ASKS = """
steps:
  helping: {say: For which day?, collect: {slot: day, on: {"no": enough}, next: enough}}
  enough: {say: Fine., return: yes}
"""


@pytest.mark.parametrize(("reprompt", "gap"), [("", True), ("reprompt: Right?, ", False)])
def test_a_question_is_not_asked_again_with_what_a_digression_may_have_emptied(
    tmp_path: Path, reprompt: str, gap: bool
) -> None:
    plan = "name: shop\nstart: hello\nvariables:\n  day: {type: date, value: 2026-01-07}\n"
    small_plans.write(tmp_path, plan, ASKED_ONCE)
    assert told(tmp_path) == []
    steps = ASKED_ONCE.replace("listen", f"{reprompt}listen")
    small_plans.write(tmp_path, plan, steps, flows_helping=HELP_THAT_ASKS)
    rules = [line for line in told(tmp_path) if "unfilled-variable flows/main.yaml:2:16" in line]
    assert bool(rules) == gap, told(tmp_path)


def test_a_variable_is_filled_also_by_a_rule_that_another_rule_uses(tmp_path: Path) -> None:
    write(
        tmp_path,
        plan="  day: {type=>  turns: {type: number}\n  day: {type##"
        "rules:=>rules:\n  often: <many> times\n  many: '{turns}'",
        intents__order="my order]=>my order <often>]",
    )
    assert told(tmp_path) == []


def test_all_mistakes_are_told_at_once_and_in_order(tmp_path: Path) -> None:
    write(
        tmp_path,
        plan="start: greeting\ncountry=>start: greting\ncountry",
        flows__main="say: Hello=>sya: Hello",
    )
    with pytest.raises(InvalidFile) as caught:
        loader.load(tmp_path)
    lines = [(each.file, each.line) for each in caught.value.problems]
    assert lines == sorted(lines)
    assert {each.rule for each in caught.value.problems} >= {"unknown-step", "unknown-key"}


@pytest.mark.parametrize(
    "wrong",
    [
        {"flows__help": "You can order=>You {can order"},
        {"flows__help": "You can order=>You, {size_of_it}, can order"},
        {"intents__order": "my order]=>my order"},
        {"lists__sizes": "values:=>vals:"},
        {"plan": "12-25=>12-32"},
    ],
)
def test_ways_are_judged_whatever_texts_are_wrong(tmp_path: Path, wrong: dict[str, str | None]) -> None:
    found = told(write(tmp_path, **wrong, flows__main="next: count=>next: find"))
    assert any("unreachable-step flows/main.yaml:21:3" in line for line in found), found
    assert len({line.split()[0] for line in found}) >= 3  # what is wrong, and the circle that it is too


@pytest.mark.parametrize("wrong", ["say: Hello=>sya: Hello", "next: find=>next: fnd", "steps:=>step:"])
def test_ways_are_not_judged_where_a_flow_cannot_be_read(tmp_path: Path, wrong: str) -> None:
    found = told(write(tmp_path, flows__main=f"{wrong}##then: greeting=>then: count"))
    assert not [line for line in found if "unreachable-step" in line or "silent-loop" in line], found


@pytest.mark.parametrize(
    ("texts", "split"),
    [
        ("[Sorry, I did not get that.]", True),
        ("[Sorry, I'm deaf., Once more please.]", True),
        ("[Pardon?, Well,\n    what is it?]", True),
        ("{en: [Perdone, álgo más]}", True),
        ('["Sorry, I did not get that.", Once more please.]', False),
        ('[Sorry, "I did not get that."]', False),
        ("[Pardon?, i beg your pardon?]", False),
        ("[Sorry, Once more please., In other words?]", False),
        ("\n    - Sorry\n    - i did not get that", False),
    ],
)
def test_a_text_that_a_comma_split_is_told(tmp_path: Path, texts: str, split: bool) -> None:
    found = told(write(tmp_path, plan=f"[Pardon?, Once more please.]=>{texts}"))
    assert [line.split(":")[0] for line in found] == ["split-text plan.yaml"] * split, found


def test_a_warning_is_no_reason_to_refuse_a_plan(tmp_path: Path) -> None:
    write(tmp_path, lists__idle="values: {a: a}\n")
    assert loader.load(tmp_path).name == "small"
    assert [each.warning for each in loader.inspect(tmp_path).problems] == [True]


def test_a_file_saved_with_a_byte_order_mark_is_read(tmp_path: Path) -> None:
    write(tmp_path)
    (tmp_path / "plan.yaml").write_bytes(b"\xef\xbb\xbf" + FILES["plan.yaml"].encode())
    assert told(tmp_path) == []


@pytest.mark.parametrize(
    ("data", "complaint"),
    [
        (b"name: small\nstart: caf\xe9\n", "plan.yaml:2:11: is not UTF-8 text"),
        (b"name: small\nstart: \x07\n", "plan.yaml:2:8: not YAML: a character that no text has"),
        ("name: x".encode("utf-16"), "plan.yaml:1:1: is not UTF-8 text"),
    ],
)
def test_what_is_no_text_is_one_clear_line(tmp_path: Path, data: bytes, complaint: str) -> None:
    write(tmp_path)
    (tmp_path / "plan.yaml").write_bytes(data)
    found = [line for line in told(tmp_path) if "plan.yaml" in line]
    assert [complaint in line for line in found] == [True]


def test_the_version_follows_names_and_contents_of_every_file_that_counts(tmp_path: Path) -> None:
    before = loader.load(write(tmp_path / "a")).version
    assert loader.load(write(tmp_path / "b")).version == before
    assert loader.load(write(tmp_path / "c", tables__orders="ready=>late")).version != before
    record(write(tmp_path / "d") / "audio/spare.wav")
    assert loader.load(tmp_path / "d").version != before
    (tmp_path / "b" / "README.md").write_text("Ours.")
    (tmp_path / "b" / ".plan.yaml.swp").write_text("an editor's")
    (tmp_path / "b" / "tests").mkdir()
    (tmp_path / "b" / "tests/scenarios.yaml").write_text("a test: []")
    assert loader.load(tmp_path / "b").version == before


RECORDED = "One moment.=>{audio: moment.wav, text: One moment.}"


def test_a_recording_is_said_and_its_real_length_counts(tmp_path: Path) -> None:
    record(write(tmp_path, flows__main=RECORDED) / "audio/moment.wav")
    assert told(tmp_path) == []
    record(tmp_path / "audio/moment.wav", seconds=13)
    assert told(tmp_path)[0].startswith("long-prompt flows/main.yaml:28:10: takes about 13 s")


@pytest.mark.parametrize(
    ("sound", "complaint"),
    [
        ({"channels": 2}, "expected 16 bit mono, got 16 bit with 2 channels"),
        ({"width": 1}, "expected 16 bit mono, got 8 bit with 1 channels"),
        ({"seconds": 61}, "expected 0.05 to 60 s, got 61.00 s"),
        ({"seconds": 0}, "expected 0.05 to 60 s, got 0.00 s"),
        ({"rate": 4000}, "expected 8000 to 48000 samples per second"),
    ],
)
def test_a_recording_that_cannot_be_played_is_told(
    tmp_path: Path, sound: dict[str, int], complaint: str
) -> None:
    record(write(tmp_path, flows__main=RECORDED) / "audio/moment.wav", **sound)
    assert any(f"wrong-recording audio/moment.wav:1:1: {complaint}" in line for line in told(tmp_path))


def test_a_recording_that_is_cut_or_none_is_told(tmp_path: Path) -> None:
    record(write(tmp_path, flows__main=RECORDED) / "audio/moment.wav")
    whole = (tmp_path / "audio/moment.wav").read_bytes()
    (tmp_path / "audio/moment.wav").write_bytes(whole[:-1000])
    assert any("ends after 15500 of 16000 samples" in line for line in told(tmp_path))
    (tmp_path / "audio/moment.wav").write_bytes(b"ID3 no wave")
    assert any("is no WAV file of PCM" in line for line in told(tmp_path))


def test_links_that_leave_the_folder_are_refused(tmp_path: Path) -> None:
    folder = write(tmp_path / "plan")
    secret = tmp_path / "secret.yaml"
    secret.write_text("sentences: secret\n")
    (folder / "intents/more.yaml").symlink_to(secret)
    assert any("wrong-file intents/more.yaml:1:1: is a link that leaves" in line for line in told(folder))
    (folder / "intents/more.yaml").unlink()
    (folder / "tables").rename(tmp_path / "elsewhere")
    (folder / "tables").symlink_to(tmp_path / "elsewhere")
    assert any("wrong-file tables:1:1: is a link to a folder" in line for line in told(folder))


def test_a_path_out_of_the_audio_folder_is_no_recording(tmp_path: Path) -> None:
    write(tmp_path, flows__main="One moment.=>{audio: ../../x.wav, text: One moment.}")
    assert any("expected the name of a file in the plan's audio folder" in line for line in told(tmp_path))


def test_files_too_large_or_too_many_are_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path)
    (tmp_path / "flows/main.yaml").write_text("#" * 1_000_001)
    assert any("is larger than 1000000 bytes" in line for line in told(tmp_path))
    monkeypatch.setattr("softswitch.dialplan.folder.MAX_FILES", 5)
    assert any("holds more than 5 files" in line for line in told(tmp_path))


def test_a_plan_is_found_by_name_or_folder(tmp_path: Path) -> None:
    assert loader.resolve("reception").name == "reception"
    assert loader.resolve(str(write(tmp_path))) == tmp_path
    with pytest.raises(SoftswitchError, match=r"give a folder, or one of: .*reception"):
        loader.resolve("recepton")
    with pytest.raises(SoftswitchError, match="is no folder"):
        loader.load(tmp_path / "nowhere")
