"""The node's configuration: every setting with its default, read from one YAML file.

docs/reference/settings.md is held equal to the models below by a test. All mistakes of a file are
reported at once, each with its line.
"""

import os
import socket
from pathlib import Path
from typing import Annotated, Literal

from pydantic import (
    BeforeValidator,
    Field,
    field_validator,
    model_validator,
)

from softswitch import marked_yaml, validation
from softswitch.errors import SoftswitchError
from softswitch.sections.database import Database
from softswitch.sections.dialing import Dialing
from softswitch.sections.incoming import Bans, Identity
from softswitch.sections.llm import Llm
from softswitch.sections.media import Media, Recording, Survival
from softswitch.sections.mqtt import Mqtt
from softswitch.sections.observing import Log, Metrics
from softswitch.sections.queues import Queue
from softswitch.sections.sip import Sip
from softswitch.sections.speech import Speech
from softswitch.values import (
    Duration,
    Section,
    SipUri,
    one_or_many,
)

BUNDLED = Path(__file__).parent / "bundled"
CHECKOUT = Path(__file__).parent.parent
DEFAULT_QUEUE = Queue()


def _data_dir() -> Path:
    return Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local/share") / "softswitch"


class Config(Section):
    """Everything a node is told."""

    dialplan: Annotated[tuple[str, ...], BeforeValidator(one_or_many)] = Field(
        ("reception",),
        min_length=1,
        max_length=100,
        description="A bundled dialplan's name, or the path of a folder; or a list of them: a call goes to "
        "the first that has a route for it.",
    )
    dialplan_watch: bool = Field(False, description="Load a dialplan anew whenever its files have changed.")
    human: SipUri | None = Field(None, description="Where callers who want a person are transferred.")
    node: str = Field(
        default_factory=socket.gethostname,
        pattern=r"^[A-Za-z0-9._-]+$",
        description="This node's name in records and topics; one of its own for each node of a database.",
    )
    trunks_file: Path | None = Field(
        None, description="YAML file of trunks, beside those that `softswitch trunk` keeps in the database."
    )
    actions_file: Path | None = Field(
        None, description="YAML file that says how the actions of dialplans are done; none: they wait."
    )
    secret_key_file: Path | None = Field(
        None,
        description="File of the key that trunks' passwords are encrypted with; else the variable "
        "SOFTSWITCH_SECRET_KEY, else `secret.key` in the data directory.",
    )
    drain_limit: Duration = Field(
        300.0, ge=0, description="After SIGTERM and `softswitch drain` calls may go on for so long."
    )
    data_dir: Path = Field(
        default_factory=_data_dir, description="Database, models, prompt cache and run-time files."
    )
    chaos: bool = Field(
        False, description="Whether `softswitch chaos` may have this node suffer faults on purpose."
    )
    sip: Sip = Sip()
    media: Media = Media()
    survival: Survival = Survival()
    speech: Speech = Speech()
    database: Database = Database()
    metrics: Metrics = Metrics()
    mqtt: Mqtt = Mqtt()
    llm: dict[Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,39}$")], Llm] = Field(
        {}, description="Language models by the names that dialplans use."
    )
    dialing: Dialing = Dialing()
    queues: dict[str, Queue] = Field(
        {}, description="Queues of callers who want a person, by name; `softswitch queue callers` shows them."
    )
    bans: Bans = Bans()
    recording: Recording = Recording()
    identity: Identity = Identity()
    log: Log = Log()

    @model_validator(mode="before")
    @classmethod
    def _empty_is_not_given(cls, values: object) -> object:
        """A section with everything commented out means its defaults."""
        if isinstance(values, dict):
            return {key: value for key, value in values.items() if value is not None}
        return values

    @field_validator("data_dir", mode="before")
    @classmethod
    def _is_named(cls, folder: object) -> object:
        if not str(folder or "").strip():
            raise ValueError("expected the path of a folder")
        return str(Path(str(folder)).expanduser().absolute())

    def queue(self, name: str) -> Queue:
        """How callers wait in the queue of that name."""
        return self.queues.get(name, DEFAULT_QUEUE)

    @property
    def database_url(self) -> str:
        return self.database.url or f"sqlite:///{self.data_dir / 'softswitch.db'}"

    @property
    def journal_file(self) -> Path:
        return self.data_dir / "journal.jsonl"

    @property
    def models_dir(self) -> Path:
        return self.data_dir / "models"

    @property
    def recordings_dir(self) -> Path:
        return self.data_dir / "recordings"

    @property
    def run_dir(self) -> Path:
        return self.data_dir / "run"


def default_path() -> Path:
    home = Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config")
    return Path(os.environ.get("SOFTSWITCH_CONFIG") or home / "softswitch/softswitch.yaml")


def load(path: Path | None = None, overrides: tuple[str, ...] = ()) -> Config:
    """Read the file (the default one may be absent) and apply `section.key=value` overrides."""
    chosen = path or default_path()
    if path is None and not chosen.exists():
        document = marked_yaml.parse("", "defaults")
    else:
        document = marked_yaml.read(chosen)
    for override in overrides:
        _override(document, override)
    return validation.validate(document, Config)


def _override(document: marked_yaml.Document, override: str) -> None:
    name, equals, value = override.partition("=")
    if not equals:
        raise SoftswitchError(f"--set {override}: expected key=value, for instance --set sip.port=5070")
    document.put(tuple(name.split(".")), value.split(",") if "," in value else value, f"--set {override}")


def bundled(what: Literal["dialplans", "migrations"]) -> Path:
    """Where data that ships with the product lies: in the installed package, or in the checkout."""
    installed = BUNDLED / what
    return installed if installed.is_dir() else CHECKOUT / what
