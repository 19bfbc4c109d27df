"""How long a session waits for those whom it depends on, in seconds, before it goes on without them."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Patience:
    """For the first sentence of an answer, the ear's last result, and the voice."""

    answer: float = 4.0
    ear: float = 1.2
    voice: float = 2.0
