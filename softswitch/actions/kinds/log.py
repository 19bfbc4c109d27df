"""What a line in the log takes."""

from typing import Literal

from pydantic import Field

from softswitch.actions.settings import Integration


class Log(Integration):
    """A line in the node's log, and nothing else: to try things out."""

    kind: Literal["log"] = Field(description="This kind.")
