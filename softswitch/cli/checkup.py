"""The doctor's checks. Each gives one finding: what, whether it is well, and what to do where it is not."""

import asyncio
import errno
import shutil
import socket
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel

from softswitch.actions import files as actions
from softswitch.cli.trial import trial_call
from softswitch.config import Config
from softswitch.dialplan import loader
from softswitch.dialplan.plan import Plan
from softswitch.errors import SoftswitchError
from softswitch.gateway.build import SMALL_BUILD, is_tuned
from softswitch.node_lock import is_running
from softswitch.sections.speech import EMBEDDED_LANGUAGE
from softswitch.speech import models
from softswitch.speech.pool import SpeechPool
from softswitch.speech.recognizer import VoskRecognizer
from softswitch.speech.synthesizer import PiperSynthesizer
from softswitch.store import declared, migrate

MADE = ("data_dir", "secret_key_file")
"""Paths of settings that need not be there yet."""
LEAST_FREE_BYTES = 200 << 20
PHRASE = "what are your opening hours"
"""Within the vocabulary of the embedded ear."""


@dataclass(frozen=True)
class Finding:
    what: str
    ok: bool
    detail: str


def examine(config: Config, call: bool) -> Iterator[Finding]:
    """Findings as they are made; a check that fails does not keep the others from running."""
    running = is_running(config)
    checks: dict[str, Callable[[], str]] = {
        "pjsip": _pjsip,
        "files": lambda: _files(config),
        "dialplan": lambda: _dialplan(config),
        "speech": lambda: asyncio.run(_speech(config)),
        "data": lambda: _data(config),
        "database": lambda: _database(config),
        "ports": lambda: "in use by the node that is running" if running else _ports(config),
        "human": lambda: _human(config),
    }
    if call:
        checks["call"] = lambda: trial_call(config, running)
    for what, check in checks.items():
        try:
            yield Finding(what, True, check())
        except SoftswitchError as error:
            yield Finding(what, False, str(error))
        except Exception as error:  # a check that breaks is a finding as well
            yield Finding(what, False, f"{type(error).__name__}: {error}; this is a bug, please report it")


def _pjsip() -> str:
    if is_tuned():
        return "the tuned build"
    return f"the build from PyPI: {SMALL_BUILD} calls at once. scripts/build_pjsua2 makes a larger one"


def _plans(config: Config) -> list[Plan]:
    return [loader.load(loader.resolve(setting), config.human) for setting in config.dialplan]


def _dialplan(config: Config) -> str:
    told = [
        f"{plan.name}, version {plan.version}, {len(plan.static_prompts())} prompts"
        for plan in _plans(config)
    ]
    return "; ".join(told)


def _files(config: Config) -> str:
    """Those that settings name: each can be read, and what they declare is sound."""
    named = dict(_paths(config))
    for setting, path in named.items():
        try:
            with path.open("rb"):
                pass
        except OSError as error:
            raise SoftswitchError(
                f"{setting}: {path} cannot be read ({error.strerror}) by this user; set it to a file that can"
            ) from None
    actions.load(config)
    declared.from_file(config)
    return ", ".join(named) or "the settings name none"


def _paths(section: BaseModel | Mapping[str, object], prefix: str = "") -> Iterator[tuple[str, Path]]:
    """Settings with the files that they name, but for what a command makes."""
    values = section.items() if isinstance(section, Mapping) else iter(section)
    for name, value in values:
        key = f"{prefix}{name}"
        if isinstance(value, BaseModel | Mapping):
            yield from _paths(value, f"{key}.")
        elif isinstance(value, Path) and key not in MADE:
            yield key, value


async def _speech(config: Config) -> str:
    """Every ear and voice is loaded; each English voice speaks a phrase that its ear must understand."""
    speech, found = config.speech, {}
    for plan in _plans(config):
        for language in plan.languages:
            if missing := speech.missing_for(language, plan.name):
                raise SoftswitchError(f"{plan.name} speaks {language}: set {' and '.join(missing)}")
            chosen = speech.model_for(language, plan.name), speech.voice_for(language, plan.name)
            if (language, chosen) not in found:
                found[language, chosen] = await _pair(config, language, *chosen)
    return "; ".join(f"{language}: {told}" for (language, _), told in found.items())


async def _pair(config: Config, language: str, ear: str, voice: str) -> str:
    pool, rate = SpeechPool(1), config.media.clock_rate
    synthesizer = PiperSynthesizer(models.voice(voice, config.models_dir), rate, pool)
    recognizer = VoskRecognizer(models.ear(ear, config.models_dir), rate, pool)
    if language != EMBEDDED_LANGUAGE:
        return "ear and voice load"
    if missing := recognizer.unknown_words([PHRASE]):
        return f"ear and voice load; the ear does not know {', '.join(sorted(missing))}, so it was not tried"
    stream = recognizer.open([PHRASE, "yes", "no"])
    await stream.accept(await synthesizer.speak(PHRASE) + bytes(rate))
    heard = await stream.finish()
    if heard.text != PHRASE:
        raise SoftswitchError(
            f"the voice said '{PHRASE}', the ear heard '{heard.text}'; "
            "see that speech.model and speech.voice are for the same language"
        )
    return f"the ear understands the voice (confidence {heard.confidence:.2f})"


def _data(config: Config) -> str:
    try:
        config.run_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
        probe = config.run_dir / "doctor"
        probe.write_bytes(b"probe")
        probe.unlink()
    except OSError as error:
        raise SoftswitchError(
            f"{config.data_dir} cannot be written: {error.strerror}; set data_dir to a folder of this user"
        ) from None
    free = shutil.disk_usage(config.data_dir).free
    if free < LEAST_FREE_BYTES:
        raise SoftswitchError(f"{config.data_dir}: only {free >> 20} MB are free; make room")
    return f"{config.data_dir}, {free >> 30} GB free"


def _database(config: Config) -> str:
    status = migrate.check(config.database_url)
    if status.newer:
        raise SoftswitchError(f"made by a later softswitch ({status.current}); install that one")
    if status.current is None:
        return "none yet; it is made at the first start"
    return f"revision {status.current}" + (
        "" if status.up_to_date else f"; {status.head} comes at the next start"
    )


def _ports(config: Config) -> str:
    """Bind what the node will bind; nothing is sent."""
    sip, metrics = config.sip, config.metrics
    wanted = [
        ("sip", sip.address, sip.port, socket.SOCK_DGRAM),
        ("sip", sip.address, sip.port, socket.SOCK_STREAM),
        ("metrics", metrics.address, metrics.port, socket.SOCK_STREAM),
    ]
    for section, address, port, kind in wanted:
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        with socket.socket(family, kind) as probe:
            if kind == socket.SOCK_STREAM:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((address, port))
            except OSError as error:
                raise SoftswitchError(_port_trouble(section, address, port, error)) from None
    return f"{sip.address}:{sip.port} (SIP) and {metrics.address}:{metrics.port} (metrics) are free"


def _port_trouble(section: str, address: str, port: int, error: OSError) -> str:
    if error.errno == errno.EADDRINUSE:
        return f"{address}:{port} is in use; see by whom with `ss -lnp`, or set {section}.port"
    return f"{address}:{port} cannot be had: {error.strerror}; set {section}.address to one of this machine"


def _human(config: Config) -> str:
    return config.human or "nobody: callers who want a person are told so; set `human` to a SIP URI"
