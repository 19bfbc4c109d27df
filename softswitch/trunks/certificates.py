"""Certificates that sign caller identities (RFC 8226): read, chained to configured roots, and what numbers
they are for. Pure: no network, the time is given.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import TypeVar

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.x509.oid import ExtensionOID
from cryptography.x509.verification import ExtensionPolicy, PolicyBuilder, Store, VerificationError

from softswitch.trunks.passport import Rejected

Kind = TypeVar("Kind", bound=x509.ExtensionType)
TN_AUTH_LIST = x509.ObjectIdentifier("1.3.6.1.5.5.7.1.26")
KNOWN = (
    TN_AUTH_LIST,
    ExtensionOID.BASIC_CONSTRAINTS,
    ExtensionOID.KEY_USAGE,
    ExtensionOID.EXTENDED_KEY_USAGE,
)
"""What may be critical in a signer's certificate."""
MOST_CERTIFICATES = 8
MOST_INTERMEDIATES = 4
SEQUENCE, IA5_STRING, INTEGER = 0x30, 0x16, 0x02
SPC, RANGE, ONE = 0xA0, 0xA1, 0xA2
"""The three kinds of TNEntry, explicitly tagged (RFC 8226 section 9)."""


def read(data: bytes) -> list[x509.Certificate]:
    """PEM, the signer's first (RFC 8555's pem-certificate-chain), or one in DER. Raises Rejected."""
    try:
        if b"-----BEGIN CERTIFICATE-----" in data:
            found = x509.load_pem_x509_certificates(data)
        else:
            found = [x509.load_der_x509_certificate(data)]
    except ValueError:
        raise Rejected("what x5u gives is no certificate") from None
    if len(found) > MOST_CERTIFICATES:
        raise Rejected("x5u gives too many certificates")
    return found


def check_chain(chain: Sequence[x509.Certificate], roots: Sequence[x509.Certificate], at: datetime) -> None:
    """That the first certificate may sign for numbers, and leads to a root. `at` is aware. Raises Rejected.

    The verifier refuses a critical TNAuthList, which it does not know: the signer's own certificate is
    checked here, and the verifier is asked about the authority that issued it (RFC 5280 section 6).
    """
    signer = chain[0]
    if not _is_valid(signer, at):
        raise Rejected("the certificate is not valid at this time")
    _check_use(signer)
    for authority in (*roots, *chain[1:]):
        if _has_issued(authority, signer, at) and _leads_to(authority, chain[1:], roots, at):
            return
    raise Rejected("the certificate leads to no configured root")


def _is_valid(certificate: x509.Certificate, at: datetime) -> bool:
    return certificate.not_valid_before_utc <= at <= certificate.not_valid_after_utc


def _has_issued(authority: x509.Certificate, signer: x509.Certificate, at: datetime) -> bool:
    basic, usage = _extension(authority, x509.BasicConstraints), _extension(authority, x509.KeyUsage)
    if not _is_valid(authority, at) or not (basic and basic.ca) or (usage and not usage.key_cert_sign):
        return False
    try:
        signer.verify_directly_issued_by(authority)
    except (ValueError, TypeError, InvalidSignature):
        return False
    return True


def _leads_to(
    authority: x509.Certificate,
    between: Sequence[x509.Certificate],
    roots: Sequence[x509.Certificate],
    at: datetime,
) -> bool:
    if authority in roots:
        return True
    policy = PolicyBuilder().store(Store(list(roots))).time(at).max_chain_depth(MOST_INTERMEDIATES)
    policy = policy.extension_policies(
        ca_policy=ExtensionPolicy.webpki_defaults_ca(), ee_policy=ExtensionPolicy.permit_all()
    )
    try:
        policy.build_client_verifier().verify(authority, list(between))
    except VerificationError:
        return False
    return True


def check_number(signer: x509.Certificate, number: str) -> None:
    """That a certificate which names numbers names this one (canonical); one that names a service provider
    vouches for whatever is his. Raises Rejected.
    """
    entries = _entries(signer)
    if any(tag == SPC for tag, _ in entries):
        return
    if not any(_holds(tag, value, number) for tag, value in entries):
        raise Rejected("the certificate is not for orig")


def _check_use(signer: x509.Certificate) -> None:
    basic, usage = _extension(signer, x509.BasicConstraints), _extension(signer, x509.KeyUsage)
    if basic and basic.ca:
        raise Rejected("the certificate is an authority's")
    if usage and not usage.digital_signature:
        raise Rejected("the certificate may not sign")
    if any(extension.critical and extension.oid not in KNOWN for extension in signer.extensions):
        raise Rejected("the certificate has a critical extension that is not known")


def _extension(certificate: x509.Certificate, kind: type[Kind]) -> Kind | None:
    try:
        return certificate.extensions.get_extension_for_class(kind).value
    except x509.ExtensionNotFound:
        return None
    except (ValueError, x509.DuplicateExtension):
        raise Rejected("the certificate cannot be read") from None


# --- TNAuthList ---------------------------------------------------------------------------------------------


def _entries(signer: x509.Certificate) -> list[tuple[int, bytes]]:
    """Tag and content of each TNEntry. Raises Rejected."""
    try:
        extension = signer.extensions.get_extension_for_oid(TN_AUTH_LIST).value
    except (ValueError, x509.ExtensionNotFound, x509.DuplicateExtension):
        raise Rejected("the certificate has no TNAuthList") from None
    found = _values(extension.public_bytes())
    if len(found) != 1 or found[0][0] != SEQUENCE:
        raise Rejected("the TNAuthList cannot be read")
    return _values(found[0][1])


def _holds(tag: int, content: bytes, number: str) -> bool:
    if tag == ONE:
        return [value for _, value in _values(content)] == [number.encode()]
    if tag != RANGE:
        return False
    values = dict(_values(next((inner for _, inner in _values(content)), b"")))
    start, count = values.get(IA5_STRING, b""), int.from_bytes(values.get(INTEGER, b""), "big")
    if not (start.isdigit() and number.isdigit() and len(start) == len(number)):
        return False
    return int(start) <= int(number) < int(start) + count


def _values(der: bytes) -> list[tuple[int, bytes]]:
    """The values that follow each other in DER (X.690), as tag and content. Raises Rejected."""
    found, at = [], 0
    while at < len(der):
        if at + 2 > len(der):
            raise Rejected("the TNAuthList cannot be read")
        tag, size, start = der[at], der[at + 1], at + 2
        if size & 0x80:
            more = size & 0x7F
            size, start = int.from_bytes(der[start : start + more], "big"), start + more
        if start + size > len(der):
            raise Rejected("the TNAuthList cannot be read")
        found.append((tag, der[start : start + size]))
        at = start + size
    return found
