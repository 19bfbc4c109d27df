"""Typed slots: what callers say, type and key, and how values are written into prompts."""

from datetime import datetime

import pytest

from softswitch.dialplan.language import ENGLISH, SPANISH, Language
from softswitch.dialplan.slots import TYPES, Declaration, Slot, slot
from softswitch.dialplan.spoken import normalise

NOW = datetime(2026, 11, 18, 10, 0)  # a Wednesday
SIZES = {"small": ("small", "little one"), "large": ("large", "big one"), "extra_large": ()}


def whole(made: Slot, text: str) -> list[str]:
    """The values that all of the text says."""
    tokens = normalise(text).split()
    return [value for end, value in made.read(tokens, 0, NOW) if end == len(tokens)]


def english(**declared: object) -> Slot:
    return slot(Declaration(**declared), ENGLISH)  # type: ignore[arg-type]


ENGLISH_SAID = {
    Declaration("number"): {
        "five": "5", "a hundred and five": "105", "two and a half": "2.5", "one point five": "1.5",
        "point two five": "0.25", "a dozen": "12", "half a dozen": "6", "two dozen": "24", "a couple": "2",
        "nineteen hundred": "1900", "two hundred thousand": "200000", "minus five": "-5", "-5": "-5",
        "two and a half million": "2500000", "1,250.5": "1250.5", "2.5": "2.5", "zero": "0", "7": "7",
        "a hundred and twenty three thousand four hundred and fifty six": "123456",
    },
    Declaration("digits", length=(3, 4)): {
        "double oh seven": "007", "triple five": "555", "one zero zero two": "1002", "1002": "1002",
        "twenty three forty seven": "2347", "a one two three": "8123", "one uh two dash three": "123",
        "10-02": "1002", "seven six oh to": "7602", "nought one two": "012", "two thousand and ten": "2010",
    },
    Declaration("digits", length=(5, 5)): {"one thousand two": "10002", "twenty three four five": "20345"},
    Declaration("money", currency="USD"): {
        "forty two dollars and fifty cents": "42.50", "forty two dollars fifty": "42.50",
        "forty two fifty": "42.50", "nine ninety nine": "9.99", "two grand": "2000.00", "$42.50": "42.50",
        "a dollar fifty": "1.50", "fifty cents": "0.50", "one twenty": "1.20", "one twenty dollars": "120.00",
        "a couple of bucks": "2.00", "five oh five": "5.05", "two dollars and a half": "2.50",
        "two and a half thousand dollars": "2500.00", "forty two": "42.00", "1,250": "1250.00",
    },
    Declaration("date"): {
        "the twenty third": "2026-11-23", "the twenty third of november": "2026-11-23",
        "november twenty third": "2026-11-23", "november twenty third twenty twenty seven": "2027-11-23",
        "november twenty three two thousand twenty seven": "2027-11-23", "november 23rd": "2026-11-23",
        "the seventeenth": "2026-12-17", "the eighteenth": "2026-11-18", "november third": "2027-11-03",
        "the thirty first": "2026-12-31", "february twenty ninth": "2028-02-29",
        "next friday": "2026-11-27", "this friday": "2026-11-20", "friday": "2026-11-20",
        "wednesday": "2026-11-25", "on monday": "2026-11-23", "next week on monday": "2026-11-23",
        "today": "2026-11-18", "tomorrow": "2026-11-19", "the day after tomorrow": "2026-11-20",
        "in three days": "2026-11-21", "in a couple of weeks": "2026-12-02", "in two months": "2027-01-18",
        "a week from monday": "2026-11-30", "friday week": "2026-11-27", "last friday": "2026-11-13",
        "last wednesday": "2026-11-11", "yesterday": "2026-11-17", "monday the twenty third": "2026-11-23",
        "2026-11-23": "2026-11-23", "11/23/2026": "2026-11-23", "23.11.2026": "2026-11-23",
        "3/4/2027": "2027-03-04", "11/23": "2026-11-23", "may the first nineteen oh five": "1905-05-01",
    },
    Declaration("time"): {
        "half past nine": "09:30", "quarter to ten": "09:45", "nine thirty": "09:30",
        "nine thirty p m": "21:30", "nine thirty in the morning": "09:30", "nine o'clock": "09:00",
        "noon": "12:00", "midnight": "00:00", "nineteen hundred": "19:00", "oh nine hundred": "09:00",
        "twenty minutes past four": "16:20", "ten to seven": "18:50", "five oh five": "17:05",
        "fourteen thirty": "14:30", "twenty one oh five": "21:05", "twelve thirty a m": "00:30",
        "twelve at night": "00:00", "two at night": "02:00", "seven in the evening": "19:00",
        "twelve": "12:00", "9:30": "09:30", "9:30pm": "21:30", "09:30": "09:30", "21:30": "21:30",
        "9 am": "09:00", "9 a.m.": "09:00", "at nine": "09:00", "seven": "07:00", "six": "18:00",
    },
    Declaration("phone", country="GB"): {
        "oh two oh seven nine four six double oh double oh": "+442079460000",
        "plus four four two oh seven nine four six oh oh oh oh": "+442079460000",
        "020 7946 0000": "+442079460000", "+44 20 7946 0000": "+442079460000",
        "oh double seven double oh nine double oh one two three": "+447700900123",
    },
    Declaration("letters", length=(2, 6)): {
        "a b c": "ABC", "alpha bravo": "AB", "b as in bravo c for charlie": "BC", "double l": "LL",
        "capital x y": "XY", "zed a one two": "ZA12", "ab12": "AB12", "a b oh one": "AB01", "o b": "OB",
        "double u a": "WA", "a b twenty three": "AB23", "p as in bravo t like tango": "BT", "x ray y": "XY",
    },
    Declaration("yes_no"): {
        "yep": "yes", "of course": "yes", "that's right": "yes", "yeah that's right": "yes",
        "yes please": "yes", "no problem": "yes", "not really": "no", "no thanks": "no", "nope": "no",
        "of course not": "no", "i don't think so": "no", "no no no": "no", "that's not right": "no",
    },
    Declaration("text"): {"tell him I called": "tell him i called"},
}  # fmt: skip

SPANISH_SAID = {
    Declaration("number"): {
        "ciento cinco": "105", "dos y medio": "2.5", "uno coma cinco": "1.5", "una docena": "12",
        "mil doscientos treinta y cinco": "1235", "dos mil": "2000", "veintitres": "23", "1.250,5": "1250.5",
        "dos millones quinientos mil": "2500000", "menos cinco": "-5", "2.5": "2.5",
    },
    Declaration("digits", length=(3, 4)): {
        "doble cero siete": "007", "veintitrés cuarenta y siete": "2347", "mil dos": "1002",
    },
    Declaration("money", currency="EUR"): {
        "cuarenta y dos euros con cincuenta": "42.50", "cuarenta y dos con cincuenta": "42.50",
        "cincuenta céntimos": "0.50", "mil euros": "1000.00", "42,50": "42.50", "un euro": "1.00",
        "dos euros y medio": "2.50", "un millón de euros": "1000000.00", "nueve noventa y nueve": "9.99",
    },
    Declaration("date"): {
        "el veintitrés de noviembre": "2026-11-23", "23 de noviembre de 2027": "2027-11-23",
        "el lunes": "2026-11-23", "mañana": "2026-11-19", "manana": "2026-11-19",
        "pasado mañana": "2026-11-20", "en tres días": "2026-11-21", "dentro de una semana": "2026-11-25",
        "el próximo viernes": "2026-11-20", "el viernes que viene": "2026-11-20",
        "el lunes de la semana que viene": "2026-11-23", "el primero de mayo": "2027-05-01",
        "el día veinte": "2026-11-20", "3/4/2027": "2027-04-03", "el lunes pasado": "2026-11-16",
    },
    Declaration("time"): {
        "las nueve y media": "09:30", "las diez menos cuarto": "09:45", "la una": "13:00",
        "a las nueve treinta de la mañana": "09:30", "las veintiuna horas": "21:00", "mediodía": "12:00",
        "las cuatro y veinte": "16:20", "las doce de la mañana": "12:00", "las doce de la noche": "00:00",
        "las nueve de la noche": "21:00", "un cuarto para las diez": "09:45", "21:30": "21:30",
    },
    Declaration("phone", country="ES"): {
        "nueve uno dos treinta y cuatro cincuenta y seis setenta y ocho": "+34912345678",
        "más tres cuatro nueve uno dos tres cuatro cinco seis siete ocho": "+34912345678",
    },
    Declaration("letters"): {
        "a be ce": "ABC", "be de barcelona": "B", "doble ele": "LL", "uve doble equis uno dos": "WX12",
        "i griega eñe": "YÑ", "ce de e": "CDE",
    },
    Declaration("yes_no"): {
        "sí": "yes", "si": "yes", "claro que sí": "yes", "sí claro": "yes", "no gracias": "no",
        "creo que no": "no",
    },
}  # fmt: skip


def _cases(table: dict[Declaration, dict[str, str]], language: Language) -> list[object]:
    return [
        pytest.param(declaration, language, text, value, id=f"{declaration.type}: {text}")
        for declaration, said in table.items()
        for text, value in said.items()
    ]


@pytest.mark.parametrize(
    ("declaration", "language", "text", "value"),
    [*_cases(ENGLISH_SAID, ENGLISH), *_cases(SPANISH_SAID, SPANISH)],
)
def test_what_callers_say_is_read(
    declaration: Declaration, language: Language, text: str, value: str
) -> None:
    assert whole(slot(declaration, language), text)[:1] == [value]


@pytest.mark.parametrize("name", TYPES)
@pytest.mark.parametrize("text", ["", "hello", "please", "the", "of", "and", "double", "next", "to", "%&"])
def test_other_words_say_nothing(name: str, text: str) -> None:
    if (name, text) == ("yes_no", "please"):
        text = "pleased"
    made = english(type=name, values=SIZES, country="US")
    assert whole(made, text) == ([text] if name == "text" and normalise(text) else [])


def test_both_halves_of_the_day_are_read_where_neither_is_named() -> None:
    assert whole(english(type="time"), "half past nine") == ["09:30", "21:30"]
    assert whole(english(type="time", minimum="12:00", maximum="22:00"), "half past nine") == ["21:30"]
    assert whole(english(type="time", minimum="22:00", maximum="06:00"), "half past two") == ["02:30"]


def test_next_friday_may_be_the_coming_one() -> None:
    assert whole(english(type="date"), "next friday") == ["2026-11-27", "2026-11-20"]
    assert whole(english(type="date", maximum="2026-11-22"), "next friday") == ["2026-11-20"]


def test_a_day_without_its_year_is_the_last_one_where_only_the_past_fits() -> None:
    born = english(type="date", minimum="1900-01-01", maximum="2026-11-18")
    assert whole(born, "the third of november") == ["2026-11-03"]
    assert whole(born, "the twentieth") == ["2026-10-20"]


def test_days_that_are_in_no_calendar_are_none() -> None:
    for text in (
        "february thirtieth",
        "the thirty second",
        "2026-02-30",
        "november thirty first",
        "13/13/2026",
    ):
        assert whole(english(type="date"), text) == []


def test_limits_hold_for_what_is_read_and_not_for_read_any() -> None:
    few = english(type="number", minimum="1", maximum="10")
    assert whole(few, "eleven") == []
    assert few.read_any(["eleven"], 0, NOW) == [(1, "11")]
    pin = english(type="digits", length=(4, 4))
    assert pin.read(["one", "two", "three"], 0, NOW) == []
    assert pin.read_any(["one", "two", "three"], 0, NOW)[0] == (3, "123")
    price = english(type="money", maximum="9.99")
    assert whole(price, "nine ninety nine") == ["9.99"]


def test_readings_begin_at_their_token_and_are_longest_first() -> None:
    tokens = ["my", "code", "is", "one", "two", "three", "four", "please"]
    assert english(type="digits", length=(2, 4)).read(tokens, 3, NOW) == [(7, "1234"), (6, "123"), (5, "12")]
    assert english(type="number").read(["twenty", "three"], 0, NOW) == [(2, "23"), (1, "20")]
    assert english(type="digits").read(["i", "want", "to", "one", "two"], 2, NOW) == []


def test_only_the_declared_currency_is_understood() -> None:
    assert whole(english(type="money", currency="EUR"), "five dollars") == []
    assert whole(english(type="money"), "five dollars") == ["5.00"]
    assert whole(english(type="money", currency="XTS"), "five dollars") == ["5.00"]


def test_the_beginning_of_a_phone_number_is_no_number() -> None:
    assert whole(english(type="phone", country="GB"), "oh two oh seven nine four six") == []


def test_values_of_a_list_are_said_in_their_forms() -> None:
    sizes = english(type="list", values=SIZES)
    assert whole(sizes, "the big one") == []
    assert whole(sizes, "big one") == ["large"]
    assert whole(sizes, "Extra large!") == ["extra_large"]
    assert sizes.phrases == ("small", "little one", "large", "big one", "extra large")


def test_text_is_every_length_longest_first() -> None:
    assert english(type="text").read(["a", "b", "c"], 1, NOW) == [(3, "b c"), (2, "b")]


@pytest.mark.parametrize(
    ("declaration", "keys", "value"),
    [
        (Declaration("digits", length=(4, 4)), "0077", "0077"),
        (Declaration("digits", length=(4, 4)), "007", None),
        (Declaration("number", maximum="50"), "012", "12"),
        (Declaration("number", maximum="50"), "51", None),
        (Declaration("money"), "4250", "42.50"),
        (Declaration("money"), "5", "0.05"),
        (Declaration("date"), "2311", "2026-11-23"),
        (Declaration("date"), "0311", "2027-11-03"),
        (Declaration("date"), "23112029", "2029-11-23"),
        (Declaration("date"), "3002", None),
        (Declaration("date"), "0000", None),
        (Declaration("date"), "231", None),
        (Declaration("date", maximum="2026-11-18"), "0311", "2026-11-03"),
        (Declaration("time"), "0930", "09:30"),
        (Declaration("time"), "2460", None),
        (Declaration("time", minimum="09:00", maximum="17:00"), "0330", "15:30"),
        (Declaration("phone", country="GB"), "02079460000", "+442079460000"),
        (Declaration("phone", country="GB"), "00442079460000", "+442079460000"),
        (Declaration("phone", country="GB"), "0207", None),
        (Declaration("yes_no"), "1", "yes"),
        (Declaration("yes_no"), "2", "no"),
        (Declaration("yes_no"), "3", None),
        (Declaration("list", values=SIZES), "3", "extra_large"),
        (Declaration("list", values=SIZES), "4", None),
        (Declaration("list", values=SIZES), "0", None),
        (Declaration("letters"), "22", None),
        (Declaration("text"), "22", None),
    ],
)
def test_keys(declaration: Declaration, keys: str, value: str | None) -> None:
    assert slot(declaration, ENGLISH).keyed(keys, NOW) == value


@pytest.mark.parametrize(
    ("declaration", "value", "written"),
    [
        (Declaration("number"), "1950", "1,950"),
        (Declaration("number"), "-2.5", "-2.5"),
        (Declaration("digits"), "1002", "1 0 0 2"),
        (Declaration("digits"), "1234567", "1 2 3, 4 5 6 7"),
        (Declaration("money", currency="USD"), "1042.50", "$1,042.50"),
        (Declaration("money", currency="CHF"), "1.05", "1 franc and 5 centimes"),
        (Declaration("money", currency="CHF"), "0.01", "1 centime"),
        (Declaration("money"), "42.00", "42"),
        (Declaration("date"), "2026-11-23", "Monday, November 23rd"),
        (Declaration("time"), "09:30", "9:30 A M"),
        (Declaration("time"), "21:00", "9 P M"),
        (Declaration("time"), "12:00", "noon"),
        (Declaration("phone", country="GB"), "+442079460000", "0 2 0, 7 9 4 6, 0 0 0 0"),
        (Declaration("letters"), "AB12", "A, B, 1 2"),
        (Declaration("yes_no"), "yes", "yes"),
        (Declaration("list", values=SIZES), "large", "large"),
        (Declaration("text"), "as it is", "as it is"),
    ],
)
def test_values_are_written_so_that_the_voice_reads_them(
    declaration: Declaration, value: str, written: str
) -> None:
    assert slot(declaration, ENGLISH).spoken(value) == written


@pytest.mark.parametrize(
    ("declaration", "value", "written"),
    [
        (Declaration("number"), "1950.5", "1950,5"),
        (Declaration("money", currency="EUR"), "42.50", "42 euros con 50 céntimos"),
        (Declaration("date"), "2026-11-23", "lunes 23 de noviembre"),
        (Declaration("time"), "21:30", "21:30"),
        (Declaration("time"), "00:00", "medianoche"),
        (Declaration("yes_no"), "yes", "sí"),
    ],
)
def test_values_are_written_in_spanish(declaration: Declaration, value: str, written: str) -> None:
    assert slot(declaration, SPANISH).spoken(value) == written


def test_a_far_date_is_said_with_its_year() -> None:
    assert english(type="date").spoken("1984-03-02", NOW) == "March 2nd, 1984"
    assert english(type="date").spoken("2026-11-23", NOW) == "Monday, November 23rd"
    assert slot(Declaration("date"), SPANISH).spoken("1984-03-02", NOW) == "2 de marzo de 1984"


@pytest.mark.parametrize(
    ("declared", "complaint"),
    [
        ({"type": "colour"}, "expected one of: number"),
        ({"type": "number", "minimum": "few"}, "expected a number"),
        ({"type": "money", "maximum": "much"}, "expected a number"),
        ({"type": "date", "minimum": "2026-02-30"}, "expected a date"),
        ({"type": "time", "maximum": "9:30"}, "expected a time"),
    ],
)
def test_a_wrong_declaration_is_explained(declared: dict[str, str], complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        english(**declared)


@pytest.mark.parametrize("language", [ENGLISH, SPANISH], ids=["english", "spanish"])
@pytest.mark.parametrize("name", TYPES)
def test_a_recogniser_can_be_told_what_to_hear(name: str, language: Language) -> None:
    made = slot(Declaration(name, values=SIZES, country="US"), language)
    assert made.type == name
    assert bool(made.phrases) == (name != "text")
    assert len(made.phrases) == len(set(made.phrases)) < 600
    assert all(phrase == normalise(phrase) for phrase in made.phrases)
