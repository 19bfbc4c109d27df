"""Written English to speakable English: what the voice would read wrongly is written out in words.

A table of rules, applied in order: each finds a written form and says it. A rule that returns None leaves
what it found to the rules below. The last rules leave no digit behind.
"""

import calendar
import re
import unicodedata
from collections.abc import Callable
from functools import partial

from softswitch.speech import spoken
from softswitch.speech.spoken import CODES, CURRENCIES, cardinal, decimal, in_groups, spelled

Match = re.Match[str]
Rule = tuple[re.Pattern[str], Callable[[Match], str | None]]

NUMBER = r"\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?"
HALF = r"[AaPp]\.?\s?[Mm](?:\b\.?)"
CLOCK = rf"\d{{1,2}}(?::\d\d)?(?:\s?{HALF})?"
MONTHS = {
    name[:length].lower(): number
    for number, name in enumerate(calendar.month_name)
    if name
    for length in (3, 4, len(name))
}
_FULL = "|".join(name for name in calendar.month_name if name)
_SHORT = "|".join(sorted((m.capitalize() for m in MONTHS if m != "may"), key=len, reverse=True))
MONTH = rf"(?:(?:{_FULL})\b|(?:{_SHORT})\b\.?)"
SCALES = {"k": "thousand", "m": "million", "bn": "billion"}

ABBREVIATIONS = {
    "Mr": "Mister", "Mrs": "Missus", "Ms": "Miz", "Dr": "Doctor", "Prof": "Professor", "Jr": "Junior",
    "Sr": "Senior", "e.g": "for example", "i.e": "that is", "approx": "approximately",
    "Approx": "Approximately", "etc": "et cetera",
    "vs": "versus", "Ave": "Avenue", "Rd": "Road", "Blvd": "Boulevard", "Apt": "Apartment", "Ste": "Suite",
    "Dept": "Department", "Inc": "Incorporated", "Ltd": "Limited", "Corp": "Corporation", "Tel": "Telephone",
    "Ext": "Extension", "ext": "extension", "min": "minutes", "max": "maximum", "Mt": "Mount", "Ft": "Fort",
    "Mon": "Monday", "Tue": "Tuesday", "Tues": "Tuesday", "Wed": "Wednesday", "Thu": "Thursday",
    "Thur": "Thursday", "Thurs": "Thursday", "Fri": "Friday", "Sat": "Saturday", "Sun": "Sunday",
    "Jan": "January", "Feb": "February", "Mar": "March", "Apr": "April", "Jun": "June", "Jul": "July",
    "Aug": "August", "Sep": "September", "Sept": "September", "Oct": "October", "Nov": "November",
    "Dec": "December",
}  # fmt: skip
ENDING = frozenset(
    ("etc", "Ave", "Rd", "Blvd", "Inc", "Ltd", "Corp", "Jr", "Sr")
)  # those that often end a sentence

UNITS = {  # one, many
    "km/h": ("kilometer per hour", "kilometers per hour"), "mph": ("mile per hour", "miles per hour"),
    "km": ("kilometer", "kilometers"), "cm": ("centimeter", "centimeters"),
    "mm": ("millimeter", "millimeters"), "m": ("meter", "meters"), "mi": ("mile", "miles"),
    "ft": ("foot", "feet"), "kg": ("kilogram", "kilograms"), "mg": ("milligram", "milligrams"),
    "g": ("gram", "grams"), "lbs": ("pound", "pounds"), "lb": ("pound", "pounds"),
    "oz": ("ounce", "ounces"), "ml": ("milliliter", "milliliters"), "l": ("liter", "liters"),
    "hrs": ("hour", "hours"), "hr": ("hour", "hours"), "h": ("hour", "hours"),
    "mins": ("minute", "minutes"), "min": ("minute", "minutes"), "secs": ("second", "seconds"),
    "sec": ("second", "seconds"), "ms": ("millisecond", "milliseconds"), "s": ("second", "seconds"),
    "kWh": ("kilowatt hour", "kilowatt hours"), "kW": ("kilowatt", "kilowatts"), "W": ("watt", "watts"),
    "V": ("volt", "volts"), "Mbps": ("megabit per second", "megabits per second"),
    "TB": ("terabyte", "terabytes"), "GB": ("gigabyte", "gigabytes"), "MB": ("megabyte", "megabytes"),
    "kB": ("kilobyte", "kilobytes"), "°C": ("degree Celsius", "degrees Celsius"),
    "°F": ("degree Fahrenheit", "degrees Fahrenheit"), "°": ("degree", "degrees"),
    "%": ("percent", "percent"),
}  # fmt: skip
SYMBOLS = {"&": " and ", "@": " at ", "=": " equals ", "+": " plus ", "%": " percent ", "€": " euros ",
           "£": " pounds ", "$": " dollars ", "°": " degrees ", "/": " ", "#": " number "}  # fmt: skip


def normalize(text: str) -> str:
    """`text` as the voice should be given it: no digits, no symbols, no abbreviations, single spaces."""
    # NFKC turns ², ½, full-width digits and hard spaces into plain ones; the unit m² is kept from it.
    text = unicodedata.normalize("NFKC", text.replace("m²", "square meters")).replace("⁄", "/")
    for pattern, say in RULES:
        text = pattern.sub(partial(_said, say), text)
    return re.sub(r"\s+([,.;:!?])", r"\1", re.sub(r"\s+", " ", text)).strip()


def _said(say: Callable[[Match], str | None], match: Match) -> str:
    words = say(match)
    return match[0] if words is None else words


def _half(text: str | None) -> str:
    return f"{text[0].upper()} M" if text else ""


def _sentence_end(match: Match) -> str:
    """The full stop that an abbreviation's own dot also was."""
    return "." if re.match(r"\s*$|\s+[A-Z][a-z]", match.string[match.end() :]) else ""


def _email(match: Match) -> str:
    return spoken.address(match["address"])


def _url(match: Match) -> str:
    shown = match["host"] + (match["path"] or "").rstrip("/")
    tail = re.search(r"[.,;:!?]+$", shown)
    return spoken.address(shown.rstrip(".,;:!?")) + (tail[0] if tail else "")


def _iso_date(match: Match) -> str | None:
    return spoken.date(int(match[2]), int(match[3]), match[1])


def _slash_date(match: Match) -> str | None:
    """Month first, as the voice's country writes it, unless only day first is possible."""
    first, second, in_year = int(match[1]), int(match[2]), match[3] or ""
    if first > 12 and in_year:
        return spoken.date(second, first, in_year, day_first=True)
    return spoken.date(first, second, in_year)


def _dotted_date(match: Match) -> str | None:
    return spoken.date(int(match[2]), int(match[1]), match[3], day_first=True)


def _month_first(match: Match) -> str | None:
    return spoken.date(MONTHS[match["month"].lower().rstrip(".")], int(match["day"]), match["year"] or "")


def _day_first(match: Match) -> str | None:
    month = MONTHS[match["month"].lower().rstrip(".")]
    words = spoken.date(month, int(match["day"]), match["year"] or "", day_first=True)
    return words and f"{match['the'] or 'the '}{words}"


def _clock(match: Match) -> str | None:
    words = spoken.time(int(match["hour"]), int(match["minute"] or 0), _half(match["half"]))
    return words and words + (_sentence_end(match) if match[0].endswith(".") else "")


def _money(match: Match) -> str:
    scale = (match["scale"] or "").strip()
    minus = "minus " if match["minus"] else ""
    return minus + spoken.money(match["symbol"], match["amount"], SCALES.get(scale.lower(), scale))


def _money_after(match: Match) -> str:
    return spoken.money(CODES.get(match["code"], match["code"]), match["amount"])


def _phone(match: Match) -> str | None:
    groups = re.findall(r"\d+", match[0])
    if not 7 <= sum(map(len, groups)) <= 15:
        return None
    if len(groups) == 1:
        number = groups[0]
        groups = [number[0], number[1:4], number[4:7], number[7:]] if number[0] == "1" else [number]
    plus = "plus " if match[0].startswith("+") else ""
    return plus + ", ".join(in_groups(g) if len(g) > 4 else spelled(g) for g in groups if g)


def _reference(match: Match) -> str:
    digits = match["code"]
    words = in_groups(digits) if digits.isdigit() and len(digits) > 4 else spelled(digits)
    return f"{match['what']} {words}"


def _quantity(match: Match) -> str:
    one, many = UNITS[match["unit"]]
    return f"{decimal(match['number'])} {one if match['number'] == '1' else many}"


def _range(match: Match) -> str:
    return f"{match[1]} to {match[2]}"


def _abbreviation(match: Match) -> str:
    end = _sentence_end(match) if match[1] in ENDING else ""
    return ABBREVIATIONS[match[1]] + end


def _saint_or_street(match: Match) -> str:
    before, after = match.string[: match.start()], match.string[match.end() :]
    if re.match(r"\s+[A-Z]", after) and not re.search(r"[A-Z]\w*\s+$", before):
        return "Saint"
    return "Street" + _sentence_end(match)


def _digits(match: Match) -> str:
    number = match[0]
    if len(number) == 4 and "1900" <= number <= "2099":
        return spoken.year(number)
    if len(number) > 4 or (len(number) > 1 and number[0] == "0"):
        return in_groups(number)
    return cardinal(number)


def _rule(pattern: str, say: Callable[[Match], str | None], flags: int = 0) -> Rule:
    return re.compile(pattern, flags), say


_NAMES = "|".join(re.escape(name) for name in sorted(ABBREVIATIONS, key=len, reverse=True))
_UNIT_NAMES = "|".join(re.escape(unit) for unit in sorted(UNITS, key=len, reverse=True))
_SIGNS = "".join(re.escape(sign) for sign in CURRENCIES)
_TLD = r"(?:com|org|net|info|edu|gov|io|de|uk|eu|fr|at|ch|example)"

RULES: tuple[Rule, ...] = (
    _rule(r"(?<![\w.+-])(?:mailto:|sips?:)?(?P<address>[\w.+-]+@[\w-]+(?:\.[\w-]+)*)", _email, re.ASCII),
    _rule(r"\bhttps?://(?P<host>[\w.-]+(?::\d+)?)(?P<path>/[^\s<>\"]*)?", _url, re.ASCII),
    _rule(rf"(?<![\w.-])(?P<host>(?:[\w-]+\.)+{_TLD})\b(?P<path>/[^\s<>\"]*)?", _url, re.ASCII),
    _rule(r"[*_`~|<>{}\[\]\\^]+", lambda _: " "),  # Markdown, which no voice should read
    # Dates, before anything takes their numbers
    _rule(r"\b(\d{4})-(\d\d)-(\d\d)(?=\b|T)", _iso_date),
    _rule(r"\b(\d{1,2})/(\d{1,2})/(\d{4})\b", _slash_date),
    _rule(r"\b(\d{1,2})\.(\d{1,2})\.(\d{4})\b", _dotted_date),
    _rule(
        rf"\b(?P<month>{MONTH})\s+(?P<day>\d{{1,2}})(?:st|nd|rd|th)?\b(?!:)(?:,?\s+(?P<year>[12]\d{{3}})\b)?",
        _month_first,
    ),
    _rule(
        rf"(?P<the>\b[Tt]he\s+)?\b(?P<day>\d{{1,2}})(?:st|nd|rd|th)?\s+(?:of\s+)?(?P<month>{MONTH})"
        r"(?:,?\s+(?P<year>[12]\d{3})\b)?",
        _day_first,
    ),
    _rule(r"\b24/7\b", lambda _: "twenty four seven"),
    _rule(r"\b([123])/([234])\b(?!/)", lambda match: spoken.FRACTIONS.get(match[0])),
    _rule(r"\b(\d{1,2})/(\d{1,2})()\b(?!/)", _slash_date),
    # Times; a range of two says "to"
    _rule(rf"\b({CLOCK})\s?[-–—]\s?(?=\d{{1,2}}(?::\d\d|\s?{HALF}))", lambda match: f"{match[1]} to "),
    _rule(rf"\b(?P<hour>\d{{1,2}}):(?P<minute>\d\d)(?![\d:])(?:\s?(?P<half>{HALF}))?", _clock),
    _rule(rf"\b(?P<hour>\d{{1,2}})(?P<minute>)\s?(?P<half>{HALF})", _clock),
    # Money
    _rule(
        rf"(?P<minus>(?<!\w)[-−])?(?P<symbol>[{_SIGNS}])\s?(?P<amount>{NUMBER})"
        r"(?P<scale>\s?(?:million|billion|thousand)\b|(?:k|bn|[mM])\b)?",
        _money,
    ),
    _rule(rf"\b(?P<amount>{NUMBER})\s?(?P<code>USD\b|EUR\b|GBP\b|[{_SIGNS}])", _money_after),
    # Phone numbers: E.164, grouped, or with a code in brackets
    _rule(r"(?<![\w+])\+\d(?:[ ()./-]{0,2}\d){6,14}\b", _phone),
    _rule(r"(?<!\w)\(\d{2,5}\)\s?\d{2,4}(?:[ -]?\d{2,4}){0,3}\b", _phone),
    _rule(r"(?<![\w.,])(?:1[ -])?\d{3}([ .-])\d{3}\1\d{4}\b|(?<![\w.,])\d{3}-\d{4}\b", _phone),
    _rule(r"(?<![\w.,])0\d{2,4}(?:[ -]\d{3,4}){1,3}\b", _phone),
    # Order numbers and their like, digit by digit
    _rule(r"\b[Nn][Oo]\.\s?(?=\d)|#\s?(?=\d)", lambda _: "number "),
    _rule(
        r"\b(?P<what>(?:(?:order|ticket|invoice|reference|account|customer|booking|reservation|tracking|case|"
        r"confirmation|policy|phone|card|serial|flight)(?:\s+(?:number|code|id))?|number|code|pin|extension|ext\.|"
        r"ending in|ends in)(?:\s+is)?:?)\s+"
        r"(?P<code>(?!\d+(?:st|nd|rd|th)\b)(?=[A-Z-]*\d)[A-Z\d]+(?:-[A-Z\d]+)*(?<=\w{3}))\b(?![.,:]?\d)",
        _reference,
        re.IGNORECASE,
    ),
    _rule(r"(?P<what>)\b(?P<code>(?=[A-Z]+-?\d)[A-Z]{1,4}-?\d{2,}(?:-?[A-Z\d]+)*)\b", _reference),
    # Numbers with something after them
    _rule(r"\b(\d{1,6})(?:st|nd|rd|th)\b", lambda match: spoken.ordinal(match[1])),
    _rule(r"\b\d+(?:\.\d+){2,}\b", lambda match: " dot ".join(map(cardinal, match[0].split(".")))),
    _rule(rf"(?<![\w.])({NUMBER})\s?[-–—]\s?({NUMBER})(?![\w-])", _range),
    _rule(rf"\b(?P<number>{NUMBER})\s?(?P<unit>{_UNIT_NAMES})(?![\w'])", _quantity),
    _rule(r"\b(\d+)\s?[x×]\s?(?=\d)", lambda match: f"{match[1]} by "),
    _rule(r"(?<!\w)[-−](?=\d)", lambda _: "minus "),
    _rule(r"\b\d{1,3}(?:,\d{3})+(?:\.\d+)?\b|\b\d+\.\d+\b", lambda match: decimal(match[0])),
    _rule(r"(?<!\d)(\d+)/(\d+)", lambda match: f"{match[1]} over {match[2]}"),
    # Words
    _rule(r"\bSt\.", _saint_or_street),
    _rule(rf"\b({_NAMES})\.", _abbreviation),
    _rule(r"(?<=\w)/(?=\w)", lambda _: " or "),
    _rule(f"[{re.escape(''.join(SYMBOLS))}]", lambda match: SYMBOLS[match[0]]),
    _rule(r"\d+", lambda match: f" {_digits(match)} "),
)
