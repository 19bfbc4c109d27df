"""An answer that arrives in pieces, as sentences that can be spoken one after the other. Pure."""

import re
from dataclasses import dataclass

SHORTEST = 12
"""Letters: a shorter sentence ("Yes.", "No.") is spoken together with the next, for its melody."""
LONGEST = 300
"""Letters without an end after which a comma, or at last a space, ends a sentence."""
_END = re.compile(r"[.!?…]+[\"'”’)]*\s+")
_ABBREVIATIONS = re.compile(
    "mr|mrs|ms|dr|prof|st|no|nr|vs|etc|e.g|i.e|approx|dept|tel|ext|sr|sra|dña|uds?|núm|pág|[ap].m|[a-hj-z]"
)


@dataclass(slots=True)
class Sentences:
    """Feed it text as it comes; each call gives the sentences that are whole by then."""

    _text: str = ""

    def feed(self, text: str) -> list[str]:
        self._text += text
        found = []
        while (end := _end(self._text)) is not None:
            found.append(self._text[:end].strip())
            self._text = self._text[end:]
        return [sentence for sentence in found if sentence]

    def finish(self) -> list[str]:
        """What is left when nothing more comes."""
        rest, self._text = self._text.strip(), ""
        return [rest] if rest else []


def sentences_of(text: str) -> list[str]:
    """A text that is whole already, cut as it would be were it to stream in."""
    reader = Sentences()
    return reader.feed(text) + reader.finish()


def _end(text: str) -> int | None:
    """Where the first sentence ends; None while it may go on."""
    for match in _END.finditer(text):
        if match.end() >= SHORTEST and not _goes_on(text, match):
            return match.end()
    if len(text) <= LONGEST:
        return None
    comma = max(text.rfind(", ", SHORTEST, LONGEST), text.rfind("; ", SHORTEST, LONGEST))
    cut = comma + 1 if comma > 0 else text.rfind(" ", SHORTEST, LONGEST)
    return cut if cut > 0 else LONGEST


def _goes_on(text: str, match: re.Match[str]) -> bool:
    """Whether the full stop belongs to an abbreviation or an ordinal: "No. 5", "Dr. Smith"."""
    if not match[0].startswith(".") or match[0].startswith(".."):
        return False
    before = text[: match.start()].rsplit(maxsplit=1)
    word = before[-1].lower().lstrip("(\"'") if before else ""
    return _ABBREVIATIONS.fullmatch(word) is not None
