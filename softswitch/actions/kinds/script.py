"""What a program of the operator's takes."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, field_validator

from softswitch.actions.settings import Integration
from softswitch.values import one_or_many


class Script(Integration):
    """A program of the operator's. It gets the action as JSON on stdin, and may answer in JSON on stdout."""

    kind: Literal["script"] = Field(description="This kind.")
    command: Annotated[tuple[str, ...], BeforeValidator(one_or_many)] = Field(
        min_length=1, description="Absolute path of the program, and arguments; no shell sees them."
    )

    @field_validator("command")
    @classmethod
    def _is_absolute(cls, command: tuple[str, ...]) -> tuple[str, ...]:
        if not Path(command[0]).is_absolute():
            raise ValueError("expected the absolute path of a program, as in /opt/shop/bin/place-order")
        return command
