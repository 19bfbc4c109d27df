"""Typed slots: whatever value is spoken by a generator apart from the reading code is read back."""

from datetime import date, datetime, time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from num2words import num2words

from softswitch.dialplan.language import ENGLISH, SPANISH, Language
from softswitch.dialplan.slots import TYPES, Declaration, Slot, slot
from softswitch.dialplan.spoken import normalise
from softswitch.speech.normalize import normalize

NOW = datetime(2026, 11, 18, 10, 0)
CODES = {"en": ENGLISH, "es": SPANISH}
VALUES = {"red": ("red", "the red one"), "blue": ("blue",)}
MADE = {
    (name, code): slot(Declaration(name, values=VALUES, country="US", currency="EUR"), language)
    for name in TYPES
    for code, language in CODES.items()
}
WORDS = sorted(
    {word for made in MADE.values() for phrase in made.phrases for word in phrase.split()}
    | {
        word
        for language in CODES.values()
        for word in [*language.letters.spellings, *language.numbers.lookup]
    }
    | {
        "to",
        "for",
        "uh",
        "9:30",
        "2026-11-23",
        "11/23",
        "99/99",
        "1,250",
        "2.5.1",
        "+44",
        "0",
        "23rd",
        "²",
        "",
    }
)

codes = st.sampled_from(sorted(CODES))
cents = st.integers(0, 99)
days = st.dates(date(1950, 1, 1), date(2090, 12, 31))
minutes = st.times().map(lambda moment: moment.replace(second=0, microsecond=0))
numbers = st.one_of(st.integers(0, 130), st.integers(0, 10**4), st.integers(0, 10**9 - 1))


def read(made: Slot, text: str) -> list[str]:
    """The values that all of the text says."""
    tokens = normalise(text).split()
    return [value for end, value in made.read(tokens, 0, NOW) if end == len(tokens)]


def digit(character: str, language: Language) -> str:
    return list(language.numbers.units)[int(character)]


@given(numbers, codes)
def test_numbers(number: int, code: str) -> None:
    assert read(MADE["number", code], num2words(number, lang=code))[:1] == [str(number)]


@given(st.integers(0, 10**4), st.integers(1, 999), codes)
def test_decimal_numbers(whole: int, thousandths: int, code: str) -> None:
    language = CODES[code]
    fraction = f"{thousandths:03}".rstrip("0")
    point = "coma" if code == "es" else "point"
    said = " ".join([num2words(whole, lang=code), point, *(digit(each, language) for each in fraction)])
    assert f"{whole}.{fraction}" in read(MADE["number", code], said)


@given(st.text("0123456789", min_size=1, max_size=12), codes, st.data())
def test_digits_one_by_one_and_doubled(digits: str, code: str, data: st.DataObject) -> None:
    language = CODES[code]
    said, rest = [], digits
    while rest:
        double = rest[:1] * 2 == rest[:2] and data.draw(st.booleans())
        said.append(f"{'doble' if code == 'es' else 'double'} " * double + digit(rest[0], language))
        rest = rest[1 + double :]
    assert read(MADE["digits", code], " ".join(said))[:1] == [digits]


@given(st.lists(st.integers(10, 99), min_size=1, max_size=4), codes)
def test_digits_in_pairs(pairs: list[int], code: str) -> None:
    digits = "".join(map(str, pairs))
    made = slot(Declaration("digits", length=(len(digits), len(digits))), CODES[code])
    assert digits in read(made, " ".join(num2words(pair, lang=code) for pair in pairs))


@given(st.integers(0, 10**6), cents, codes)
def test_money_with_its_units(units: int, rest: int, code: str) -> None:
    said = f"{num2words(units, lang=code)} euros"
    if rest:
        said += (" and {} cents" if code == "en" else " con {} céntimos").format(num2words(rest, lang=code))
    assert read(MADE["money", code], said)[:1] == [f"{units}.{rest:02}"]


@given(st.integers(1, 99), st.integers(10, 99), codes)
def test_money_without_units(units: int, rest: int, code: str) -> None:
    said = f"{num2words(units, lang=code)} {num2words(rest, lang=code)}"
    assert f"{units}.{rest:02}" in read(MADE["money", code], said)


def _english_day(day: date) -> list[str]:
    month, ordinal = day.strftime("%B"), num2words(day.day, to="ordinal")
    return [f"{month} {ordinal}", f"the {ordinal} of {month}", f"on {day:%A} {month} the {ordinal}"]


def _spanish_day(day: date) -> list[str]:
    month = SPANISH.calendar.months[day.month - 1]
    return [
        f"{num2words(day.day, lang='es')} de {month}",
        f"el día {num2words(day.day, lang='es')} de {month}",
    ]


@given(days)
def test_dates_with_their_year(day: date) -> None:
    years = {num2words(day.year, to="year"), num2words(day.year)}
    english = [f"{said} {year}" for said in _english_day(day) for year in years]
    spanish = [f"{said} de {num2words(day.year, lang='es')}" for said in _spanish_day(day)]
    for code, texts in (("en", english), ("es", spanish)):
        for text in texts:
            assert read(MADE["date", code], text)[:1] == [day.isoformat()], text


@given(st.dates(NOW.date(), date(2027, 11, 17)))
def test_dates_of_the_coming_year_need_no_year(day: date) -> None:
    for text in _english_day(day):
        assert read(MADE["date", "en"], text)[:1] == [day.isoformat()], text
    for text in _spanish_day(day):
        assert read(MADE["date", "es"], text)[:1] == [day.isoformat()], text


@given(days, st.sampled_from(["{:%Y-%m-%d}", "{:%d.%m.%Y}"]), codes)
def test_dates_as_typed(day: date, form: str, code: str) -> None:
    assert read(MADE["date", code], form.format(day))[:1] == [day.isoformat()]


@given(minutes)
def test_times_of_the_twelve_hour_clock(moment: time) -> None:
    hour, minute = num2words((moment.hour - 1) % 12 + 1), num2words(moment.minute)
    half = "p m" if moment.hour >= 12 else "in the morning"
    rest = "o'clock" if moment.minute == 0 else f"oh {minute}" if moment.minute < 10 else minute
    after = num2words(moment.hour % 12 + 1)
    said = [f"{hour} {rest} {half}"]
    if 0 < moment.minute <= 30:
        said.append(f"{minute} minutes past {hour} {half}")
    if moment.minute > 30:
        said.append(f"{num2words(60 - moment.minute)} to {after} {half}")
    for text in said:
        assert read(MADE["time", "en"], text)[:1] == [f"{moment:%H:%M}"], text
        assert f"{moment:%H:%M}" in read(MADE["time", "en"], text.removesuffix(f" {half}")), text


@given(minutes)
def test_times_of_the_whole_day(moment: time) -> None:
    hour, minute = num2words(moment.hour, lang="es"), num2words(moment.minute, lang="es")
    said = f"las {hour} horas" + (f" y {minute} minutos" if moment.minute else "")
    assert read(MADE["time", "es"], said) == [f"{moment:%H:%M}"]
    for code in CODES:
        assert read(MADE["time", code], f"{moment:%H:%M}")[:1] == [f"{moment:%H:%M}"] or 0 < moment.hour <= 12
        assert f"{moment:%H:%M}" in read(MADE["time", code], f"{moment:%H:%M}")


@given(st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789", min_size=1, max_size=8), codes, st.data())
def test_letters(value: str, code: str, data: st.DataObject) -> None:
    language = CODES[code]
    letters = {**language.letters.names, **language.letters.alphabet}
    said = []
    for character in value:
        names = [name for name, letter in letters.items() if letter == character and name != "oh"]
        name = digit(character, language) if character.isdigit() else data.draw(st.sampled_from(names))
        said.append(name)
    assert value in read(MADE["letters", code], " ".join(said))


@given(
    st.integers(2_010_000_000, 9_899_999_999).map(str).filter(lambda n: n[0] not in "01" and n[3] not in "01")
)
def test_phone_numbers(national: str) -> None:
    said = " ".join(digit(each, ENGLISH) for each in national)
    assert read(MADE["phone", "en"], f"plus one {said}") == [f"+1{national}"]


@given(
    st.sampled_from(sorted(MADE)),
    st.lists(st.one_of(st.sampled_from(WORDS), st.text(max_size=6)), max_size=14),
    st.integers(0, 15),
)
def test_any_tokens_are_read_without_harm(which: tuple[str, str], tokens: list[str], at: int) -> None:
    made = MADE[which]
    readings = made.read(tokens, at, NOW)
    anything = made.read_any(tokens, at, NOW)
    ends = [end for end, _ in readings]
    assert ends == sorted(ends, reverse=True)
    assert len(set(readings)) == len(readings)
    assert all(at < end <= len(tokens) and made.fits(value) for end, value in readings)
    assert set(readings) <= set(anything)


@given(st.sampled_from(sorted(MADE)), st.text(max_size=12))
def test_any_text_may_be_asked_about(which: tuple[str, str], text: str) -> None:
    made = MADE[which]
    value = made.keyed(text, NOW)
    assert value is None or made.fits(value)
    assert isinstance(made.fits(text), bool)
    assert isinstance(made.spoken(text, NOW), str)


CANONICAL = {
    "number": st.one_of(numbers.map(str), st.integers(-999, -1).map(str), st.just("1950"), st.just("2.25")),
    "digits": st.text("0123456789", min_size=1, max_size=14),
    "money": st.tuples(st.integers(0, 10**6), cents).map(lambda parts: f"{parts[0]}.{parts[1]:02}"),
    "date": st.dates(NOW.date(), date(2027, 9, 1)).map(date.isoformat),
    "time": minutes.map("{:%H:%M}".format),
    "letters": st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789", min_size=1, max_size=8),
    "phone": st.sampled_from(["+12125550123", "+16502530000"]),
    "yes_no": st.sampled_from(["yes", "no"]),
    "list": st.sampled_from(sorted(VALUES)),
    "text": st.sampled_from(["call me back", "yes"]),
}


@pytest.mark.parametrize("name", TYPES)
@given(data=st.data())
def test_what_the_voice_says_of_a_value_is_that_value_again(name: str, data: st.DataObject) -> None:
    value = data.draw(CANONICAL[name])
    made = MADE[name, "en"]
    assert made.fits(value)
    said = normalize(made.spoken(value))
    assert not any(character.isdigit() for character in said)
    assert value in read(made, said), said


@pytest.mark.parametrize("name", TYPES)
@given(data=st.data())
def test_values_are_spoken_in_spanish(name: str, data: st.DataObject) -> None:
    made = MADE[name, "es"]
    value = data.draw(CANONICAL[name])
    assert made.fits(value)
    assert made.spoken(value)
    if name not in ("phone", "text", "letters"):
        assert value in read(made, made.spoken(value)), made.spoken(value)
