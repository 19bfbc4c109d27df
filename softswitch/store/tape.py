"""One call's recording as its session writes it: frames are handed over a second at a time."""

from collections.abc import Callable
from dataclasses import dataclass, field

FRAME_S = 0.02
BLOCK = 50
"""Frames that are handed over at once."""


@dataclass(eq=False, slots=True)
class FileTape:
    """Implements ports.Tape; on the loop."""

    call_id: str
    file: str
    put: "Callable[[Job], bool]"
    over: bool = False
    _caller: list[bytes] = field(default_factory=list)
    _node: list[bytes] = field(default_factory=list)

    def write(self, caller: bytes, node: bytes) -> None:
        if self.over:
            return
        self._caller.append(caller)
        self._node.append(node)
        if len(self._caller) >= BLOCK:
            self._hand_over()

    def forget(self, frames: int) -> None:
        self._hand_over()
        if not self.over:
            self.put(Job(self, forget=frames))

    def close(self) -> None:
        self._hand_over()
        self._end("")

    def _hand_over(self) -> None:
        if self.over or not self._caller:
            return
        if not self.put(Job(self, caller=tuple(self._caller), node=tuple(self._node))):
            self._end("cut: the disk is too slow")
        self._caller.clear()
        self._node.clear()

    def _end(self, note: str) -> None:
        if not self.over:
            self.over = True
            self.put(Job(self, end=True, note=note))


@dataclass(frozen=True, slots=True)
class Job:
    """Something for the thread: to begin, audio, silence over the last frames, or the end."""

    tape: FileTape
    begin: bool = False
    caller: tuple[bytes, ...] = ()
    node: tuple[bytes, ...] = ()
    forget: int = 0
    end: bool = False
    note: str = ""
