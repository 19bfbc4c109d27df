"""Where intents and telephone keys lead."""

from pydantic import Field

from softswitch.dialplan.files.kinds import Key, Name
from softswitch.values import Section


class Choices(Section):
    """Where intents and keys lead: `on` to a step, `digress` into a flow and back; a key means an intent that
    is listened for here, or leads to a step.
    """

    on: dict[Name, Name] = Field({})
    digress: dict[Name, Name] = Field({})
    dtmf: dict[Key, Name] = Field({})
