"""Which key new passwords are encrypted with, and how the key is changed."""

from collections.abc import Iterable
from pathlib import Path

from softswitch.config import Config
from softswitch.errors import SoftswitchError
from softswitch.store import secrets, trunks
from softswitch.store.secrets import Keys
from softswitch.store.trunks import Row


def keys_for(config: Config, owners: Iterable[str]) -> Keys:
    """The keys to encrypt the owners' passwords with, made where there are none.

    Raises SoftswitchError when they open none of the others' passwords: with two keys in one database no
    node could read all of it.
    """
    mine = set(owners)
    others = [row for row in trunks.read(config.database_url) if row.secret and row.name not in mine]
    keys = secrets.find(config)
    if others and not (keys and any(_opens(keys, row) for row in others)):
        raise SoftswitchError(
            f"the passwords in the database were encrypted with another key than {_origin(keys)}: give that "
            "key (secret_key_file or SOFTSWITCH_SECRET_KEY), or if it is lost drop the passwords, as with "
            f"softswitch trunk edit {others[0].name} --unset password"
        )
    return keys or secrets.find_or_make(config)


def change_key(config: Config, new_file: Path | None) -> tuple[int, Keys]:
    """Encrypt every password anew, all in one transaction: with the key in `new_file`, which is made when it
    is not there; without one with a new key in the file of the present one. How many, and the new keys.

    Killed half-way it leaves everything readable: with the present key, or in the present file.
    """
    old = secrets.find(config)
    if old is None:
        raise SoftswitchError("there is no key yet: it is made with the first password")
    if new_file is not None:
        new = secrets.make(new_file)
        return _reseal(config, old, new), new
    if old.file is None:
        raise SoftswitchError(f"the key comes from {old.origin}: give --new-key-file, then change it there")
    # Nodes that read meanwhile find both keys there.
    both = secrets.put(old.file, [secrets.new_key(), *old.keys])
    count = _reseal(config, old, both)
    return count, secrets.put(old.file, both.keys[:1])


def _reseal(config: Config, old: Keys, new: Keys) -> int:
    # A second run after one that was killed finds some passwords with the new key already.
    either = Keys(old.origin, (*old.keys, *new.keys))
    return trunks.reseal(
        config.database_url, lambda row: new.seal(row.name, either.open(row.name, row.secret or b""))
    )


def _opens(keys: Keys, row: Row) -> bool:
    try:
        keys.open(row.name, row.secret or b"")
    except SoftswitchError:
        return False
    return True


def _origin(keys: Keys | None) -> str:
    return f"that of {keys.origin}" if keys else "this node's, which has none"
