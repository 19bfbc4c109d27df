"""Texts: sentence templates and prompts that can be read, in every language of the plan, with recordings."""

import re
from collections.abc import Iterator, Mapping

from softswitch.complaints import suggest
from softswitch.dialplan import markup, templates
from softswitch.dialplan.checks.declared import known_variables
from softswitch.dialplan.checks.places import Given, all_given, examples_given
from softswitch.dialplan.files.texts import Line, Prompts, Texts
from softswitch.dialplan.reading import Draft, mapping
from softswitch.dialplan.spoken import normalise
from softswitch.dialplan.templates import Rules
from softswitch.marked_yaml import Document, Place

HEARD = "heard"
"""In the texts of low_confidence and of an intent's `confirm`: what was understood."""
TOLD = ("position", "expected_wait")
"""In texts of `position`: how many wait before him, and for how long they will."""
ENDED = re.compile(r"[.?!…:;][\"')>]*\s*$")


def check(draft: Draft) -> None:
    if draft.plan is None:
        return
    spoken = draft.plan.spoken
    readers = {language: _Templates(draft, language) for language in spoken}
    said = _Prompts(draft)
    for given in (*all_given(draft), *examples_given(draft)):
        _languages(draft, given, spoken)
        if isinstance(given.texts, Prompts):
            _split(draft, given)
        _cut(draft, given)
        for language, place, text in given.each():
            if isinstance(text, Line):
                said.check(given.document, place, text)
            elif type(given.texts) is Texts and (language or spoken[0]) in readers:
                readers[language or spoken[0]].check(given.document, place, text)


def _split(draft: Draft, given: Given) -> None:
    """Where an unquoted comma in a list seems to have made two texts of one."""
    before = ""
    for _, place, line in given.each():
        goes_on = line.text[0].islower() or re.match(r"I\b", line.text)
        if place in given.document.after_comma and goes_on and not ENDED.search(before):
            message = f"'{line.text}' is another text than '{before}', because of the comma between them"
            draft.report("split-text", given.document, place, message)
        before = line.text


def _cut(draft: Draft, given: Given) -> None:
    """Where a '#' seems to have made a comment of the rest of a text."""
    for _, place, _ in given.each():
        if rest := given.document.cut_off.get(place):
            message = f"'{rest}' is a comment and no part of the text, because of the '#'"
            draft.report("cut-text", given.document, place, message)


def _languages(draft: Draft, given: Given, spoken: tuple[str, ...]) -> None:
    """Every text in every language of the plan, and in no other."""
    languages = given.texts.languages
    for language in languages - set(spoken):
        message = f"there is no language '{language}' in this plan{suggest(language, spoken)}"
        draft.report("unknown-language", given.document, (*given.place, language), message, key=True)
    missing = [language for language in spoken if language not in languages]
    if languages and missing:
        draft.report("missing-language", given.document, given.place, f"is not given in {', '.join(missing)}")
    elif not languages and len(spoken) > 1 and any(_has_words(text) for _, _, text in given.each()):
        message = f"is to be given by language: {{{', '.join(f'{each}: …' for each in spoken)}}}"
        draft.report("missing-language", given.document, given.place, message)


def _has_words(text: str | Line) -> bool:
    if isinstance(text, Line):
        return bool(text.audio or normalise(re.sub(r"\{[^{}]*\}|<[^<>]*>", "", text.text)))
    return bool(normalise(text))


class _Prompts:
    """Brackets of prompts, their variables and recordings."""

    def __init__(self, draft: Draft) -> None:
        self._draft = draft
        self._known = frozenset(known_variables(draft)) | {HEARD, *TOLD}

    def check(self, document: Document, place: Place, line: Line) -> None:
        draft = self._draft
        try:
            markup.parse(line.text)
        except ValueError as error:
            draft.report("wrong-prompt", document, place, str(error))
        names = markup.variables(line.text)
        for name in sorted(names - self._known) if not draft.unreadable("tables") else ():
            message = f"there is no variable '{name}'{suggest(name, self._known)}"
            draft.report("unknown-variable", document, place, message)
        if names and place[0] == "filler":
            message = "a filler is the same for every caller, so it can hold no variable"
            draft.report("wrong-prompt", document, place, message)
        if line.audio:
            self._recording(document, place, line.audio, says_variables=bool(names))

    def _recording(self, document: Document, place: Place, name: str, *, says_variables: bool) -> None:
        if name not in self._draft.recordings:
            message = f"there is no recording '{name}'{suggest(name, self._draft.recordings)}"
            self._draft.report("unknown-recording", document, (*place, "audio"), message)
        if says_variables:
            message = "a recording always says the same, so its text can hold no variable"
            self._draft.report("wrong-prompt", document, (*place, "text"), message)


class _Templates:
    """Sentence templates of one language."""

    def __init__(self, draft: Draft, language: str) -> None:
        self._draft, self._language = draft, language
        self._variables = mapping(draft.plan_document.value, "variables").keys()
        self._texts = rule_texts(draft, language)
        self._rules = self._parsed()

    def _parsed(self) -> Rules:
        """Those that can be read. Of the others each is told where it stands."""
        parsed: dict[str, templates.Choice] = {}
        for name in self._texts:
            needed = {each: self._texts[each] for each in _closure(name, self._texts)}
            try:
                parsed |= templates.parse_rules(needed)
            except ValueError as error:
                told, _, rest = str(error).partition(f"rule <{name}>: ")
                # What is wrong with a rule that this one uses is told there.
                if not told or f"<{name}> uses" in told:
                    self._tell_rule(name, rest or told)
        return parsed

    def _tell_rule(self, name: str, message: str) -> None:
        if "there is no rule" not in message:
            self._draft.report("wrong-sentence", self._draft.plan_document, ("rules", name), message)

    def check(self, document: Document, place: Place, text: str) -> None:
        draft = self._draft
        unknown = [name for name in templates.rules_of(text) if name not in self._texts]
        for name in unknown:
            message = f"there is no rule '{name}'{suggest(name, self._texts)}"
            draft.report("unknown-rule", document, place, message)
        for name in templates.slots_of(text):
            if name not in self._variables:
                message = f"there is no variable '{name}'{suggest(name, self._variables)}"
                draft.report("unknown-variable", document, place, message)
        if place[0] == "rules" or any(name not in self._rules for name in templates.rules_of(text)):
            return
        try:
            templates.parse(text, self._rules)
        except ValueError as error:
            draft.report("wrong-sentence", document, place, str(error))


def rule_texts(draft: Draft, language: str) -> dict[str, str]:
    """The shared rules in a language; several texts are alternatives."""
    rules = draft.plan.rules if draft.plan else {}
    found = {}
    for name, texts in rules.items():
        many = texts.in_language(language)
        found[name] = many[0] if len(many) == 1 else " | ".join(f"({text})" for text in many)
    return found


def slots_heard(draft: Draft) -> dict[str, frozenset[str]]:
    """By intent: the variables that its sentences may fill, those in rules too. Of a sound draft."""
    found: dict[str, set[str]] = {name: set() for name in draft.intents}
    for language in draft.plan.spoken if draft.plan else ():
        rules = rule_texts(draft, language)
        within = {rule: _slots_within(rule, rules) for rule in rules}
        for name, intent in draft.intents.items():
            for text in intent.sentences.in_language(language):
                found[name].update(
                    templates.slots_of(text), *map(within.__getitem__, templates.rules_of(text))
                )
    return {name: frozenset(slots) for name, slots in found.items()}


def _slots_within(rule: str, texts: Mapping[str, str]) -> set[str]:
    return {slot for each in _closure(rule, texts) for slot in templates.slots_of(texts[each])}


def _closure(name: str, texts: Mapping[str, str]) -> Iterator[str]:
    """The rule and all that it uses, as far as they exist."""
    found, waiting = {name}, [name]
    while waiting:
        new = {used for used in templates.rules_of(texts[waiting.pop()]) if used in texts} - found
        found |= new
        waiting += new
    yield from sorted(found)
