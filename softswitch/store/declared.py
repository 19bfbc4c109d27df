"""Every trunk that a node has: those in the database, their passwords opened, and those in its file."""

import logging
from typing import Any

from pydantic import SecretStr, ValidationError

from softswitch.config import Config
from softswitch.errors import SoftswitchError
from softswitch.store import secrets, trunks
from softswitch.store.secrets import Keys
from softswitch.store.trunks import Row
from softswitch.trunks import files
from softswitch.trunks.declared import Declared, Trunks, together
from softswitch.trunks.settings import Trunk

log = logging.getLogger(__name__)


def read(config: Config, *, passwords: bool = True) -> Trunks:
    """All trunks; without `passwords` neither a key nor a password is looked for.

    Raises SoftswitchError when the file has mistakes, the database is away, or both have a trunk of one
    name. What is wrong with one row of the database stays with that row: see Declared and Trunks.
    """
    found = from_database(config, passwords=passwords)
    return Trunks(together(found.declared, from_file(config, passwords=passwords)), found.problems)


def from_database(config: Config, *, passwords: bool = True) -> Trunks:
    """The trunks of the database by themselves. Raises SoftswitchError when it is away."""
    found, problems = _from_rows(trunks.read(config.database_url), config, passwords)
    return Trunks(tuple(found), tuple(problems))


def from_file(config: Config, *, passwords: bool = False) -> tuple[Declared, ...]:
    """The trunks of `trunks_file`; none without one."""
    if config.trunks_file is None:
        return ()
    loaded = files.load(config.trunks_file, passwords=passwords)
    for warning in loaded.warnings if passwords else ():
        log.warning("%s", warning)
    return loaded.trunks


def settings_of(trunk: Trunk) -> dict[str, Any]:
    """What a row keeps of it: what is not as the defaults are, without name and password."""
    return trunk.model_dump(mode="json", exclude_defaults=True, exclude={"name", "password"})


def trunk_of(row: Row, password: str = "") -> Trunk:
    """Raises SoftswitchError when the row holds what this version does not know as a trunk."""
    try:
        return Trunk.model_validate({**row.settings, "name": row.name, "password": SecretStr(password)})
    except ValidationError as error:
        first = error.errors(include_input=False)[0]
        key = ".".join(map(str, first["loc"])) or "it"
        raise SoftswitchError(
            f"trunk {row.name} in the database is no trunk that this version knows ({key}: {first['msg']}): "
            f"mend it with softswitch trunk edit {row.name} --unset {key}, or remove it"
        ) from None


def _from_rows(rows: list[Row], config: Config, passwords: bool) -> tuple[list[Declared], list[str]]:
    found, problems = list[Declared](), list[str]()
    keys, keyless = _keys(config) if passwords and any(row.secret for row in rows) else (None, "")
    for row in rows:
        password, problem = _opened(row, keys, keyless) if passwords else ("", "")
        try:
            trunk = trunk_of(row, password)
        except SoftswitchError as error:
            problems.append(str(error))
            continue
        found.append(Declared(trunk, "sql", "", row.secret is not None, problem))
    return found, problems


def _keys(config: Config) -> tuple[Keys | None, str]:
    try:
        return secrets.find(config), "this node has no key: see secret_key_file and SOFTSWITCH_SECRET_KEY"
    except SoftswitchError as error:
        return None, str(error)


def _opened(row: Row, keys: Keys | None, keyless: str) -> tuple[str, str]:
    """The password, or why there is none."""
    if row.secret is None:
        return "", ""
    if keys is None:
        return "", f"the password of trunk {row.name} cannot be decrypted: {keyless}"
    try:
        return keys.open(row.name, row.secret), ""
    except SoftswitchError as error:
        return "", str(error)
