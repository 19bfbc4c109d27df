"""The gateway process without a control process: a test gives it control's orders itself.

It answers nothing by itself: a test decides when a call is answered, held, sent keys or transferred.
"""

import os
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import TypeVar

from node import free_port, rtp_range, wait_for

from softswitch import config
from softswitch.child import READY, Inheritance, config_fd
from softswitch.events import CallEnded, LegEvent
from softswitch.gateway import messages, wire
from softswitch.gateway.messages import Message
from softswitch.gateway.rings import Node, Region, SlotView
from softswitch.supervisor import listen

Wanted = TypeVar("Wanted")
LINE = bytes(16000)
"""The holding line: a second of silence."""


class GatewayAlone:
    """`with GatewayAlone(folder) as gateway:`. Ended calls are released at once, as control would."""

    def __init__(self, folder: Path, *settings: str, line: bytes = LINE) -> None:
        self.line = line
        folder.mkdir(parents=True, exist_ok=True)
        self.sip_port = free_port()
        overrides = (f"sip.port={self.sip_port}", f"media.rtp_port={rtp_range()}", "media.rtp_ports=1000")
        self.config = config.load(overrides=(*overrides, f"data_dir={folder}", *settings))
        self._folder = folder
        self.beats_every = 0.05
        """Seconds between two heartbeats of control."""
        self._took: list[Message] = []
        self._lock = threading.Lock()
        self._stopped = threading.Event()

    def __enter__(self) -> "GatewayAlone":
        run_dir = self.config.run_dir
        run_dir.mkdir(parents=True, exist_ok=True)
        media = self.config.media
        region_fd = Region.create(media.max_calls, media.clock_rate)
        self.region = Region(region_fd, media.max_calls, media.clock_rate)
        listener = listen(run_dir / "gateway.sock")
        ready, say_ready = os.pipe()
        inheritance = Inheritance(config_fd(self.config), region_fd, listener.fileno(), say_ready)
        command = [sys.executable, "-m", "softswitch.gateway.process", *inheritance.arguments()]
        with (self._folder / "gateway.log").open("ab") as log:
            self.process = subprocess.Popen(
                command, pass_fds=inheritance.descriptors(), stdout=log, stderr=log
            )
        for fd in (inheritance.config_fd, region_fd, say_ready):
            os.close(fd)
        with listener:
            is_ready = os.read(ready, 100) == READY
            os.close(ready)
            if not is_ready:
                self.process.wait(5)
            assert is_ready, self.log
            self.come()
        self.wait(messages.Ready)
        return self

    def come(self) -> None:
        """Control is there from now on; `took` and `events` are of this one."""
        self._stopped.clear()
        self._took.clear()
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.connect(str(self.config.run_dir / "gateway.sock"))
        line = self.config.run_dir / "line.pcm"
        line.write_bytes(self.line)
        self.region.node[Node.CONTROL_AT_NS] = time.monotonic_ns()  # as control does before it says hello
        self.order(messages.Hello(str(line)))
        self._threads = [threading.Thread(target=work) for work in (self._beat, self._take)]
        for thread in self._threads:
            thread.start()

    def __exit__(self, *_: object) -> None:
        self.leave()
        self.process.terminate()
        try:
            self.process.wait(10)
        finally:
            self.process.kill()
            self.process.wait()

    @property
    def log(self) -> str:
        return (self._folder / "gateway.log").read_text(errors="replace")

    @property
    def uri(self) -> str:
        return f"sip:reception@127.0.0.1:{self.sip_port}"

    def leave(self) -> None:
        """Control is away from now on."""
        if self._stopped.is_set():
            return
        self._stopped.set()
        self._socket.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join()
        self._socket.close()

    # --- as control -----------------------------------------------------------------------------------

    def order(self, message: Message) -> None:
        self._socket.sendall(wire.encode(message))

    def answer(self, offered: messages.Offered) -> None:
        self.order(messages.Answer(offered.info.call_id))

    def slot(self, offered: messages.Offered) -> SlotView:
        return self.region.slot(offered.slot)

    def wait(self, kind: type[Wanted], number: int = 1, seconds: float = 10.0) -> Wanted:
        """The `number`th message of this kind, or the `number`th event of it that a call has had."""

        def found() -> list[object]:
            with self._lock:
                things = [m.event if isinstance(m, messages.Happened) else m for m in self._took]
            return [thing for thing in things if isinstance(thing, kind)][number - 1 :]

        first = wait_for(found, f"the gateway says {kind.__name__} (number {number})", seconds)
        assert isinstance(first, list)
        return first[0]  # type: ignore[no-any-return]

    def registration(self, trunk: str, number: int = 1, seconds: float = 10.0) -> messages.Registered:
        """The `number`th word about this trunk's registration."""

        def found() -> list[messages.Registered]:
            words = [message for message in self.took if isinstance(message, messages.Registered)]
            return [word for word in words if word.trunk == trunk][number - 1 :]

        first = wait_for(found, f"the gateway says how {trunk} registered (number {number})", seconds)
        assert isinstance(first, list)
        return first[0]  # type: ignore[no-any-return]

    @property
    def took(self) -> list[Message]:
        """All that the gateway has said."""
        with self._lock:
            return list(self._took)

    @property
    def events(self) -> list[LegEvent]:
        with self._lock:
            return [message.event for message in self._took if isinstance(message, messages.Happened)]

    def events_of(self, call_id: str) -> list[LegEvent]:
        with self._lock:
            happened = [message for message in self._took if isinstance(message, messages.Happened)]
        return [message.event for message in happened if message.call_id == call_id]

    def offer_of(self, call_id: str) -> messages.Offered:
        """The offer of a call, by our name for it or by its INVITE's Call-ID."""

        def found() -> list[messages.Offered]:
            with self._lock:
                offers = [message for message in self._took if isinstance(message, messages.Offered)]
            return [offer for offer in offers if call_id in (offer.info.call_id, offer.info.sip_call_id)]

        return wait_for(found, f"call {call_id} is offered")[0]  # type: ignore[index,no-any-return]

    def _beat(self) -> None:
        while not self._stopped.wait(self.beats_every):
            self.region.node[Node.CONTROL_AT_NS] = time.monotonic_ns()

    def _take(self) -> None:
        decoder = wire.Decoder()
        while data := self._socket.recv(1 << 16):
            for message in decoder.feed(data):
                with self._lock:
                    self._took.append(message)
                if isinstance(message, messages.Happened) and isinstance(message.event, CallEnded):
                    self.order(messages.Released(message.call_id))
