"""Secrets at rest: the key, and what is encrypted with it (AES-256-GCM, NIST SP 800-38D).

The key comes from `secret_key_file`, else from SOFTSWITCH_SECRET_KEY, else from `secret.key` in the data
directory, which is made when the first secret is kept. A key is 32 random bytes in URL-safe base64. Several
may stand in one file, one a line: the first encrypts, all of them decrypt, so that keys can be changed while
nodes read.

A secret is bound to its owner's name: a row whose secret was copied from another row cannot be read.
"""

import base64
import binascii
import logging
import os
import secrets
import stat
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from softswitch.config import Config
from softswitch.errors import SoftswitchError

log = logging.getLogger(__name__)
VARIABLE = "SOFTSWITCH_SECRET_KEY"
FILE = "secret.key"
KEY_BYTES = 32
NONCE_BYTES = 12
FORMAT = b"\x01"
"""The first byte of what is kept: what follows is a nonce, then AES-256-GCM's text and tag."""


@dataclass(frozen=True, slots=True)
class Keys:
    """`origin` is where they come from, in words for people. The first encrypts, all of them decrypt."""

    origin: str
    keys: tuple[bytes, ...] = field(repr=False)
    file: Path | None = None

    def seal(self, owner: str, secret: str) -> bytes:
        """The secret encrypted for its owner."""
        nonce = secrets.token_bytes(NONCE_BYTES)
        return FORMAT + nonce + AESGCM(self.keys[0]).encrypt(nonce, secret.encode(), _bound_to(owner))

    def open(self, owner: str, sealed: bytes) -> str:
        """The secret again. Raises SoftswitchError when none of the keys fits, or it is not this owner's."""
        if sealed[:1] == FORMAT:
            nonce, text = sealed[1 : 1 + NONCE_BYTES], sealed[1 + NONCE_BYTES :]
            for key in self.keys:
                try:
                    return AESGCM(key).decrypt(nonce, text, _bound_to(owner)).decode()
                except (InvalidTag, ValueError):
                    continue
        raise SoftswitchError(
            f"the password of trunk {owner} cannot be decrypted with the key from {self.origin}: give the "
            "key that it was encrypted with (secret_key_file or SOFTSWITCH_SECRET_KEY), or the password "
            f"anew: softswitch trunk edit {owner} --password-stdin"
        )


def _bound_to(owner: str) -> bytes:
    return f"softswitch trunk {owner}".encode()


def find(config: Config) -> Keys | None:
    """The node's keys; None where none was ever made. Raises SoftswitchError when they are unusable."""
    if config.secret_key_file:
        return read(config.secret_key_file)
    if text := os.environ.get(VARIABLE):
        return Keys(f"the variable {VARIABLE}", _parsed(text, f"the variable {VARIABLE}"))
    file = config.data_dir / FILE
    return read(file) if file.exists() else None


def find_or_make(config: Config) -> Keys:
    """The node's keys, made in the data directory where there are none yet."""
    return find(config) or make(config.data_dir / FILE)


def read(file: Path) -> Keys:
    """The keys in a file. Raises SoftswitchError when there is none; warns when others may read it."""
    try:
        with file.open(encoding="ascii") as opened:
            mode = stat.S_IMODE(os.fstat(opened.fileno()).st_mode)
            text = opened.read(4096)
    except OSError as error:
        raise SoftswitchError(
            f"the key file {file} cannot be read ({error.strerror}): see secret_key_file"
        ) from None
    except UnicodeDecodeError:
        text, mode = "", 0
    if mode & 0o007:
        log.warning("the key file %s is open to every user: run chmod 600 %s", file, file)
    return Keys(str(file), _parsed(text, str(file)), file)


def make(file: Path) -> Keys:
    """A new key in a new file, mode 0600. When the file exists, or another process makes it just now, its."""
    if not file.exists():
        file.parent.mkdir(parents=True, exist_ok=True)
        written = _written_beside(file, [new_key()])
        try:
            os.link(written, file)  # whole or not at all, and never over an existing key
        except FileExistsError:
            pass
        finally:
            written.unlink()
    return read(file)


def put(file: Path, keys: Sequence[bytes]) -> Keys:
    """These keys in the file, whole or not at all, on disk when this returns."""
    _written_beside(file, keys).replace(file)
    return read(file)


def new_key() -> bytes:
    return secrets.token_bytes(KEY_BYTES)


def _written_beside(file: Path, keys: Sequence[bytes]) -> Path:
    new = file.with_name(f"{file.name}.{os.getpid()}.new")
    with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as opened:
        opened.writelines(base64.urlsafe_b64encode(key) + b"\n" for key in keys)
        opened.flush()
        os.fsync(opened.fileno())
    return new


def _parsed(text: str, origin: str) -> tuple[bytes, ...]:
    keys = tuple(_key(line) for line in text.split())
    if not keys or not all(keys):
        raise SoftswitchError(
            f"{origin} holds no key: expected {KEY_BYTES} random bytes in base64, as made by "
            "python3 -c 'import base64, os; print(base64.urlsafe_b64encode(os.urandom(32)).decode())'"
        )
    return keys


def _key(line: str) -> bytes:
    try:
        key = base64.urlsafe_b64decode(line)
    except (binascii.Error, ValueError):
        return b""
    return key if len(key) == KEY_BYTES else b""
