"""Kind `mqtt`: a message to the node's broker, done when the broker has acknowledged it (QoS 1)."""

import json
import re

from softswitch.actions.action import Action, Done, Later, Refused, Result
from softswitch.actions.kinds.mqtt import Mqtt as Settings
from softswitch.actions.templates import fill_json, values_of
from softswitch.app.acting.registry import Means
from softswitch.errors import SoftswitchError

MOST_TOPIC = 1024


class Mqtt:
    def __init__(self, means: Means) -> None:
        self._publish = means.publish
        self._secrets = means.integrations.secrets

    async def run(self, action: Action, settings: Settings) -> Result:
        if self._publish is None:
            return Later("there is no broker: set mqtt.url")
        values = values_of(action)
        topic = settings.topic.fill(values, {}, _level)
        if len(topic.encode()) > MOST_TOPIC:
            return Refused(f"its topic is longer than {MOST_TOPIC} bytes")
        if settings.json_ is None:
            payload = {**_known(action), "arguments": dict(action.arguments)}
        else:
            payload = fill_json(settings.json_, values, self._secrets)
        try:
            await self._publish(topic, json.dumps(payload).encode())
        except SoftswitchError as error:
            return Later(str(error))
        return Done()

    async def close(self) -> None:
        pass


def _known(action: Action) -> dict[str, str]:
    return {
        "action": action.name,
        "plan": action.plan,
        "call_id": action.call_id,
        "idempotency_key": action.idempotency_key,
    }


def _level(value: str) -> str:
    """One level of a topic: what a caller said makes neither a level of its own nor a wildcard."""
    return re.sub(r"[/+#\0]", "_", value)
