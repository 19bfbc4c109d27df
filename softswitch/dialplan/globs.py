"""Names with `*` in them, which stands for anything."""


def matches(pattern: str, text: str) -> bool:
    """Whether the whole text fits, capitals or not. Linear in both, because callers choose the text."""
    first, *rest = pattern.casefold().split("*")
    text = text.casefold()
    if not rest:
        return text == first
    last = rest.pop()
    if len(text) < len(first) + len(last) or not (text.startswith(first) and text.endswith(last)):
        return False
    at, end = len(first), len(text) - len(last)
    for piece in rest:
        found = text.find(piece, at, end)
        if found < 0:
            return False
        at = found + len(piece)
    return True
