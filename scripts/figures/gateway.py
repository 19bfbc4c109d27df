"""A gateway process by itself: the measurement is its control. Two of them are each other's far ends."""

import os
import random
import select
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from typing import Self

from figures.figure import Workshop
from figures.node import free_port, wait_for
from softswitch import config
from softswitch.child import READY, Inheritance, config_fd
from softswitch.errors import SoftswitchError
from softswitch.events import CallEnded, LegEvent
from softswitch.gateway import messages, wire
from softswitch.gateway.rings import Node as Counter
from softswitch.gateway.rings import Region, SlotView
from softswitch.supervisor import listen

BEAT_S = 0.02


class Gateway:
    """`with Gateway(workshop, "far", answers=True) as far:`; one that `answers` takes every call at once."""

    def __init__(self, workshop: Workshop, name: str, *settings: str, answers: bool = False) -> None:
        self.sip_port = free_port()
        self._folder = workshop.folder / f"{name}-{self.sip_port}"
        self._answers = answers
        self._config = config.load(
            overrides=(
                f"sip.port={self.sip_port}",
                f"media.rtp_port={random.randrange(10000, 28000, 2)}",
                f"data_dir={self._folder}",
                *settings,
            )
        )
        self._taken: list[messages.Message] = []
        self._stopped = threading.Event()
        self._sending = threading.Lock()

    def __enter__(self) -> Self:
        run_dir, media = self._config.run_dir, self._config.media
        run_dir.mkdir(parents=True)
        region_fd = Region.create(media.max_calls, media.clock_rate)
        self._region = Region(region_fd, media.max_calls, media.clock_rate)
        ready, say_ready = os.pipe()
        path = run_dir / "gateway.sock"
        with listen(path) as listener, (self._folder / "gateway.log").open("wb") as log:
            inheritance = Inheritance(config_fd(self._config), region_fd, listener.fileno(), say_ready)
            command = [sys.executable, "-m", "softswitch.gateway.process", *inheritance.arguments()]
            self._process = subprocess.Popen(
                command, pass_fds=inheritance.descriptors(), stdout=log, stderr=log
            )
            for fd in (inheritance.config_fd, region_fd, say_ready):
                os.close(fd)
            if os.read(ready, 100) != READY:
                raise SoftswitchError(f"the gateway did not start; see {self._folder}/gateway.log")
            os.close(ready)
            self._socket = socket.socket(socket.AF_UNIX)
            self._socket.connect(str(path))
        line = run_dir / "line.pcm"
        line.write_bytes(bytes(16000))
        self._region.node[Counter.CONTROL_AT_NS] = time.monotonic_ns()
        self.order(messages.Hello(str(line)))
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()
        is_ready = lambda: any(isinstance(message, messages.Ready) for message in self._taken)  # noqa: E731
        wait_for(is_ready, "the gateway is ready", 5)
        return self

    def __exit__(self, *_: object) -> None:
        self._stopped.set()
        self._thread.join()
        self._socket.close()
        self._process.kill()
        self._process.wait()

    @property
    def pid(self) -> int:
        return self._process.pid

    def order(self, message: messages.Message) -> None:
        with self._sending:
            self._socket.sendall(wire.encode(message))

    def slot(self, offered: messages.Offered) -> SlotView:
        return self._region.slot(offered.slot)

    def offer(self, sip_call_id: str = "", call_id: str = "") -> messages.Offered:
        """Of a call by its Call-ID, or by our name for it."""

        def found() -> list[messages.Offered]:
            offers = [message for message in list(self._taken) if isinstance(message, messages.Offered)]
            return [o for o in offers if sip_call_id == o.info.sip_call_id or call_id == o.info.call_id]

        return wait_for(found, "the gateway offers a call", 5)[0]

    def happened(self, call_id: str, is_it: Callable[[LegEvent], bool]) -> None:
        """Wait until such an event of that call has come."""
        wait_for(
            lambda: any(
                isinstance(message, messages.Happened) and message.call_id == call_id and is_it(message.event)
                for message in reversed(list(self._taken))
            ),
            "the gateway tells of a call",
            5,
            every=0.001,
        )

    def forget(self) -> None:
        """What was told so far."""
        self._taken.clear()

    def _serve(self) -> None:
        decoder = wire.Decoder()
        while not self._stopped.is_set():
            self._region.node[Counter.CONTROL_AT_NS] = time.monotonic_ns()
            if not select.select([self._socket], [], [], BEAT_S)[0]:
                continue
            for message in decoder.feed(self._socket.recv(1 << 16)):
                self._take(message)

    def _take(self, message: messages.Message) -> None:
        if isinstance(message, messages.Offered) and self._answers:
            self.order(messages.Answer(message.info.call_id))
        self._taken.append(message)
        if isinstance(message, messages.Happened) and isinstance(message.event, CallEnded):
            self.order(messages.Released(message.call_id))
