"""The product's documents as tests see them: fenced blocks, links, headings, tables."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
DOCUMENTS = sorted(
    [ROOT / "README.md", ROOT / "CHANGELOG.md", *ROOT.glob("docs/**/*.md"), *ROOT.glob("softswitch/**/*.md")]
)
FENCE = re.compile(r"^```(?P<info>.*?)\n(?P<body>.*?)^```$", re.M | re.S)


@dataclass(frozen=True)
class Block:
    """A fenced block: its language, what the info string says after it, its text, and where it begins."""

    document: Path
    language: str
    label: str
    text: str
    line: int

    def __str__(self) -> str:
        return f"{self.document.relative_to(ROOT)}:{self.line}"


def blocks(document: Path, *languages: str) -> Iterator[Block]:
    text = document.read_text(encoding="utf-8")
    for found in FENCE.finditer(text):
        language, _, label = found["info"].strip().partition(" ")
        if language in languages:
            line = text.count("\n", 0, found.start()) + 1
            yield Block(document, language, label, found["body"], line)


def every_block(*languages: str) -> list[Block]:
    return [block for document in DOCUMENTS for block in blocks(document, *languages)]


def prose(document: Path) -> str:
    """The text without its fenced blocks."""
    return FENCE.sub("", document.read_text(encoding="utf-8"))


def links(document: Path) -> list[str]:
    """Where the document's links lead, those to other sites left out."""
    targets = re.findall(r"\]\(([^()\s]+)\)", re.sub(r"`[^`\n]*`", "", prose(document)))
    return [target for target in targets if not re.match(r"[a-z]+:", target)]


def anchor(heading: str) -> str:
    """The name that GitHub gives a heading."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-")


def anchors(document: Path) -> set[str]:
    return {anchor(heading) for heading in re.findall(r"^#+ (.+)$", prose(document), re.M)}


def section(document: Path, heading: str) -> str:
    """The text under a heading, up to the next heading of any level."""
    found = re.search(rf"^#+ {re.escape(heading)}\n(.*?)(?=^#+ |\Z)", prose(document), re.M | re.S)
    assert found, f"{document.name} has no section '{heading}'"
    return found[1]


def first_column(text: str) -> list[str]:
    """The first column of the text's tables, without headers and marks."""
    rows = re.findall(r"^\|([^|\n]*)\|.*$", text, re.M)
    cells = [cell.strip().strip("*`") for cell in rows]
    headers = {cells[i - 1] for i, cell in enumerate(cells) if i and set(cell) == {"-"}}
    return [cell for cell in cells if cell not in headers and set(cell) != {"-"}]
