"""A caller's keys: as they are signalled, or, where nothing carries them, heard as tones in his audio."""

from collections.abc import Iterable

from softswitch.session.inband import InbandKeys


class Keys:
    def __init__(self, clock_rate: int) -> None:
        self._clock_rate = clock_rate
        self._tones: InbandKeys | None = None

    def confirmed(self, telephone_event: bool) -> None:
        """The call is up: with RFC 4733's events for keys, or without."""
        self._tones = None if telephone_event else InbandKeys(self._clock_rate)

    def heard(self, frame: bytes) -> Iterable[str]:
        """Those whose tones were recognised in this frame."""
        return self._tones.feed(frame) if self._tones else ()

    def is_new(self, signalled: str) -> bool:
        """Whether this key was not heard before it was signalled. Whoever signals his keys need not be
        listened to for their tones.
        """
        tones, self._tones = self._tones, None
        return tones is None or not tones.heard(signalled)
