"""Numbers, digits, money, dates, times and addresses as English words. normalize.py says what is which."""

import calendar
import re

from num2words import num2words

DIGITS = {str(digit): num2words(digit) for digit in range(10)}
CURRENCIES = {  # symbol or code: one, many, one hundredth, many hundredths
    "$": ("dollar", "dollars", "cent", "cents"),
    "€": ("euro", "euros", "cent", "cents"),
    "£": ("pound", "pounds", "penny", "pence"),
}
CODES = {"USD": "$", "EUR": "€", "GBP": "£"}
FRACTIONS = {
    "1/2": "one half",
    "1/3": "one third",
    "2/3": "two thirds",
    "1/4": "one quarter",
    "3/4": "three quarters",
}
SYMBOLS_IN_ADDRESSES = {
    ".": "dot",
    "@": "at",
    "-": "dash",
    "_": "underscore",
    "/": "slash",
    "+": "plus",
    ":": "colon",
    "?": "question mark",
    "=": "equals",
    "&": "and",
    "%": "percent",
    "#": "hash",
    "~": "tilde",
}
LONGEST_CARDINAL = 15  # digits; what is longer is read digit by digit


def _plain(words: str) -> str:
    """num2words' "one thousand, two hundred and five" without what a voice would pause at."""
    return words.replace(",", "").replace("-", " ").replace(" and ", " ")


def cardinal(digits: str) -> str:
    """ "1,250" as "one thousand two hundred fifty"."""
    bare = digits.replace(",", "")
    return _plain(num2words(int(bare))) if len(bare) <= LONGEST_CARDINAL else spelled(bare)


def ordinal(digits: str) -> str:
    return _plain(num2words(int(digits), ordinal=True)) if len(digits) <= 6 else spelled(digits)


def spelled(text: str) -> str:
    """Letters and digits one by one: "AB1" as "A B one"."""
    return " ".join(DIGITS.get(character, character.upper()) for character in text if character.isalnum())


def in_groups(digits: str) -> str:
    """Digit by digit, with a pause after each group of three; the last group may hold four or two."""
    groups = [digits[at : at + 3] for at in range(0, len(digits), 3)]
    if len(groups) > 1 and len(groups[-1]) == 1:
        groups[-2:] = [groups[-2] + groups[-1]]
    return ", ".join(spelled(group) for group in groups)


def decimal(number: str) -> str:
    """ "3.14" as "three point one four"; also takes whole numbers and thousands' commas."""
    whole, point, fraction = number.partition(".")
    words = cardinal(whole or "0")
    return f"{words} point {spelled(fraction)}" if point and fraction else words


def year(digits: str) -> str:
    return _plain(num2words(int(digits), to="year"))


def money(symbol: str, amount: str, scale: str = "") -> str:
    """ "$", "42.50" as "forty two dollars and fifty cents"; `scale` is a word such as "million"."""
    one, many, cent, cents = CURRENCIES[symbol]
    if scale:
        return f"{decimal(amount)} {scale} {many}"
    whole, _, fraction = amount.replace(",", "").partition(".")
    if len(fraction) > 2:
        return f"{decimal(amount)} {many}"
    units, hundredths = int(whole or 0), int(fraction.ljust(2, "0"))
    parts = []
    if units or not hundredths:
        parts.append(f"{cardinal(whole or '0')} {one if units == 1 else many}")
    if hundredths:
        parts.append(f"{cardinal(str(hundredths))} {cent if hundredths == 1 else cents}")
    return " and ".join(parts)


def date(month: int, day: int, in_year: str = "", *, day_first: bool = False) -> str | None:
    """A date, or None when the calendar has no such day."""
    if not (1 <= month <= 12 and 1 <= day <= 31):
        return None
    name = calendar.month_name[month]
    words = f"{ordinal(str(day))} of {name}" if day_first else f"{name} {ordinal(str(day))}"
    return f"{words}, {year(in_year)}" if in_year else words


def time(hour: int, minute: int, half: str = "") -> str | None:
    """A time of day, or None. `half` is "A M", "P M" or "" for the 24-hour clock, which is said in halves."""
    if hour > 24 or minute > 59:
        return None
    if not half and minute == 0 and hour in (0, 12, 24):
        return "noon" if hour == 12 else "midnight"
    if not half and (hour > 12 or hour == 0):
        half = "P M" if 12 < hour < 24 else "A M"
    words = cardinal(str((hour - 1) % 12 + 1))
    if minute:
        words += f" oh {cardinal(str(minute))}" if minute < 10 else f" {cardinal(str(minute))}"
    elif not half:
        words += " o'clock"
    return f"{words} {half}".strip()


def address(text: str) -> str:
    """An e-mail address, host name or URL as it is said: "a.b@c.de" as "a dot b at c dot de"."""
    words = []
    for part in re.findall(r"[A-Za-z]+|[0-9]+|.", text):
        if part.isdigit():
            words.append(spelled(part))
        elif part.lower() == "www":
            words.append("W W W")
        else:
            words.append(SYMBOLS_IN_ADDRESSES.get(part, part))
    return " ".join(words)
