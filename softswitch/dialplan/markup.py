"""The markup of prompt texts: `{variable}`, `<pause 500ms>`, `<digits>…</digits>` (one by one),
`<spell>…</spell>`, `<slow>…</slow>` and `<fast>…</fast>`.

A text is cut between sentences into pieces that are wholly fixed or not, so that what is fixed is rendered
when the plan is loaded.
"""

import re
from collections.abc import Iterable

from softswitch.dialplan.fragments import Part
from softswitch.dialplan.pieces import FAST, SLOW, Piece

MAX_PAUSE = 10.0

TOKEN = re.compile(r"\{[^{}]*\}|<[^<>]*>|[{}<>]|[^{}<>]+")
VARIABLE = re.compile(r"\{([a-z][a-z0-9_]*)\}")
PAUSE = re.compile(r"<pause (\d+(?:\.\d+)?)(ms|s)>")
SENTENCE_END = re.compile(r"(?<=[.!?])\s+")
TAGS = {"digits", "spell", "slow", "fast"}
CHANGING = {"slow", "fast"}
"""Tags that change the rate, so that what they hold is said apart."""


def variables(text: str) -> frozenset[str]:
    """The variables that a text says."""
    return frozenset(VARIABLE.findall(text))


def parse(text: str) -> tuple[Piece, ...]:
    """The pieces of a text. Raises ValueError that says which markup is wrong."""
    reader = _Reader()
    for token in TOKEN.findall(text):
        reader.take(token)
    return reader.pieces()


class _Reader:
    """Reads one text, token by token."""

    def __init__(self) -> None:
        self._pieces: list[Piece] = []
        self._parts: list[Part] = []
        self._pause: float | None = None
        self._open: list[str] = []
        self._ended = True  # whether the sentence before is over

    def take(self, token: str) -> None:
        if pause := PAUSE.fullmatch(token):
            self._take_pause(float(pause[1]) / (1000 if pause[2] == "ms" else 1))
        elif token[0] == "<":
            self._take_tag(token)
        elif token[0] == "{":
            if not (name := VARIABLE.fullmatch(token)):
                raise ValueError("'{' and '}' are for variables only, for instance {order_number}")
            self._parts.append(Part(name[1], True, self._how))
        elif token in "}>":
            raise ValueError(f"'{token}' has no opening bracket")
        else:
            self._parts.append(Part(_one_by_one(token, self._how) if self._how else token, False, self._how))

    def _take_pause(self, seconds: float) -> None:
        if seconds > MAX_PAUSE:
            raise ValueError(f"a pause may be at most {MAX_PAUSE:g} s long")
        if self._how:
            raise ValueError(f"<pause> may not stand inside <{self._how}>")
        self._cut()
        self._pause = seconds

    def _take_tag(self, tag: str) -> None:
        name = tag.strip("<>/").strip()
        if name not in TAGS or tag not in (f"<{name}>", f"</{name}>"):
            known = "<pause 500ms>, <digits>, <spell>, <slow> and <fast>"
            raise ValueError(f"{tag} is unknown; known are {known}")
        closes = tag[1] == "/"
        if closes and self._open[-1:] != [name]:
            raise ValueError(f"{tag} closes nothing that is open")
        if not closes and self._open and (name in CHANGING or self._how):
            raise ValueError(f"{tag} may not stand inside <{self._open[-1]}>")
        if name in CHANGING:
            self._cut()
        if closes:
            self._open.pop()
        else:
            self._open.append(name)

    @property
    def _how(self) -> str:
        return self._open[-1] if self._open and self._open[-1] in ("digits", "spell") else ""

    @property
    def _rate(self) -> float:
        return SLOW if "slow" in self._open else FAST if "fast" in self._open else 1.0

    def _cut(self) -> None:
        """What was read so far is said apart from what follows."""
        for parts in _sentences(self._parts):
            if "".join(part.text for part in parts).strip():
                self._add(parts)
        self._parts = []

    def _add(self, parts: list[Part]) -> None:
        pause = self._pause if self._pause is not None else None if self._ended else 0.0
        piece = Piece(_stripped(parts), pause, self._rate)
        before = self._pieces[-1] if self._pieces else None
        if before and before.static and piece.static and pause is None and before.rate == piece.rate:
            joined = Part(f"{before.text} {piece.text}", False, "")
            self._pieces[-1] = Piece((joined,), before.pause, piece.rate)
        else:
            self._pieces.append(piece)
        self._pause = None
        self._ended = not parts[-1].variable and parts[-1].text.rstrip()[-1:] in {".", "!", "?"}

    def pieces(self) -> tuple[Piece, ...]:
        if self._open:
            raise ValueError(f"<{self._open[-1]}> is not closed")
        self._cut()
        if self._pause is not None:
            raise ValueError("nothing follows the <pause>")
        parts = (part for piece in self._pieces for part in piece.parts)
        if not any(part.variable or any(map(str.isalnum, part.text)) for part in parts):
            raise ValueError("expected a text to say")
        return tuple(self._pieces)


def _sentences(parts: Iterable[Part]) -> list[list[Part]]:
    """The parts cut where a sentence ends."""
    sentences: list[list[Part]] = [[]]
    for part in parts:
        if part.variable or part.how:
            sentences[-1].append(part)
            continue
        first, *others = SENTENCE_END.split(part.text)
        sentences[-1].append(Part(first, False, ""))
        sentences += [[Part(text, False, "")] for text in others]
    return sentences


def _stripped(parts: list[Part]) -> tuple[Part, ...]:
    """Fixed neighbours as one part, with single spaces, none at the ends."""
    joined: list[Part] = []
    for part in parts:
        if joined and not part.variable and not joined[-1].variable:
            joined[-1] = Part(joined[-1].text + part.text, False, "")
        else:
            joined.append(part if part.variable else Part(part.text, False, ""))
    last = len(joined) - 1
    for at, part in enumerate(joined):
        if not part.variable:
            text = re.sub(r"\s+", " ", part.text)
            text = text.lstrip() if at == 0 else text
            joined[at] = Part(text.rstrip() if at == last else text, False, "")
    return tuple(part for part in joined if part.text)


def _one_by_one(text: str, how: str) -> str:
    """ "1002" as "1 0 0 2", "AB12" as "A, B, 1, 2"."""
    return one_by_one("".join(text.split()), how)


def one_by_one(value: str, how: str) -> str:
    """A value digit by digit ("digits") or letter by letter ("spell")."""
    return " ".join(value) if how == "digits" else ", ".join(value.upper())
