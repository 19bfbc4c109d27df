"""A DNS server on loopback with records that tests change: UDP, written with dnspython."""

import socket
import threading
from collections import Counter, deque

import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdatatype
import dns.rrset


class Nameserver:
    """`put("a.test", "A", "127.0.0.1")`; a name without records is NXDOMAIN. `silent`: no answers at all."""

    def __init__(self) -> None:
        self._records: dict[tuple[str, str], tuple[int, list[str]]] = {}
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self.port = int(self._socket.getsockname()[1])
        self.silent = False
        self.rcode = dns.rcode.NOERROR
        self.asked: Counter[tuple[str, str]] = Counter()
        self.ids: deque[int] = deque(maxlen=100)
        """The numbers of the latest queries."""
        self._thread = threading.Thread(target=self._serve, daemon=True)

    @property
    def setting(self) -> str:
        return f"sip.nameserver=127.0.0.1:{self.port}"

    def put(self, name: str, kind: str, *values: str, ttl: int = 60) -> None:
        """These records instead of those of that name and kind; none removes them."""
        self._records.pop((name, kind), None)
        if values:
            self._records[name, kind] = (ttl, list(values))

    def __enter__(self) -> "Nameserver":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as waker:
            waker.sendto(b"", ("127.0.0.1", self.port))
        self._thread.join()
        self._socket.close()

    def _serve(self) -> None:
        while True:
            data, client = self._socket.recvfrom(4096)
            if not data:
                return
            query = dns.message.from_wire(data)
            question = query.question[0]
            kind = dns.rdatatype.to_text(question.rdtype)
            name = question.name.to_text().rstrip(".")
            self.asked[name, kind] += 1
            self.ids.append(query.id)
            if not self.silent:
                self._socket.sendto(self._answer(query, name, kind).to_wire(), client)

    def _answer(self, query: dns.message.Message, name: str, kind: str) -> dns.message.Message:
        answer = dns.message.make_response(query)
        answer.flags |= dns.flags.RA
        answer.set_rcode(self.rcode)
        if self.rcode != dns.rcode.NOERROR:
            return answer
        if (name, kind) in self._records:
            ttl, values = self._records[name, kind]
            answer.answer.append(dns.rrset.from_text(name + ".", ttl, "IN", kind, *values))
        elif not any(known == name for known, _ in self._records):
            answer.set_rcode(dns.rcode.NXDOMAIN)
        return answer
