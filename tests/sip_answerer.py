"""A far end that answers each kind of request with the status that a test sets: UDP, TCP or TLS, no PJSIP."""

import contextlib
import re
import socket
import ssl
import threading
import time
from dataclasses import dataclass, field


@dataclass
class Request:
    method: str
    text: str
    at: float = field(default_factory=time.monotonic)


class Answerer:
    """`with Answerer() as far: far.status["OPTIONS"] = 503`. What has no status there is answered with 200;
    status 0 is silence. `delay` is in seconds. `headers` are added to every answer.
    """

    def __init__(self, *, tcp: bool = False, tls: ssl.SSLContext | None = None, port: int = 0) -> None:
        self.status: dict[str, int] = {}
        self.delay = 0.0
        self.headers: list[str] = []
        self.sees = ""
        """The address and port that requests seem to come from, such as "127.0.0.77:5555" (RFC 3581)."""
        self.requests: list[Request] = []
        self.kept_alive: list[float] = []
        """When empty packets came that keep a NAT open (RFC 5626 section 4.4.1)."""
        self._tls = tls
        kind = socket.SOCK_STREAM if tcp or tls else socket.SOCK_DGRAM
        self._socket = socket.socket(socket.AF_INET, kind)
        self._socket.bind(("127.0.0.1", port))
        self._socket.settimeout(0.05)
        self.port = int(self._socket.getsockname()[1])
        self._stopped = threading.Event()
        stream = kind == socket.SOCK_STREAM
        if stream:
            self._socket.listen()
        self._thread = threading.Thread(target=self._serve_stream if stream else self._serve)

    def __enter__(self) -> "Answerer":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopped.set()
        self._thread.join()
        self._socket.close()

    def of(self, method: str) -> list[Request]:
        """All requests of a method that have come."""
        return [request for request in self.requests if request.method == method]

    def _serve(self) -> None:
        while not self._stopped.is_set():
            with contextlib.suppress(TimeoutError):
                data, peer = self._socket.recvfrom(65535)
                if answer := self._answer(data.decode(errors="replace")):
                    self._socket.sendto(answer, peer)

    def _serve_stream(self) -> None:
        """One connection at a time, until it is closed or nothing comes for a while."""
        while not self._stopped.is_set():
            with contextlib.suppress(TimeoutError, OSError):
                connection, _ = self._socket.accept()
                connection.settimeout(0.3)
                if self._tls:
                    connection = self._tls.wrap_socket(connection, server_side=True)
                with connection:
                    while data := connection.recv(65535):
                        if answer := self._answer(data.decode(errors="replace")):
                            connection.sendall(answer)

    def _answer(self, text: str) -> bytes:
        """Empty for silence."""
        if not text.strip():
            self.kept_alive.append(time.monotonic())
            return b""
        if text.startswith("SIP/2.0"):
            return b""
        method = text.split(" ", 1)[0]
        self.requests.append(Request(method, text))
        status = self.status.get(method, 200)
        if not status:
            return b""
        time.sleep(self.delay)
        fields = ("Via", "From", "To", "Call-ID", "CSeq")
        kept = [line for line in text.split("\r\n") if line.split(":")[0] in fields]
        if method == "REGISTER" and status == 200:
            kept += re.findall(r"^Contact:.*?(?=\r)", text, re.M)
            kept += re.findall(r"^Expires:.*?(?=\r)", text, re.M)
        if self.sees:
            address, _, port = self.sees.partition(":")
            kept[0] = kept[0].replace(";rport", f";rport={port};received={address}")
        head = [f"SIP/2.0 {status} So", *kept, *self.headers, "Content-Length: 0"]
        return ("\r\n".join(head) + "\r\n\r\n").encode()
