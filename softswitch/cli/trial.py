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
from softswitch.dialplan.plan import Plan
from softswitch.errors import SoftswitchError
from softswitch.events import Heard, Listen
from softswitch.gateway.caller.engine import Caller, CallerSettings, address_towards
from softswitch.gateway.caller.script import CallReport, CallScript
from softswitch.sections.mqtt import Mqtt

START_LIMIT_S = 60
EXAMPLES = 10
MOST_WORDS = 6
PROMPTS = "prompts"
LOOPBACK = ("127.0.0.0/8",)


def trial_call(config: Config, running: bool) -> str:
    """Hear the greeting, say something that the dialplan knows, hear the answer."""
    if running:
        return _judge(_call(config.sip.uri, config), "the running node")
    with node(config) as own:
        return _judge(_call(own.sip.uri, config), "a node of its own")


def _call(uri: str, config: Config) -> CallReport:
    steps = call_audio.steps([("say", phrase) for phrase in _phrases(config)], "embedded")
    with Caller(CallerSettings(address_towards(uri))) as caller:
        return caller.run([CallScript(uri, steps)])[0]


def _phrases(config: Config) -> list[str]:
    """Something that the first dialplan's first question understands, and that leads to no person and no
    end; nothing where there is none.
    """
    plan = loader.load(loader.resolve(config.dialplan[0]), config.human)
    first = Conversation(plan)
    first.start()
    question = plan.steps[first.step].question
    sentences = plan.sentences[first.language]
    everywhere = {**plan.settings.universal.on, **plan.settings.universal.digress}
    own = [name for name in (question.ways if question else ()) if name not in everywhere]
    said = [
        phrase
        for name in own
        if name in plan.files.intents
        for phrase in sentences.phrases.examples(name, EXAMPLES)
    ]
    short = [phrase for phrase in said if "{" not in phrase and phrase.count(" ") < MOST_WORDS]
    return [phrase for phrase in sorted(short, key=len, reverse=True) if _goes_on(plan, phrase)][:1]


def _goes_on(plan: Plan, phrase: str) -> bool:
    """Whether the call goes on after this."""
    conversation = Conversation(plan)
    conversation.start()
    whole = conversation.completes(phrase)
    return whole and isinstance(conversation.take(Heard(phrase, 1.0))[-1], Listen)


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
def node(config: Config) -> Iterator[Config]:
    """A node with this configuration, but on free ports of loopback and in a folder of its own; the
    configuration that it has. Models and rendered prompts are shared, events are published to nobody.
    """
    port = _free_port()
    with tempfile.TemporaryDirectory(prefix="softswitch-trial-") as folder:
        (config.data_dir / PROMPTS).mkdir(parents=True, exist_ok=True)
        for shared in (config.models_dir.name, PROMPTS):
            (Path(folder) / shared).symlink_to(config.data_dir / shared)
        own = config.model_copy(
            update={
                "data_dir": Path(folder),
                "sip": config.sip.model_copy(
                    update={"address": "127.0.0.1", "port": port, "public_address": "", "allow": LOOPBACK}
                ),
                "database": config.database.model_copy(update={"url": ""}),
                "metrics": config.metrics.model_copy(update={"port": 0}),
                "mqtt": Mqtt(),
            }
        )
        settings = Path(folder) / "softswitch.json"  # JSON is YAML
        settings.write_text(own.model_dump_json(exclude_defaults=True))
        command = [sys.executable, "-m", "softswitch", "--config", str(settings), "serve"]
        log = Path(folder) / "node.log"
        with log.open("wb") as told:
            process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=told, text=True)
        try:
            _await_announcement(process, log)
            yield own
        finally:
            process.terminate()
            process.communicate(timeout=START_LIMIT_S)


def _await_announcement(process: "subprocess.Popen[str]", log: Path) -> None:
    assert process.stdout
    for line in process.stdout:
        if line.startswith("softswitch answers"):
            return
    process.wait(START_LIMIT_S)
    reason = log.read_text(errors="replace").strip().splitlines()
    raise SoftswitchError(f"a node could not be started: {reason[0] if reason else 'no reason given'}")


def _free_port() -> int:
    """A port that is free for UDP and TCP right now."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as tcp:
        tcp.bind(("127.0.0.1", 0))
        return int(tcp.getsockname()[1])
