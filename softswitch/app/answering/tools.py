"""What a model may look up while it thinks: the look-ups of the plan that its author lists, and no others."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from softswitch.app.acting.caching import Answer
from softswitch.dialplan.plan import Plan

WITHIN_S = 3.0


class Find(Protocol):
    """See app.acting.lookups.Lookups.find."""

    async def __call__(self, plan: str, name: str, arguments: Mapping[str, str]) -> Answer | None: ...


class PlanTools:
    """Implements answer.thinking.Tools. Arguments must fit the variables that they are named for."""

    def __init__(self, plan: Plan, find: Find) -> None:
        self._plan, self._find = plan, find
        assert plan.settings.answers
        actions = plan.settings.actions
        self._arguments = {
            name: [argument for argument in actions[name].arguments if argument not in plan.sensitive]
            for name in plan.settings.answers.tools
        }

    @property
    def described(self) -> Sequence[Mapping[str, Any]]:
        return [self._describe(name, arguments) for name, arguments in self._arguments.items()]

    async def call(self, name: str, arguments: Mapping[str, Any]) -> Mapping[str, str]:
        if name not in self._arguments:
            raise ValueError(f"there is no tool {name}, only {', '.join(self._arguments)}")
        given = self._checked(name, arguments)
        try:
            async with asyncio.timeout(WITHIN_S):
                answer = await self._find(self._plan.name, name, given)
        except TimeoutError:
            answer = None
        if answer is None:
            return {"error": "it cannot be looked up just now"}
        return dict(answer.values) or {"error": "nothing was found"}

    def _checked(self, name: str, arguments: Mapping[str, Any]) -> dict[str, str]:
        wanted = self._arguments[name]
        if set(arguments) != set(wanted):
            raise ValueError(f"{name} takes {', '.join(wanted) or 'nothing'}")
        given = {argument: str(value).strip() for argument, value in arguments.items()}
        slots = self._plan.slots[self._plan.languages[0]]
        for argument, value in given.items():
            if argument in slots and not slots[argument].fits(value):
                raise ValueError(f"{argument} cannot be '{value[:40]}'")
        return given

    def _describe(self, name: str, arguments: Sequence[str]) -> Mapping[str, Any]:
        fields = {argument: {"type": "string"} for argument in arguments}
        schema = {
            "type": "object",
            "properties": fields,
            "required": list(arguments),
            "additionalProperties": False,
        }
        told = f"Looks up {name.replace('_', ' ')}."
        return {"type": "function", "function": {"name": name, "description": told, "parameters": schema}}
