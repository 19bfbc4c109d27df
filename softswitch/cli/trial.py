"""A trial call: a real one over loopback, to the node that runs or to one started for the purpose."""

import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from softswitch.cli import call_audio
from softswitch.config import Config
from softswitch.dialplan import loader
from softswitch.dialplan.conversation import Conversation
from softswitch.errors import SoftswitchError
from softswitch.events import Listen
from softswitch.gateway.caller.engine import Caller, CallerSettings, address_towards
from softswitch.gateway.caller.script import CallReport, CallScript

START_LIMIT_S = 60


def trial_call(config: Config, running: bool) -> str:
    """Hear the greeting, say something that the dialplan knows, hear the answer."""
    if running:
        return _judge(_call(config.sip.uri, config), "the running node")
    with _node(config) as uri:
        return _judge(_call(uri, config), "a node of its own")


def _call(uri: str, config: Config) -> CallReport:
    steps = call_audio.steps([("say", phrase) for phrase in _phrases(config)], "embedded")
    with Caller(CallerSettings(address_towards(uri))) as caller:
        return caller.run([CallScript(uri, steps)])[0]


def _phrases(config: Config) -> list[str]:
    """Something that the first dialplan's first question understands; nothing where it takes anything."""
    plan = loader.load(loader.resolve(config.dialplan[0]), config.human)
    asked = [action for action in Conversation(plan).start() if isinstance(action, Listen)]
    longest = max(asked[0].grammar or (), key=len, default="") if asked else ""
    return [longest] if longest else []


def _judge(report: CallReport, where: str) -> str:
    if report.problem:
        raise SoftswitchError(f"{where} was called: {report.problem}")
    greeting = (
        f"greeting after {report.greeting_ms:.0f} ms" if report.greeting_ms is not None else "no greeting"
    )
    answers = [
        f"answer after {turn.response_ms:.0f} ms" for turn in report.turns if turn.response_ms is not None
    ]
    return ", ".join([f"to {where}: {greeting}", *answers, report.codec])


@contextmanager
def _node(config: Config) -> Iterator[str]:
    """A node with this configuration, but on free ports of loopback and in a folder of its own."""
    port = _free_port()
    with tempfile.TemporaryDirectory(prefix="softswitch-doctor-") as folder:
        (Path(folder) / config.models_dir.name).symlink_to(config.models_dir)
        own = config.model_copy(
            update={
                "data_dir": Path(folder),
                "sip": config.sip.model_copy(
                    update={"address": "127.0.0.1", "port": port, "public_address": ""}
                ),
                "database": config.database.model_copy(update={"url": ""}),
                "metrics": config.metrics.model_copy(update={"port": 0}),
            }
        )
        settings = Path(folder) / "softswitch.json"  # JSON is YAML
        settings.write_text(own.model_dump_json(exclude_defaults=True))
        command = [sys.executable, "-m", "softswitch", "--config", str(settings), "serve"]
        node = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        try:
            _await_announcement(node)
            yield own.sip.uri
        finally:
            node.terminate()
            node.communicate(timeout=START_LIMIT_S)


def _await_announcement(node: "subprocess.Popen[str]") -> None:
    assert node.stdout and node.stderr
    for line in node.stdout:
        if line.startswith("softswitch answers"):
            return
    reason = node.stderr.read().strip().splitlines()
    raise SoftswitchError(f"a node could not be started: {reason[0] if reason else 'no reason given'}")


def _free_port() -> int:
    """A port that is free for UDP and TCP right now."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as tcp:
        tcp.bind(("127.0.0.1", 0))
        return int(tcp.getsockname()[1])
