"""A STUN server (RFC 8489) on loopback that tells everybody the same public address."""

import socket
import struct
import threading

from softswitch.gateway import stun


def attribute(kind: int, value: bytes) -> bytes:
    return struct.pack("!HH", kind, len(value)) + value + bytes(-len(value) % 4)


def xored(address: str) -> bytes:
    """XOR-MAPPED-ADDRESS."""
    number = struct.unpack("!I", socket.inet_aton(address))[0] ^ stun.MAGIC
    return attribute(stun.XOR_MAPPED_ADDRESS, struct.pack("!BBHI", 0, 1, 4000, number))


def response(transaction: bytes, *attributes: bytes, kind: int = stun.BINDING_SUCCESS) -> bytes:
    body = b"".join(attributes)
    return struct.pack("!HHI", kind, len(body), stun.MAGIC) + transaction + body


class StunServer:
    """`loses` requests are not answered."""

    def __init__(self, address: str, loses: int = 0) -> None:
        self._address = address
        self._loses = loses
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self._socket.settimeout(0.1)
        self.port = int(self._socket.getsockname()[1])
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._serve)

    def __enter__(self) -> "StunServer":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopped.set()
        self._thread.join()
        self._socket.close()

    def _serve(self) -> None:
        while not self._stopped.is_set():
            try:
                request, client = self._socket.recvfrom(2048)
            except TimeoutError:
                continue
            if self._loses:
                self._loses -= 1
            else:
                self._socket.sendto(response(request[8:20], xored(self._address)), client)
