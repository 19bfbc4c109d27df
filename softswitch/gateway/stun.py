"""The address that this node has for others, asked of a STUN server (RFC 8489) once, before it listens.

PJSIP can ask for every call, but waits for the answer while all other calls wait for it.
"""

import os
import socket
import struct
import time

MAGIC = 0x2112A442
BINDING_REQUEST, BINDING_SUCCESS = 0x0001, 0x0101
MAPPED_ADDRESS, XOR_MAPPED_ADDRESS = 0x0001, 0x0020
DEFAULT_PORT = 3478
WAITS_S = (0.5, 1.0, 1.5)
"""After each of these without an answer the request is sent again, then it is given up."""


def public_address(server: str, own_address: str) -> str:
    """The IPv4 address that `server` (host or host:port) sees us at. OSError with why it is not known."""
    host, _, port = server.partition(":")
    place = socket.getaddrinfo(host, int(port or DEFAULT_PORT), socket.AF_INET, socket.SOCK_DGRAM)[0][4]
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
        asking.bind((own_address, 0))
        asking.connect(place)  # so that a port where nobody listens is known at once
        transaction = os.urandom(12)
        request = struct.pack("!HHI", BINDING_REQUEST, 0, MAGIC) + transaction
        for wait in WAITS_S:
            asking.send(request)
            if found := _answer(asking, transaction, time.monotonic() + wait):
                return found
    raise TimeoutError(f"no answer within {sum(WAITS_S):g} s")


def _answer(asking: socket.socket, transaction: bytes, until: float) -> str:
    while (left := until - time.monotonic()) > 0:
        asking.settimeout(left)
        try:
            data = asking.recv(2048)
        except TimeoutError:
            return ""
        if found := mapped_address(data, transaction):
            return found
    return ""


def mapped_address(message: bytes, transaction: bytes) -> str:
    """The IPv4 address in a Binding success response to this transaction, "" where there is none."""
    if len(message) < 20 or message[4:20] != struct.pack("!I", MAGIC) + transaction:
        return ""
    kind, length = struct.unpack_from("!HH", message)
    if kind != BINDING_SUCCESS:
        return ""
    at, end, plain = 20, min(len(message), 20 + length), ""
    while at + 4 <= end:
        attribute, size = struct.unpack_from("!HH", message, at)
        value = message[at + 4 : at + 4 + size]
        if attribute in (MAPPED_ADDRESS, XOR_MAPPED_ADDRESS) and len(value) == 8 and value[1] == 1:
            (address,) = struct.unpack_from("!I", value, 4)
            if attribute == XOR_MAPPED_ADDRESS:
                return socket.inet_ntoa(struct.pack("!I", address ^ MAGIC))
            plain = socket.inet_ntoa(value[4:])
        at += 4 + size + -size % 4
    return plain
