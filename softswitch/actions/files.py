"""Reads the file of actions: all mistakes at once, with their lines; secrets from where it says."""

import os
import stat
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from softswitch import marked_yaml, validation
from softswitch.actions.actions_file import ActionsFile
from softswitch.actions.addresses import Allowed
from softswitch.actions.kinds.mqtt import Mqtt
from softswitch.actions.kinds.script import Script
from softswitch.actions.lookups import AnyLookup
from softswitch.actions.settings import Integration, Secret
from softswitch.actions.templates import KNOWN
from softswitch.complaints import suggest
from softswitch.config import Config
from softswitch.errors import InvalidFile, Problem, SoftswitchError
from softswitch.marked_yaml import Document, Place
from softswitch.secret_file import first_line


@dataclass(frozen=True, slots=True)
class Integrations:
    """How actions are done. `secrets` are their values."""

    file: ActionsFile = field(default_factory=ActionsFile)
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)

    @property
    def names(self) -> list[str]:
        """The actions, whatever plan they are of, that something is configured for."""
        return list(dict.fromkeys(name.rpartition(".")[2] for name in self.file.actions))

    def find(self, plan: str, name: str) -> Integration | None:
        """That of this plan's action, else of the action of that name in any plan."""
        known = self.file.actions
        return known.get(f"{plan}.{name}") or known.get(name)

    def find_lookup(self, plan: str, name: str) -> tuple[str, AnyLookup] | None:
        """The same of look-ups, and under which name it stands there: plans may share one."""
        known = self.file.lookups
        for key in (f"{plan}.{name}", name):
            if found := known.get(key):
                return key, found
        return None


def load(config: Config, *, secrets: bool = True) -> Integrations:
    """What `actions_file` says; nothing without one. Raises InvalidFile with every problem.

    Without `secrets` those are not looked for: not everybody who may ask may read them.
    """
    if config.actions_file is None:
        return Integrations()
    document, folder = marked_yaml.read(config.actions_file), config.actions_file.parent
    return parse(document, folder, mqtt=bool(config.mqtt.url), secrets=secrets)


def parse(document: Document, folder: Path, *, mqtt: bool, secrets: bool = True) -> Integrations:
    """The same from a document; paths in it are relative to `folder`. `mqtt`: whether there is a broker."""
    file = validation.validate(document, ActionsFile)
    problems, found = list(_problems(document, file, mqtt)), dict[str, str]()
    problems += _unknown_actions(document, file)
    for name, secret in file.secrets.items() if secrets else ():
        try:
            found[name] = _value(secret, folder)
        except SoftswitchError as error:
            place = ("secrets", name, "file" if secret.file else "env")
            problems.append(document.problem(place, str(error), rule="wrong-value"))
    if problems:
        raise InvalidFile(problems)
    return Integrations(file, found)


def _problems(document: Document, file: ActionsFile, mqtt: bool) -> Iterator[Problem]:
    allowed = Allowed(file.hosts)
    lookups = ((("lookups", name), each) for name, each in file.lookups.items())
    everything = [*((("actions", name), each) for name, each in file.actions.items()), *lookups]
    for place, integration in everything:
        for used in integration.fields:
            if used.secret and used.name not in file.secrets:
                told = f"there is no secret '{used.name}'{suggest(used.name, file.secrets)}"
                yield document.problem(place, told, rule="unknown-secret")
        for key, host in integration.hosts:
            if not allowed.host(host):
                told = f"{host} is not listed in `hosts`: add it there if it may be contacted"
                yield document.problem((*place, *key), told, rule="unlisted-host")
        match integration:
            case Script():
                yield from _unusable(document, (*place, "command"), integration.command[0])
            case Mqtt() if not mqtt:
                yield document.problem((*place, "kind"), "there is no broker: set mqtt.url", rule="no-broker")


def _unknown_actions(document: Document, file: ActionsFile) -> Iterator[Problem]:
    """Jobs whose action nothing does. Theirs are of no plan."""
    for name, job in file.jobs.items():
        place = ("jobs", name, "action")
        if (integration := file.actions.get(job.action)) is None:
            told = f"there is no action '{job.action}'{suggest(job.action, file.actions)}"
            yield document.problem(place, told, rule="unknown-action")
            continue
        given = {*job.arguments, *KNOWN}
        for each in sorted({each.name for each in integration.fields if not each.secret} - given):
            told = f"'{job.action}' asks for {{{each}}}, which is not among the job's arguments"
            yield document.problem(place, told, rule="unknown-argument")


def _unusable(document: Document, place: Place, program: str) -> Iterator[Problem]:
    try:
        mode = Path(program).stat().st_mode
    except OSError as error:
        yield document.problem(place, f"{program}: {error.strerror}", rule="no-program")
        return
    if not stat.S_ISREG(mode) or not os.access(program, os.X_OK):
        yield document.problem(place, f"{program} is no program that can be run: chmod +x", rule="no-program")


def _value(secret: Secret, folder: Path) -> str:
    if secret.file:
        return first_line(folder / secret.file)
    value = os.environ.get(secret.env, "")
    if not value:
        raise SoftswitchError(f"the variable {secret.env} is not set: give the secret")
    return value
