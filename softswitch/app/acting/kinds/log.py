"""Kind `log`: a line in the node's log."""

import structlog

from softswitch.actions.action import Action, Done, Result
from softswitch.actions.kinds.log import Log as Settings
from softswitch.app.acting.registry import Means

log = structlog.get_logger(__name__)


class Log:
    def __init__(self, means: Means) -> None:
        pass

    async def run(self, action: Action, settings: Settings) -> Result:
        """Values of sensitive variables are not among the arguments; they were never written down."""
        key = action.idempotency_key
        log.info("action", action=action.name, arguments=dict(action.arguments), idempotency_key=key)
        return Done()

    async def close(self) -> None:
        pass
