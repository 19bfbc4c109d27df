"""The model of the file of actions. docs/reference/actions.md comes from here, and from the kinds."""

import re
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field

from softswitch.actions.jobs import Job
from softswitch.actions.kinds.calendar import Calendar
from softswitch.actions.kinds.call_back import CallBack
from softswitch.actions.kinds.email import Email
from softswitch.actions.kinds.http import Http
from softswitch.actions.kinds.log import Log
from softswitch.actions.kinds.mqtt import Mqtt
from softswitch.actions.kinds.script import Script
from softswitch.actions.kinds.sql import Sql
from softswitch.actions.lookups import AnyLookup
from softswitch.actions.recipes.expanding import expand
from softswitch.actions.settings import Host, Name, Secret
from softswitch.actions.templates import NAME
from softswitch.values import Section, one_or_many

MOST_ACTIONS = 200


def _action_name(text: str) -> str:
    if not re.fullmatch(rf"({NAME}\.)?{NAME}", text):
        raise ValueError(
            "expected an action of a dialplan, as in place_order, or one plan's, as in shop.place_order"
        )
    return text


ActionName = Annotated[str, AfterValidator(_action_name)]
AnyIntegration = Annotated[
    Http | Email | Sql | Calendar | CallBack | Mqtt | Script | Log,
    Field(discriminator="kind"),
    BeforeValidator(expand),
]


class ActionsFile(Section):
    """What the setting `actions_file` names."""

    hosts: Annotated[tuple[Host, ...], BeforeValidator(one_or_many)] = Field(
        (),
        max_length=1000,
        description="Hosts that may be contacted; an address that is not public must be listed itself.",
    )
    secrets: dict[Name, Secret] = Field({}, description="Secrets by the names that `{secret:NAME}` uses.")
    jobs: dict[Name, Job] = Field(
        {}, max_length=MOST_ACTIONS, description="Actions that are due again and again, by any name."
    )
    lookups: dict[ActionName, AnyLookup] = Field(
        {}, max_length=MOST_ACTIONS, description="How each look-up is answered, by its name in the dialplan."
    )
    actions: dict[ActionName, AnyIntegration] = Field(
        {}, max_length=MOST_ACTIONS, description="How each action is done, by the name in the dialplan."
    )
