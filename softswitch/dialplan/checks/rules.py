"""Every rule that a dialplan is checked by: its name for editors, what it means, and what to do."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Rule:
    """A `warning` is no reason to refuse a plan."""

    name: str
    means: str
    example: str
    remedy: str
    warning: bool = False


def _rule(name: str, means: str, example: str, remedy: str, *, warning: bool = False) -> Rule:
    return Rule(name, means, example, remedy, warning)


FILES = (
    _rule(
        "wrong-file",
        "A file is missing, too large, unreadable, a link out of the folder, or no part of a dialplan.",
        "flow/main.yaml:1:1: is no part of a dialplan; expected plan.yaml, intents/NAME.yaml, …",
        "Put every file where a dialplan has it: `plan.yaml`, and `NAME.yaml` in `intents`, `flows`, "
        "`lists`, `tables` and `examples`, `NAME.wav` in `audio`.",
    ),
    _rule(
        "wrong-recording",
        "A file in `audio` cannot be played.",
        "audio/welcome.wav:1:1: expected 16 bit mono, got 16 bit with 2 channels",
        "Save it as a WAV file of 16-bit mono PCM, 8,000 to 48,000 samples per second, at most 60 s.",
    ),
    _rule(
        "not-yaml",
        "The file cannot be read as YAML: a tab, a wrong indentation, a quote that is not closed.",
        "flows/main.yaml:7:3: not YAML: a tab; indent with spaces",
        "Look at the line, and at the one above it. Quote texts that hold `: ` or begin with `{`, `[`, `*` "
        "or `&`.",
    ),
    _rule(
        "duplicate-key",
        "A key is given twice in one place; only one of them could hold.",
        "flows/main.yaml:9:5: duplicate key 'next', first given in line 7",
        "Delete one of them.",
    ),
    _rule(
        "unknown-key",
        "A key that nothing here has.",
        "flows/main.yaml:3:5: unknown key 'sya'; did you mean 'say'?",
        "Correct it, or indent it to where it belongs.",
    ),
    _rule(
        "missing-key",
        "A key that is needed is not given.",
        "plan.yaml:10:3: key 'no_match' is missing",
        "Add it; [the reference](dialplan.md) says what it means.",
    ),
    _rule(
        "wrong-value",
        "A value is not of the kind that its key takes.",
        "plan.yaml:3:28: timing.no_input_timeout: expected a duration such as 200ms, 6s or 2m, got '5 miles'",
        "Write what the message expects.",
    ),
    _rule(
        "dead-end",
        "A step has no way on: the call would stop there in silence.",
        "flows/main.yaml:16:3: step 'tell' has no way on; expected exactly one of listen, collect, …",
        "Give it `next`, or whatever is to happen after it.",
    ),
)

NAMES = (
    _rule(
        "unknown-step",
        "There is no step of that name.",
        "flows/main.yaml:10:34: there is no step 'fnd'; did you mean 'find'?",
        "Correct the name, or write the step.",
    ),
    _rule(
        "unknown-flow",
        "There is no file `flows/NAME.yaml` of that name.",
        "flows/main.yaml:8:11: there is no flow 'paymnt'; did you mean 'payment'?",
        "Correct the name, or write the flow.",
    ),
    _rule(
        "unknown-intent",
        "There is no file `intents/NAME.yaml` of that name, and the language brings none.",
        "flows/main.yaml:6:12: there is no intent 'ordr'; did you mean 'order'?",
        "Correct the name, or write the intent.",
    ),
    _rule(
        "unknown-list",
        "There is no file `lists/NAME.yaml` of that name.",
        "plan.yaml:9:14: there is no list 'size'; did you mean 'sizes'?",
        "Correct the name, or write the list.",
    ),
    _rule(
        "unknown-table",
        "There is no file `tables/NAME.yaml` of that name.",
        "flows/main.yaml:12:21: there is no table 'order'; did you mean 'orders'?",
        "Correct the name, or write the table.",
    ),
    _rule(
        "unknown-variable",
        "A variable that is neither declared, nor a table's column, nor known of every call.",
        "flows/main.yaml:13:18: there is no variable 'nmber'; did you mean 'number'?",
        "Correct the name, or declare it under `variables` in `plan.yaml`.",
    ),
    _rule(
        "unknown-rule",
        "A sentence uses `<rule>` that `plan.yaml` does not have.",
        "intents/order.yaml:2:5: there is no rule 'polit'; did you mean 'polite'?",
        "Correct the name, or write it under `rules` in `plan.yaml`.",
    ),
    _rule(
        "unknown-action",
        "`do` names an action that `plan.yaml` does not have.",
        "flows/main.yaml:15:18: there is no action 'place_ordr'; did you mean 'place_order'?",
        "Correct the name, or declare it under `actions` in `plan.yaml`.",
    ),
    _rule(
        "unknown-queue",
        "`queue` names a queue that `plan.yaml` does not have.",
        "flows/main.yaml:15:18: there is no queue 'ordrs'; did you mean 'orders'?",
        "Correct the name, or declare it under `queues` in `plan.yaml`; `orders: {}` will do.",
    ),
    _rule(
        "unknown-language",
        "A language that is not one of the plan's, or that this product does not speak.",
        "flows/main.yaml:4:15: there is no language 'fr'; expected one of: en, es",
        "Add it to `languages` in `plan.yaml`, or take it out here.",
    ),
    _rule(
        "unknown-recording",
        "There is no such file in `audio`.",
        "flows/main.yaml:3:19: there is no recording 'welcom.wav'; did you mean 'welcome.wav'?",
        "Correct the name, or put the file there.",
    ),
    _rule(
        "duplicate-step",
        "Two flows have a step of one name; steps' names are the plan's.",
        "flows/more.yaml:2:3: there is a step 'ask' already: flows/main.yaml:8",
        "Rename one of them.",
    ),
    _rule(
        "wrong-name",
        "A file's or thing's name is none, or means something else already.",
        "flows/main.yaml:8:3: 'back' means something by itself and can be no step's name",
        "Rename it: small letters (a to z), digits and `_`.",
    ),
)

TEXTS = (
    _rule(
        "wrong-sentence",
        "A sentence template cannot be read.",
        "intents/order.yaml:1:13: '[' is not closed by ']'",
        "Close the bracket; `[ ]` is optional, `( | )` is one of several, `{ }` a variable, `< >` a rule.",
    ),
    _rule(
        "wrong-prompt",
        "A text to say cannot be read: `{}` or `<>` in it are wrong.",
        "flows/main.yaml:13:10: '{' and '}' are for variables only, for instance {order_number}",
        "Write variables as `{name}`, and markup as [the reference](dialplan.md) has it.",
    ),
    _rule(
        "split-text",
        "A comma in `[ ]` has made two texts of what looks like one.",
        "plan.yaml:7:20: 'I did not get that.' is another text than 'Sorry', because of the comma between "
        "them",
        "Put quotes around the whole text; or around both, when they are two.",
        warning=True,
    ),
    _rule(
        "cut-text",
        "A `#` has made a comment of the rest of a text.",
        "flows/main.yaml:3:10: '# to go on' is a comment and no part of the text, because of the '#'",
        "Put quotes around the whole text; before a comment that is one, leave two spaces.",
        warning=True,
    ),
    _rule(
        "missing-language",
        "A text is not given in one of the plan's languages.",
        "flows/main.yaml:3:10: the text is not given in es",
        "Write it by language: `say: {en: …, es: …}`.",
    ),
    _rule(
        "long-prompt",
        "It takes over 12 s to say, by the pace of the voice or the length of the recording.",
        "flows/main.yaml:3:10: takes about 15 s to say; nobody listens longer than 12 s",
        "Say less, or ask first what the caller wants to hear.",
        warning=True,
    ),
)

VALUES = (
    _rule(
        "wrong-expression",
        "An expression cannot be read, or compares what cannot be compared.",
        "flows/main.yaml:20:11: at character 8: expected a number such as 5 or 2.5, …",
        "Write what the message expects; [the reference](dialplan.md) has the language.",
    ),
    _rule(
        "wrong-type",
        "A value does not fit the type of its variable.",
        "tables/orders.yaml:2:24: '3O' is no number, and `count` is one",
        "Write a value of the variable's type, or declare another type.",
    ),
    _rule(
        "wrong-calendar",
        "Hours, holidays, the time zone, the country or a route's numbers cannot be read.",
        "plan.yaml:8:10: hours 'open': 'mo-frday 9:00-18:00': unknown day 'frday'; did you mean 'friday'?",
        "Write what the message expects.",
    ),
    _rule(
        "uneven-table",
        "A row of a table lacks a column that others have, or has one more; or there is no row.",
        "tables/orders.yaml:3:3: every row needs the same columns: advice, state",
        "Give every row the same columns.",
    ),
    _rule(
        "never-recorded",
        "A step records, and the plan's `recording` is `off`.",
        "flows/main.yaml:8:13: nothing is recorded here: `recording` in plan.yaml is off",
        "Declare `recording` in `plan.yaml` with `mode: on_demand` or `always`, or delete `record`.",
    ),
    _rule(
        "never-warmed",
        "`answers` has `warm`, and there are no opening hours before which it could be, or nothing is "
        "remembered.",
        "plan.yaml:6:9: nothing is asked ahead here: the plan has no `hours`",
        "Declare `hours`, or delete `warm`.",
        warning=True,
    ),
)

WAYS = (
    _rule(
        "unreachable-step",
        "No call can ever come to this step.",
        "flows/main.yaml:16:3: step 'person' can never be reached",
        "Lead somewhere to it, or delete it.",
    ),
    _rule(
        "silent-loop",
        "Steps lead in a circle without listening: the call would hang in it.",
        "flows/main.yaml:13:3: step 'tell' leads back to itself without listening in between",
        "Let a step of the circle listen, or lead out of it.",
    ),
    _rule(
        "no-way-out",
        "From this step no caller can ever come to an end, whatever he says, but by failing.",
        "flows/main.yaml:8:3: from step 'ask' there is no way to a hangup or transfer",
        "Lead somewhere to a `hangup` or `transfer`; with `goodbye` under `universal` it holds everywhere.",
    ),
    _rule(
        "endless-repair",
        "After the last strike the call goes on to listen, and could fail for ever.",
        "plan.yaml:12:9: leads to step 'greeting', which listens again; after the last strike the call must "
        "end",
        "Let `repair.then` lead to a `hangup`, or to a `transfer` that ends when it fails.",
    ),
    _rule(
        "silent-repair",
        "A failure is answered with nothing, and leads nowhere.",
        "plan.yaml:11:3: no_match says nothing and leads nowhere",
        "Give it texts to say, or `then`.",
    ),
    _rule(
        "recursive-call",
        "A flow calls itself, or calls one that calls it.",
        "flows/a.yaml:4:11: flow 'a' calls itself by way of a, b",
        "Lead on with `next` instead of `call`.",
    ),
    _rule(
        "no-return",
        "A flow is called, or digressed to, and never returns.",
        "flows/main.yaml:5:11: flow 'help' never returns, so 'next' is never reached",
        "Let one of its steps `return: yes`; or lead to it with `next`.",
    ),
    _rule(
        "return-without-call",
        "A flow returns, but calls also come into it by another way; there is nothing to return to then.",
        "flows/main.yaml:7:13: leads into flow 'payment', whose step 'paid' returns; it must be called",
        "Enter it with `call` or `digress` only.",
    ),
    _rule(
        "misplaced-leave",
        "A step with `leave` is reached by callers who wait in no queue any more, or never did.",
        "flows/main.yaml:9:5: callers come to step 'back' who wait in no queue any more; lead to it from …",
        "Lead to it by `on` or `dtmf` of a step with `queue`. Where something is to be asked before, let "
        "that step `digress` into a flow that asks, and holds the step with `leave`.",
    ),
    _rule(
        "no-human",
        "A caller at this question cannot ask for a human.",
        "flows/main.yaml:4:5: at step 'ask' nobody can ask for a human",
        "Lead `human` under `universal` to a step with `transfer`.",
    ),
    _rule(
        "no-help",
        "`help` leads nowhere.",
        "plan.yaml:8:1: `help` leads nowhere; callers who ask for it are not understood",
        "Lead `help` under `universal` to a step or flow that says what one can do.",
        warning=True,
    ),
    _rule(
        "no-goodbye",
        "`goodbye` leads nowhere.",
        "plan.yaml:8:1: `goodbye` leads nowhere; callers who say it are not understood",
        "Lead `goodbye` under `universal` to a step that says goodbye and hangs up.",
        warning=True,
    ),
)

HEARD = (
    _rule(
        "stolen-sentence",
        "A sentence of one intent is taken for another that is listened for together with it.",
        "intents/order.yaml:3:5: 'bye' is taken for goodbye, not order, and step 'ask' listens for both",
        "Delete the sentence in one of them, or put more words into it.",
    ),
    _rule(
        "unheard-intent",
        "No step listens for this intent.",
        "intents/idle.yaml:1:1: no step listens for the intent 'idle'",
        "Lead it somewhere with `on` or `digress`, or delete the file.",
    ),
    _rule(
        "unknown-word",
        "The ear that this plan is heard with does not know the word, so it never hears it.",
        "intents/order.yaml:3:5: the ear does not know 'bookz', so it never hears it; it knows 'books'",
        "Say it in other words as well, or bring an ear that knows it.",
        warning=True,
    ),
    _rule(
        "no-ear",
        "There is no ear to ask which words it knows.",
        "plan.yaml:1:1: its words cannot be checked: There is no model 'vosk-x'.",
        "Install the model that the configuration names.",
        warning=True,
    ),
    _rule(
        "key-overridden",
        "A key means something else here than everywhere.",
        "flows/main.yaml:7:14: key '0' leads to 'human' everywhere, and to 'hours' here",
        "Take another key, so that callers can trust the one they know.",
        warning=True,
    ),
    _rule(
        "key-ends-input",
        "A key has a meaning where it also ends the keying in.",
        "flows/main.yaml:9:14: key '#' ends the keying in, so it can mean nothing else here",
        "Take another key, or another `terminator`.",
    ),
)

VARIABLES = (
    _rule(
        "unfilled-variable",
        "A variable is used where not every way that leads there has filled it.",
        "flows/main.yaml:13:10: '{state}' is said here, but not every way here sets it",
        "Fill it before on every way, or ask with `if: NAME is set`.",
    ),
    _rule(
        "never-set",
        "Nothing ever gives this variable a value.",
        "plan.yaml:6:3: nothing sets 'advice'",
        "Fill it with `collect`, `set`, a table or an intent's sentence; or give it a `value`.",
        warning=True,
    ),
    _rule(
        "unused",
        "Something is declared and never used.",
        "plan.yaml:6:3: nothing uses the variable 'advice'",
        "Delete it, or use it.",
        warning=True,
    ),
    _rule(
        "secret-said",
        "A sensitive variable would be said to the caller.",
        "flows/main.yaml:9:10: 'pin' is sensitive and may not be said",
        "Say something that does not hold it.",
    ),
    _rule(
        "secret-given",
        "A sensitive variable would leave the call: by an action, or by a variable that is not sensitive.",
        "flows/main.yaml:9:15: 'pin' is sensitive, and action 'place_order' would write it down",
        "Leave it out, or declare the other variable `sensitive` too.",
    ),
)

FAMILIES: Mapping[str, tuple[Rule, ...]] = {
    "Files": FILES,
    "Names": NAMES,
    "Texts": TEXTS,
    "Values": VALUES,
    "Ways through the plan": WAYS,
    "What is heard": HEARD,
    "Variables": VARIABLES,
}
RULES: Mapping[str, Rule] = {rule.name: rule for rules in FAMILIES.values() for rule in rules}
