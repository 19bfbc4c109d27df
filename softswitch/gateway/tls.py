"""This node's certificate for SIP over TLS: read, checked, held for PJSIP, read anew when it changed.

PJSIP reads certificate files whenever a connection needs them. It is given copies in memory, so that files
which are being replaced, or are broken, never reach a connection.
"""

import logging
import os
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.types import PublicKeyTypes
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key

from softswitch.errors import SoftswitchError
from softswitch.sections.sip import Tls

log = logging.getLogger(__name__)
SYSTEM_AUTHORITIES = (
    Path("/etc/ssl/certs/ca-certificates.crt"),
    Path("/etc/pki/tls/certs/ca-bundle.crt"),
    Path("/etc/ssl/cert.pem"),
)


@dataclass(frozen=True, slots=True)
class Material:
    """Checked contents, PEM. No certificate: this node only connects to others."""

    certificate: bytes = b""
    key: bytes = b""
    authorities: bytes = b""


def read(tls: Tls, *, serves: bool) -> Material:
    """Raises SoftswitchError that names the file and what is wrong with it; logs what is only unwise."""
    authorities = _authorities(tls)
    if not serves and tls.certificate_file is None:
        return Material(authorities=authorities)
    if tls.certificate_file is None or tls.key_file is None:
        missing = "certificate_file" if tls.certificate_file is None else "key_file"
        raise SoftswitchError(
            f"sip.tls.{missing} is not set: SIP over TLS needs a certificate and its key; "
            "name both, or set sip.tls.port to 0"
        )
    certificate, key = _contents(tls.certificate_file), _contents(tls.key_file)
    own = _certificates(tls.certificate_file, certificate)[0]
    if _public_key_of(tls.key_file, key) != _public_bytes(own.public_key()):
        raise SoftswitchError(
            f"{tls.key_file}: not the key of the certificate in {tls.certificate_file}; "
            "expected the private key that its request was made with"
        )
    _warn_of_times(tls.certificate_file, own)
    return Material(certificate, key, authorities)


def modified(tls: Tls) -> tuple[int, ...]:
    """When the files were last written (ns), to see that one of them was replaced; 0 for a missing one."""
    return tuple(_written(path) for path in (tls.certificate_file, tls.key_file, tls.ca_file) if path)


class Held:
    """Material as paths that only this process can open; `close` when PJSIP has other ones."""

    def __init__(self, material: Material) -> None:
        self._fds: list[int] = []
        self.certificate = self._hold(material.certificate)
        self.key = self._hold(material.key)
        self.authorities = self._hold(material.authorities)

    def _hold(self, content: bytes) -> str:
        if not content:
            return ""
        fd = os.memfd_create("softswitch-tls")
        self._fds.append(fd)
        os.write(fd, content)
        return f"/proc/self/fd/{fd}"

    def close(self) -> None:
        for fd in self._fds:
            os.close(fd)
        self._fds.clear()


def _authorities(tls: Tls) -> bytes:
    if tls.ca_file is None:
        return b"".join(path.read_bytes() for path in SYSTEM_AUTHORITIES if path.is_file())
    content = _contents(tls.ca_file)
    _certificates(tls.ca_file, content)
    return content


def _contents(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise SoftswitchError(
            f"{path}: cannot be read ({error.strerror}); expected a PEM file that softswitch may read"
        ) from None


def _certificates(path: Path, content: bytes) -> list[x509.Certificate]:
    try:
        return x509.load_pem_x509_certificates(content)
    except ValueError:
        raise SoftswitchError(
            f"{path}: no certificate in it; expected PEM, as between -----BEGIN CERTIFICATE----- and END"
        ) from None


def _public_key_of(path: Path, content: bytes) -> bytes:
    try:
        return _public_bytes(load_pem_private_key(content, None).public_key())
    except TypeError:
        raise SoftswitchError(
            f"{path}: the key is encrypted; write it without a passphrase, as `openssl pkey` does"
        ) from None
    except (ValueError, UnsupportedAlgorithm):
        raise SoftswitchError(f"{path}: no private key in it; expected one in PEM") from None


def _public_bytes(key: PublicKeyTypes) -> bytes:
    return key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def _warn_of_times(path: Path, certificate: x509.Certificate) -> None:
    now = datetime.now(UTC)
    if certificate.not_valid_after_utc < now:
        log.warning(
            "%s: the certificate expired on %s; peers that check it refuse us. Renew it: it is read anew "
            "without a restart",
            path,
            certificate.not_valid_after_utc.date(),
        )
    elif certificate.not_valid_before_utc > now:
        log.warning(
            "%s: the certificate holds only from %s; see the clock of this machine",
            path,
            certificate.not_valid_before_utc,
        )


def _written(path: Path) -> int:
    try:
        return path.stat().st_mtime_ns
    except OSError:
        return 0
