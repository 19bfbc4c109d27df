"""Kinds of short values that an author writes: names, keys, durations, codes, yes and no."""

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field

from softswitch.values import seconds, shaped, sip_uri

LANGUAGE = r"[a-z]{2,3}"
NAME = r"[a-z][a-z0-9_]*"
KEY = r"[0-9*#A-D]"
COUNTRY = r"([A-Z]{2})?"
CURRENCY = r"([A-Z]{3})?"
AUDIO_FILE = r"[A-Za-z0-9_-]+\.wav"


def _seen(pattern: str) -> Any:
    """What editors hold the text to."""
    return Field(json_schema_extra={"pattern": f"^{pattern}$"})


def _yes(value: object) -> object:
    if str(value).lower() in ("yes", "true"):
        return True
    raise ValueError("expected yes; where it shall not be so, leave the key out")


def _yes_or_no(value: object) -> object:
    known = {"yes": True, "true": True, "no": False, "false": False}
    if str(value).lower() in known:
        return known[str(value).lower()]
    raise ValueError("expected yes or no")


def _destination(text: str) -> str:
    if text != "human" and not text.startswith(("sip:", "sips:")):
        raise ValueError("expected human, or a SIP URI such as sip:desk@192.0.2.10")
    return text if text == "human" else sip_uri(text)


def _one_or_many(value: object) -> object:
    return (value,) if isinstance(value, str) else value


Name = Annotated[
    str,
    shaped(NAME, "a name of small letters (a to z), digits and _, for instance opening_hours"),
    _seen(NAME),
]
Key = Annotated[str, shaped(KEY, "one telephone key: 0-9, '*', '#' or A-D"), _seen(KEY)]
Keys = Annotated[str, shaped(f"{KEY}+", "telephone keys, such as 1002#"), _seen(f"{KEY}+")]
Country = Annotated[str, shaped(COUNTRY, "the code of a country, such as GB"), _seen(COUNTRY)]
Currency = Annotated[str, shaped(CURRENCY, "the code of a currency, such as GBP"), _seen(CURRENCY)]
Yes = Annotated[bool, BeforeValidator(_yes, json_schema_input_type=Literal["yes", "true"])]
YesNo = Annotated[
    bool, BeforeValidator(_yes_or_no, json_schema_input_type=Literal["yes", "true", "no", "false"])
]
Language = Annotated[str, _seen(LANGUAGE)]
"""Which ones there are is for the checks to say."""
Written = Annotated[str, Field(pattern=r"^\s*\d+(\.\d+)?\s*(ms|s|m|h)?\s*$")] | float
Wait = Annotated[float, BeforeValidator(seconds, json_schema_input_type=Written), Field(gt=0, le=120)]
Expression = Annotated[str, Field(min_length=1, max_length=500)]
Destination = Annotated[str, AfterValidator(_destination)]
OneOrMany = BeforeValidator(_one_or_many, json_schema_input_type=str | list[str])
