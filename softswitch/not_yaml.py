"""What the YAML parser could not read: where its author went wrong, in his words and not in the parser's."""

import re
from collections.abc import Sequence

import yaml

from softswitch import complaints

Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
NO_BREAK_SPACE = "\u00a0"
NO_COLON = (
    "this line is neither 'key: value' nor '- item'; is a colon missing, or the space behind colon or dash?"
)

_VALUE = re.compile(r"^[\s-]*(?:[^\s:\"'\[{]+:\s+)?(?P<value>[\[{\"'].*[\]}\"'])\s*$")
"""What stands before the place of a complaint, where that is a bracket or a quote and its end."""
_KEY = re.compile(r":\s")
_ENDS = {"[": "]", "{": "}", '"': '"', "'": "'"}


def slip(text: str, error: yaml.MarkedYAMLError) -> tuple[int, int, str]:
    """Line and column from 1, and what is wrong there; not always where the parser noticed it."""
    mark = error.problem_mark or error.context_mark
    line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
    lines = text.splitlines()
    written = lines[line - 1] if line <= len(lines) else ""
    told = f"{error.problem or error.context}"
    if "\t" in written[: _indent(written)] or "'\\t'" in told:
        column = written.find("\t") + 1 or column
        told = "a tab; indent with spaces"
    elif wide := _no_break_space(lines[:line]):
        (line, column), told = wide, "a no-break space; indent with ordinary spaces"
    elif bare := _without_colon(lines, line, error):
        (line, column), told = bare, NO_COLON
    elif quoting := _without_quotes(told, written, column):
        told = quoting
    elif error.context == "expected a single document in the stream":
        told = "a second document begins here; a file holds one, so leave out '---'"
    elif quote := _open_quote(text, line):
        (line, column), told = quote, "this quote is not closed where it should be"
    elif _is_about_indentation(error, told):
        first = _other_indent(lines, line)
        told = (
            f"does not fit with what stands above it from line {first} on; look at the indentation, and at "
        )
        told += "quotes and colons"
    elif error.context_mark and _is_outside(lines, error.context_mark.line + 1, line):
        line, column = error.context_mark.line + 1, error.context_mark.column + 1
        told = f"this bracket is not closed: {told}"
    elif error.context_mark and error.context_mark.line + 1 != line:
        told += f" ({error.context} that begins in line {error.context_mark.line + 1})"
    return line, column, told


def _without_quotes(problem: str, written: str, column: int) -> str:
    """Where a text in the line wants quotes; "" where something else is wrong. `column` is from 1."""
    before, at = written[: column - 1], written[column - 1 :]
    if "cannot start any token" in problem:
        return complaints.begins_with(at[:1])
    if "alias" in problem or "alphabetic or numeric" in problem:
        sign = "*" if "*" in written[: column + 1] else "&"
        return f"a text or key that begins with '{sign}' needs quotes around it"
    if "mapping values are not allowed" in problem and _KEY.search(before):
        return f"a text with ': ' in it needs quotes around it{complaints.curly(written)}"
    if "block sequence entries are not allowed" in problem:
        return "'- ' begins an item of a list, in a line of its own; a text that begins so needs quotes"
    around = _VALUE.match(before)
    if around and at.strip() and _ENDS[around["value"][0]] == around["value"][-1]:
        closing = "bracket" if around["value"][-1] in "]}" else "quote"
        return f"there is more after the closing {closing}; put quotes around the whole text"
    return ""


def _no_break_space(lines: Sequence[str]) -> tuple[int, int] | None:
    """Where one stands in front of a line's text: web pages and word processors bring them along."""
    for number, written in enumerate(lines, 1):
        if NO_BREAK_SPACE in written[: _indent(written)]:
            return number, written.index(NO_BREAK_SPACE) + 1
    return None


def _without_colon(lines: Sequence[str], line: int, error: yaml.MarkedYAMLError) -> tuple[int, int] | None:
    """A line that should be 'key: value' and has no colon, or one without a space behind it."""
    if "could not find expected ':'" in str(error.problem) and error.context_mark:
        return error.context_mark.line + 1, error.context_mark.column + 1
    if line < 2 or line > len(lines) or "mapping values are not allowed" not in str(error.problem):
        return None
    above, indent = lines[line - 2], _indent(lines[line - 2])
    if indent > _indent(lines[line - 1]) or re.search(r":(\s|$)", above):
        return None
    if not above.strip() or above.lstrip().startswith(("#", "- ")):
        return None
    parent = next((each for each in lines[line - 2 :: -1] if _indent(each) < indent), ":")
    return (line - 1, indent + 1) if parent.rstrip().endswith(":") else None


def _is_about_indentation(error: yaml.MarkedYAMLError, told: str) -> bool:
    return (
        "<document start>" in told
        or "mapping values are not allowed" in told
        or bool(error.context_mark and "block" in str(error.context))
    )


def _open_quote(text: str, line: int) -> tuple[int, int] | None:
    """Where a quoted text begins that ends in that line and began in an earlier one, or never ends."""
    found = None
    try:
        for token in yaml.scan(text, Loader=Loader):
            quoted = isinstance(token, yaml.ScalarToken) and token.style in ("'", '"')
            start, end = token.start_mark, token.end_mark
            if quoted and start.line < end.line == line - 1:
                found = (start.line + 1, start.column + 1)
    except yaml.MarkedYAMLError as error:
        if error.context_mark and "quoted scalar" in str(error.context):
            return error.context_mark.line + 1, error.context_mark.column + 1
    return found


def _is_outside(lines: list[str], begun: int, line: int) -> bool:
    """Whether a line is indented no more than an earlier one in which something begins."""
    return line > len(lines) or (begun < line and _indent(lines[line - 1]) <= _indent(lines[begun - 1]))


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())


def _other_indent(lines: list[str], line: int) -> int:
    """The first of the lines above that are indented more than this one, and stand beside it otherwise."""
    indent = _indent(lines[line - 1]) if line <= len(lines) else 0
    first, least = max(1, line - 1), 1_000
    for number in range(line - 1, 0, -1):
        written = lines[number - 1].split("#")[0].rstrip()
        if not written:
            continue
        here = _indent(written)
        if here <= indent:
            break
        if here <= least:
            first, least = number, here
    return first
