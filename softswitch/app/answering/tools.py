"""What a model may ask for while it thinks: look-ups, and actions that the plan's steps promise.

Only those that its author lists. A model promises nothing itself: it says what the caller wants.
"""

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

    def __init__(self, plan: Plan, lookups: Sequence[str], actions: Sequence[str], find: Find | None) -> None:
        self._plan, self._find, self._actions = plan, find, frozenset(actions)
        declared = plan.settings.actions
        self._arguments = {
            name: [argument for argument in declared[name].arguments if argument not in plan.sensitive]
            for name in (*lookups, *actions)
        }

    @property
    def described(self) -> Sequence[Mapping[str, Any]]:
        return [self._describe(name, arguments) for name, arguments in self._arguments.items()]

    def wanted(self, name: str, arguments: Mapping[str, Any]) -> Mapping[str, str] | None:
        return self._checked(name, arguments) if name in self._actions else None

    async def call(self, name: str, arguments: Mapping[str, Any]) -> Mapping[str, str]:
        given = self._checked(name, arguments)
        assert self._find, "look-ups are not offered without"
        try:
            async with asyncio.timeout(WITHIN_S):
                answer = await self._find(self._plan.name, name, given)
        except TimeoutError:
            answer = None
        if answer is None:
            return {"error": "it cannot be looked up just now"}
        return dict(answer.values) or {"error": "nothing was found"}

    def _checked(self, name: str, arguments: Mapping[str, Any]) -> dict[str, str]:
        if name not in self._arguments:
            raise ValueError(f"there is no tool {name}, only {', '.join(self._arguments)}")
        takes, found = set(self._arguments[name]), set(arguments)
        if found - takes or (takes - found and name not in self._actions):
            raise ValueError(f"{name} takes {', '.join(self._arguments[name]) or 'nothing'}")
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
            "required": [] if name in self._actions else list(arguments),
            "additionalProperties": False,
        }
        what = name.replace("_", " ")
        told = f"The caller wants this: {what}." if name in self._actions else f"Looks up {what}."
        return {"type": "function", "function": {"name": name, "description": told, "parameters": schema}}
