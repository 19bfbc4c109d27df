"""The node's calls as actions make them: implements registry.Phone with the dialer."""

from softswitch.app.dialing.dialer import Dialer, NotNow


class NodePhone:
    """What is made before the node's dialer is opened later; until then nothing can be dialled."""

    def __init__(self, database_url: str) -> None:
        self.database_url = database_url
        self._dialer: Dialer | None = None

    def open(self, dialer: Dialer) -> None:
        self._dialer = dialer

    @property
    def dialer(self) -> Dialer:
        if self._dialer is None:
            raise NotNow("the node starts, and makes no calls yet: dial again in a moment")
        return self._dialer
