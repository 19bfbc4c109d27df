"""How a conversation ends: the call is hung up or transferred, once everything said has been heard."""

from collections.abc import Callable

from softswitch.events import Hangup, Transfer, TransferProgress
from softswitch.ports import Line

END_MARGIN = 10
"""Ticks between the last frame played and a hang-up or transfer: what was said is still on its way."""
TRANSFER_LIMIT = 1500
"""Ticks (30 s) that a transfer may stay without a word."""
REFER_REFUSED = frozenset({403, 405, 408, 420, 481, 489, 501, 603})
"""Statuses by which a far end refuses a REFER, or leaves it unanswered, and says nothing of whom it should
have called. Where it has told of that call before, they are what became of it.
"""


class Ending:
    """`instead` is asked to connect the caller with a URI otherwise where a far end takes no REFER, and says
    whether it tries; `failed` is told the status of a transfer that came to nothing.
    """

    def __init__(
        self, line: Line, instead: Callable[[str, int], bool], failed: Callable[[int], None]
    ) -> None:
        self._line, self._instead, self._failed = line, instead, failed
        self._action: Transfer | Hangup | None = None
        self._since = 0
        self._followed = False  # whether the far end has told of the call that it makes
        self.transferring = False

    def approach(self, action: Transfer | Hangup | None) -> None:
        """What is to happen; None: the conversation goes on."""
        self._action, self._since, self._followed = action, 0, False

    @property
    def is_near(self) -> bool:
        """Whether the conversation is over once all is said."""
        return self._action is not None

    def tick(self) -> None:
        """Every 20 ms in which nothing is said any more."""
        if self._action is None:
            return
        self._since += 1
        if self._since == END_MARGIN:
            if isinstance(self._action, Transfer):
                self.transferring = True
                self._line.transfer(self._action.uri)
            else:
                self._line.hangup(self._action.cause)
        elif self._since > TRANSFER_LIMIT and self.transferring:
            self._fail(408)

    def on_progress(self, progress: TransferProgress) -> None:
        self._followed = self._followed or not progress.final
        if self.transferring and progress.final and progress.status >= 300:
            self._fail(progress.status)

    def _fail(self, status: int) -> None:
        self.transferring = False
        action, self._action = self._action, None
        refused = status in REFER_REFUSED and not self._followed
        if refused and isinstance(action, Transfer) and self._instead(action.uri, status):
            return
        self._failed(status)
