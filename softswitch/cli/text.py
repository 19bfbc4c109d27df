"""What commands print alike: times, and text that came from outside."""

import time


def date(at: float) -> str:
    """Unix seconds as 2026-11-22 14:14:40, local time."""
    return time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(at))


def clock(at: float) -> str:
    """The same without the day."""
    return time.strftime("%H:%M:%S", time.localtime(at))


def line(text: str) -> str:
    """What callers and other sides said, without what would move the cursor or colour the terminal."""
    return "".join(letter if letter.isprintable() else "?" for letter in text)
