"""Which remembered answers a command means: by dialplan, state and language."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import click

from softswitch.config import Config
from softswitch.store import answers

STATES = ("new", "approved", "forgotten")


@dataclass(frozen=True, slots=True)
class Filter:
    """Which answers are meant; "" for all."""

    plan: str = ""
    state: str | None = None
    language: str = ""

    def __bool__(self) -> bool:
        return bool(self.plan or self.state or self.language)

    def read(self, config: Config, most: int = answers.MOST) -> list[dict[str, Any]]:
        return answers.read(
            config.database_url, self.plan, state=self.state or "", language=self.language, most=most
        )


def filtering(command: Callable[..., None]) -> Callable[..., None]:
    """The options by which answers are chosen."""
    for option in (
        click.option("--language", default="", metavar="CODE", help="Only answers in this language."),
        click.option("--state", type=click.Choice(STATES), help="Only those in this state."),
        click.option("--plan", default="", metavar="NAME", help="Only answers of this dialplan."),
    ):
        command = option(command)
    return command
