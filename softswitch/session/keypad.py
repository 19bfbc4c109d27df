"""The keys that a caller has pressed and nobody has taken yet: what he types ahead is kept for later."""

from softswitch.events import Listen

MAX_KEYS = 32


class Keypad:
    def __init__(self) -> None:
        self._keys: list[str] = []

    def __bool__(self) -> bool:
        """Whether any wait."""
        return bool(self._keys)

    def press(self, key: str) -> bool:
        """Whether there was room for it."""
        if len(self._keys) >= MAX_KEYS:
            return False
        self._keys.append(key)
        return True

    def take(self, listen: Listen, late: bool) -> str:
        """The digits that this question asks for, once they are complete: enough keys, the terminator, or a
        long pause (`late`); "" until then.
        """
        if listen.dtmf_length == 1 or not self._keys:
            return self._keys.pop(0) if self._keys else ""
        end = self._keys.index(listen.dtmf_terminator) if listen.dtmf_terminator in self._keys else 0
        if not (end or late or len(self._keys) >= listen.dtmf_length):
            return ""
        count = min(end or listen.dtmf_length, listen.dtmf_length)
        digits = "".join(self._keys[:count])
        del self._keys[: count + (end == count)]
        return digits
