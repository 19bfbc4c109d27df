"""What of a call goes onto its tape, and when: after what is said before, and never a secret.

A tape holds both sides frame by frame, at the times at which they were heard. What may not be kept is
silence on it, so that the rest stays at its time; while a recording is stopped no time passes on it.
"""

from collections import deque
from collections.abc import Callable, Sequence

from softswitch.events import Action, CallInfo, Listen, Record, Say
from softswitch.ports import Line, Tape

AFTER_SECRET = 50
"""Frames of the caller that stay silence after a secret was taken: the last key may still sound."""


class Taping:
    """`open_tape` gives None where nothing can be recorded; the call goes on all the same."""

    def __init__(self, line: Line, open_tape: Callable[[CallInfo], Tape | None]) -> None:
        self._line = line
        self._open_tape = open_tape
        self._tape: Tape | None = None
        self._due: deque[tuple[int, Record]] = deque()
        self._paused = False
        self._secret = False
        self._hushed = 0  # frames that the caller's side stays silent
        self._frames = 0  # on the tape since the answer began
        self._kept = False  # whether any of those is not silence

    @property
    def idle(self) -> bool:
        """Whether `tick` has nothing to do."""
        return self._tape is None and not self._due

    @property
    def waits(self) -> bool:
        """Whether the caller is being told that he will be recorded: he cannot answer before he knows."""
        return any(record.what == "start" for _, record in self._due)

    def answer(self, actions: Sequence[Action]) -> None:
        """A new answer begins. What the last one did not come to is done now, but to start: who was not told
        is not recorded.
        """
        for _, record in self._due:
            if record.what != "start":
                self._do(record)
        self._due.clear()
        was_secret = self._secret
        self._secret = any(isinstance(action, Listen) and action.sensitive for action in actions)
        self._hushed = AFTER_SECRET if was_secret else self._hushed
        self._frames, self._kept = 0, False
        said = 0
        for action in actions:
            if isinstance(action, Say):
                said += 1
            elif isinstance(action, Record) and action.what == "pause":
                self._do(action)
            elif isinstance(action, Record):
                self._due.append((said, action))

    def forget(self) -> None:
        """The caller's last words were a secret that nobody had asked for: silence instead of them."""
        if self._tape and self._kept:
            self._tape.forget(self._frames)

    def tick(self, frames: Sequence[bytes], said: int) -> None:
        """The frames just read from the line, and how many texts of the answer were heard to their end."""
        was_off = self._tape is None
        while self._due and self._due[0][0] <= said:
            self._do(self._due.popleft()[1])
        if self._tape is None or was_off:  # what was just read is of the time before
            return
        silent = self._paused or self._secret
        self._kept = self._kept or not silent
        for caller, node in zip(frames, self._line.heard(), strict=False):
            self._tape.write(b"" if silent or self._hushed else caller, b"" if silent else node)
            self._hushed = max(0, self._hushed - 1)
            self._frames += 1

    def close(self) -> None:
        if self._tape:
            self._tape.close()
        self._tape = None

    def _do(self, record: Record) -> None:
        match record.what:
            case "start" if self._tape is None:
                self._tape = self._open_tape(self._line.info)
            case "stop":
                self._paused = False
                self.close()
            case "pause" | "resume" as what:
                self._paused = what == "pause"
