"""Reaches a trunk's target without the gateway: a connection, a TLS handshake, an OPTIONS of one's own.

For `trunk test`: its steps must tell apart what the gateway meets as one failure, and go without a node.
"""

import asyncio
import re
import secrets
import socket
import ssl
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime

from cryptography import x509
from cryptography.x509.oid import NameOID

from softswitch.errors import SoftswitchError
from softswitch.sections.sip import Tls
from softswitch.trunks.domains import is_address, matches
from softswitch.trunks.targets import Target

MOST_BYTES = 64 << 10


@dataclass(frozen=True, slots=True)
class Certificate:
    """What the far end shows. `fault` is why it is not good, "" when it is."""

    version: str  # of TLS: "TLSv1.3"
    names: tuple[str, ...]
    issuer: str
    expires: datetime
    fault: str = ""


@dataclass(frozen=True, slots=True)
class Heard:
    """The answer to an OPTIONS; `latency` in seconds."""

    status: int
    reason: str
    latency: float


async def connect(target: Target, within: float) -> None:
    """A TCP connection, made and closed. Raises SoftswitchError with what happened instead."""
    async with _patience(within, "connection"):
        _, writer = await asyncio.open_connection(target.address, target.port)
        writer.close()


async def handshake(target: Target, settings: Tls, within: float) -> Certificate:
    """TLS as the node does it. Raises SoftswitchError when there is none at all; a certificate that is not
    good is looked at nevertheless, in a second handshake that believes everything.
    """
    try:
        version, shown = await _greet(target, _context(settings, verify=True), within)
        fault = ""
    except ssl.SSLCertVerificationError as error:
        version, shown = await _greet(target, _context(settings, verify=False), within)
        fault = error.verify_message.rstrip(".")
    certificate = x509.load_der_x509_certificate(shown)
    names = _names(certificate)
    if not fault and not any(matches(name, target.name) for name in names):
        fault = f"it is for {', '.join(names) or 'nobody'}, not for {target.name}"
    return Certificate(
        version, names, _common_name(certificate.issuer), certificate.not_valid_after_utc, fault
    )


async def options(target: Target, settings: Tls, within: float) -> Heard:
    """Any final answer to an OPTIONS. Raises SoftswitchError when there is none."""
    async with _patience(within, "answer to OPTIONS"):
        if target.transport == "udp":
            return await _options_by_udp(target)
        context = _context(settings, verify=False) if target.transport == "tls" else None
        reader, writer = await asyncio.open_connection(
            target.address, target.port, ssl=context, limit=MOST_BYTES
        )
        try:
            return await _options_by_stream(target, reader, writer)
        finally:
            writer.close()


# --- TLS --------------------------------------------------------------------------------------------------


def _context(settings: Tls, verify: bool) -> ssl.SSLContext:
    """1.2 and 1.3; the name is checked apart, since SIP has rules of its own."""
    context = ssl.create_default_context(cafile=str(settings.ca_file) if settings.ca_file else None)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.check_hostname = False
    context.verify_mode = ssl.CERT_REQUIRED if verify else ssl.CERT_NONE
    if settings.certificate_file and settings.key_file:
        context.load_cert_chain(settings.certificate_file, settings.key_file)
    return context


async def _greet(target: Target, context: ssl.SSLContext, within: float) -> tuple[str, bytes]:
    """TLS's version and the certificate shown."""
    name = None if is_address(target.name) else target.name
    async with _patience(within, "TLS handshake"):
        _, writer = await asyncio.open_connection(
            target.address, target.port, ssl=context, server_hostname=name or ""
        )
        connection: ssl.SSLObject = writer.get_extra_info("ssl_object")
        shown = connection.getpeercert(binary_form=True)
        writer.close()
    if shown is None:
        raise SoftswitchError("it shows no certificate")
    return connection.version() or "", shown


def _names(certificate: x509.Certificate) -> tuple[str, ...]:
    """Subject alternative names, or the common name where there are none (RFC 5922 section 7.1)."""
    try:
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        common = _common_name(certificate.subject)
        return (common,) if common else ()
    kinds = (x509.DNSName, x509.UniformResourceIdentifier, x509.IPAddress)
    return tuple(str(name) for kind in kinds for name in names.get_values_for_type(kind))


def _common_name(name: x509.Name) -> str:
    found = name.get_attributes_for_oid(NameOID.COMMON_NAME)
    return str(found[0].value) if found else ""


# --- OPTIONS (RFC 3261 section 11) --------------------------------------------------------------------------


async def _options_by_udp(target: Target) -> Heard:
    """Sent again after 0.5, 1 and 2 s, as RFC 3261 section 17.1.2.2 has it."""
    family = socket.AF_INET6 if ":" in target.address else socket.AF_INET
    loop, sent_at = asyncio.get_running_loop(), time.monotonic()
    with socket.socket(family, socket.SOCK_DGRAM) as made:
        made.setblocking(False)
        try:
            await loop.sock_connect(made, (target.address, target.port))
            request, wait = _request(target, made.getsockname()[:2]), 0.5
            while True:
                await loop.sock_sendall(made, request)
                try:
                    async with asyncio.timeout(wait):
                        return await _final(lambda: loop.sock_recv(made, MOST_BYTES), sent_at)
                except TimeoutError:
                    wait *= 2
        except ConnectionRefusedError:
            raise SoftswitchError(
                "nobody listens there: its machine says so (ICMP port unreachable)"
            ) from None


async def _options_by_stream(
    target: Target, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> Heard:
    sent_at = time.monotonic()
    writer.write(_request(target, writer.get_extra_info("sockname")[:2]))

    async def message() -> bytes:
        try:
            return await reader.readuntil(b"\r\n\r\n")
        except asyncio.IncompleteReadError:
            raise SoftswitchError("it closes the connection instead of answering") from None
        except asyncio.LimitOverrunError:
            raise SoftswitchError("it answers with something that is not SIP") from None

    return await _final(message, sent_at)


async def _final(message: Callable[[], Awaitable[bytes]], sent_at: float) -> Heard:
    """The first final response; provisional ones are passed over."""
    while True:
        found = re.match(rb"SIP/2\.0 (\d{3}) ?([^\r\n]*)", (await message()).lstrip())
        if found and int(found[1]) >= 200:
            reason = found[2].decode(errors="replace")[:100]
            return Heard(int(found[1]), reason, time.monotonic() - sent_at)


def _request(target: Target, own: tuple[str, int]) -> bytes:
    address, port = own
    host = f"[{address}]" if ":" in address else address
    transport, branch, tag = target.transport, secrets.token_hex(8), secrets.token_hex(4)
    lines = [
        f"OPTIONS sip:{target.hostport};transport={transport} SIP/2.0",
        f"Via: SIP/2.0/{transport.upper()} {host}:{port};rport;branch=z9hG4bK{branch}",
        "Max-Forwards: 70",
        f"From: <sip:softswitch@{host}>;tag={tag}",
        f"To: <sip:{target.hostport}>",
        f"Call-ID: {secrets.token_hex(16)}",
        "CSeq: 1 OPTIONS",
        f"Contact: <sip:softswitch@{host}:{port};transport={transport}>",
        "Accept: application/sdp",
        "Content-Length: 0",
    ]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


@asynccontextmanager
async def _patience(seconds: float, what: str) -> AsyncIterator[None]:
    """Limits the time, and makes sentences of what goes wrong on the network."""
    try:
        async with asyncio.timeout(seconds):
            yield
    except TimeoutError:
        raise SoftswitchError(f"no {what} in {seconds:g} s") from None
    except ConnectionRefusedError:
        raise SoftswitchError("nobody listens there: the connection is refused") from None
    except ssl.SSLCertVerificationError:
        raise
    except ssl.SSLError as error:
        raise SoftswitchError(f"it does not speak TLS as we do ({error.reason or error})") from None
    except OSError as error:
        raise SoftswitchError(f"the network does not get there: {error.strerror or error}") from None
