"""STIR for figures and tests: authorities, certificates, signed Identity fields, and an HTTPS server."""

import base64
import datetime
import http.server
import ipaddress
import json
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.x509.oid import NameOID

from softswitch.trunks.certificates import TN_AUTH_LIST

DAY = datetime.timedelta(days=1)
CALLER, CALLED = "+442079460000", "+442079460001"
SPC = bytes([0x30, 0x08, 0xA0, 0x06, 0x16, 0x04]) + b"1234"
"""A TNAuthList with a service provider's code."""
Key = ec.EllipticCurvePrivateKey


def numbers(*spans: tuple[str, int]) -> bytes:
    """A TNAuthList of numbers (count 1) and of ranges."""
    entries = b""
    for start, count in spans:
        text = bytes([0x16, len(start)]) + start.encode()
        if count == 1:
            entries += bytes([0xA2, len(text)]) + text
        else:
            span = text + bytes([0x02, 0x02]) + count.to_bytes(2, "big")
            entries += bytes([0xA1, len(span) + 2, 0x30, len(span)]) + span
    return bytes([0x30, len(entries)]) + entries


@dataclass
class Signed:
    """A certificate with its key."""

    certificate: x509.Certificate
    key: Key

    @property
    def pem(self) -> bytes:
        return self.certificate.public_bytes(serialization.Encoding.PEM)

    @property
    def key_pem(self) -> bytes:
        plain = serialization.NoEncryption()
        return self.key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain)


def issue(
    name: str,
    by: Signed | None = None,
    *,
    ca: bool = False,
    begins: datetime.timedelta = -DAY,
    ends: datetime.timedelta = DAY,
    tn_auth_list: bytes | None = None,
    critical: bool = False,
    host: str = "",
    signs: bool = True,
    curve: ec.EllipticCurve | None = None,
) -> Signed:
    """A certificate by an authority, or by itself."""
    key = ec.generate_private_key(curve or ec.SECP256R1())
    now = datetime.datetime.now(datetime.UTC)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    authority = by.key if by else key
    usage = dict.fromkeys(
        ("content_commitment", "key_encipherment", "data_encipherment", "key_agreement"), False
    ) | dict.fromkeys(("encipher_only", "decipher_only"), False)
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(by.certificate.subject if by else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now + begins)
        .not_valid_after(now + ends)
        .add_extension(x509.BasicConstraints(ca, None), critical=True)
        .add_extension(
            x509.KeyUsage(digital_signature=signs, key_cert_sign=ca, crl_sign=ca, **usage), critical=True
        )
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(authority.public_key()), critical=False
        )
    )
    if tn_auth_list is not None:
        builder = builder.add_extension(x509.UnrecognizedExtension(TN_AUTH_LIST, tn_auth_list), critical)
    if host:
        name_ = x509.IPAddress(ipaddress.ip_address(host))
        builder = builder.add_extension(x509.SubjectAlternativeName([name_]), critical=False)
    return Signed(builder.sign(authority, hashes.SHA256()), key)


def _encoded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def identity(signer: Key, x5u: str, **changed: Any) -> str:
    """An Identity field for a call from CALLER to CALLED; claims, and `alg`, `typ`, `ppt`, as `changed` says.

    Signed by ES256, but with `alg="none"` not at all.
    """
    header = {"alg": "ES256", "ppt": "shaken", "typ": "passport", "x5u": x5u}
    claims: dict[str, Any] = {
        "attest": "A",
        "dest": {"tn": [CALLED[1:]]},
        "iat": round(time.time()),
        "orig": {"tn": CALLER[1:]},
        "origid": "8a2c5ff0-6d3d-4a0e-8f5c-bd3a3bcd7f4e",
    }
    for name, value in changed.items():
        (header if name in ("alg", "typ", "ppt", "crit") else claims)[name] = value
    parts = [_encoded(json.dumps(each, separators=(",", ":")).encode()) for each in (header, claims)]
    signature = b""
    if header["alg"] != "none":
        r, s = decode_dss_signature(signer.sign(".".join(parts).encode(), ec.ECDSA(hashes.SHA256())))
        size = signer.key_size // 8
        signature = r.to_bytes(size, "big") + s.to_bytes(size, "big")
    token = ".".join([*parts, _encoded(signature)])
    return f'{token};info=<{x5u}>;alg={header["alg"]};ppt="{header["ppt"]}"'


@dataclass
class Answer:
    body: bytes = b""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    slow_s: float = 0.0


@dataclass
class CertificateServer:
    """Answers by path; `asked` are the paths that were asked for."""

    port: int
    answers: dict[str, Answer | Callable[[], Answer]]
    asked: list[str] = field(default_factory=list)

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.port}"

    def url(self, path: str) -> str:
        return f"https://{self.host}{path}"


@contextmanager
def serving(folder: Path, authority: Signed) -> Iterator[CertificateServer]:
    """An HTTPS server on loopback, its certificate by that authority."""
    own = issue("server", authority, host="127.0.0.1")
    (folder / "server.pem").write_bytes(own.pem + own.key_pem)
    served = CertificateServer(0, {})

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            served.asked.append(self.path)
            found = served.answers.get(self.path, Answer(status=404))
            answer = found if isinstance(found, Answer) else found()
            time.sleep(answer.slow_s)
            self.send_response(answer.status)
            for name, value in answer.headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(answer.body)

        def log_message(self, *_: object) -> None:
            pass

    class Server(http.server.ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, *_: object) -> None:
            """A client that has heard enough goes away."""

    server = Server(("127.0.0.1", 0), Handler)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "server.pem")
    server.socket = context.wrap_socket(server.socket, server_side=True)
    served.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield served
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
