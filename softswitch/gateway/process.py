"""The gateway process: one thread that alternates between PJSIP's events and control's socket.

Started by the supervisor with three inherited descriptors: the configuration, the audio region and the
listening Unix socket. Nothing but media and SIP runs here: anything busy beside them breaks the audio.
"""

import gc
import logging
import os
import signal
import socket
import sys
import time
from collections.abc import Callable

from softswitch.child import Inheritance, live
from softswitch.config import Config
from softswitch.gateway import endpoint
from softswitch.gateway.control_socket import ControlSocket
from softswitch.gateway.guard import guarded
from softswitch.gateway.media_port import ClockPort
from softswitch.gateway.nameservers import Nameservers
from softswitch.gateway.rings import Node, Region
from softswitch.gateway.survival import HEARTBEAT_LIMIT
from softswitch.gateway.switchboard import Switchboard

log = logging.getLogger(__name__)
EVENTS_MS = 5
"""How long PJSIP may wait for an event: the latest that an order of control is carried out."""
TICK_S = 0.1


class Gateway:
    def __init__(self, config: Config, region: Region, listener: socket.socket) -> None:
        self._region = region
        self._socket = ControlSocket(listener)
        self._endpoint = endpoint.start(config)
        self._nameservers = Nameservers(config.sip)
        self._clock = ClockPort(region)
        self._switchboard = Switchboard(config, region, self._socket.send, self._endpoint)
        self._stop_wanted = False
        self._stop_at: float | None = None
        self._next_tick = 0.0

    def run(self) -> None:
        """Until stop() is asked for, then for as long as calls are ending, 2 s at most; or until drained."""
        while not self._done():
            self._endpoint.libHandleEvents(EVENTS_MS)
            self._serve_control()
            self._switchboard.free_calls()
            now = time.monotonic()
            if now >= self._next_tick:
                self._next_tick = now + TICK_S
                self._watch_control(now)
                guarded(self._nameservers.tick, now)
                self._switchboard.tick()
        self._serve_control()

    def drain(self) -> None:
        """Take no new calls, and stop after the last of those that are up."""
        self._switchboard.drain()

    def stop(self) -> None:
        """Soon: a signal comes wherever this thread is, in the midst of PJSIP too."""
        self._stop_wanted = True

    def _begin_to_stop(self) -> None:
        if self._stop_at is None:
            self._stop_at = time.monotonic() + 2.0
            self._switchboard.hang_up_all()
            self._switchboard.accounts.leave_all()

    def _done(self) -> bool:
        if self._stop_wanted or self._switchboard.is_drained:
            self._begin_to_stop()
        if self._stop_at is None:
            return False
        busy = self._switchboard.calls_up or self._switchboard.accounts.leaving
        return not busy or time.monotonic() > self._stop_at

    def _serve_control(self) -> None:
        was_connected = self._socket.connected
        for message in self._socket.receive():
            self._switchboard.obey(message)
        self._socket.flush()
        if was_connected and not self._socket.connected:
            self._switchboard.control_lost()

    def _watch_control(self, now: float) -> None:
        """A control process that hangs is as good as away, until it beats again."""
        silent = now - self._region.node[Node.CONTROL_AT_NS] / 1e9
        if self._switchboard.control_here and silent > HEARTBEAT_LIMIT:
            log.warning("control has been silent for %.1f s", silent)
            self._socket.close()
            self._switchboard.control_lost()


def run(config: Config, region_fd: int, listener_fd: int, on_ready: Callable[[], None]) -> None:
    """The process's life: listen, say so, serve until SIGTERM, leave without unwinding PJSIP."""
    sys.setswitchinterval(0.0005)
    region = Region(region_fd, config.media.max_calls, config.media.clock_rate)
    gateway = Gateway(config, region, socket.socket(fileno=listener_fd))
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: gateway.stop())
    signal.signal(signal.SIGUSR1, lambda *_: gateway.drain())
    gc.collect()
    gc.freeze()
    on_ready()
    gateway.run()
    # PJSIP's orderly shutdown waits for transactions and frees ports that are still connected.
    sys.stdout.flush()
    os._exit(0)


def main(inheritance: Inheritance, config: Config) -> None:
    run(config, inheritance.region_fd, inheritance.socket_fd, inheritance.say_ready)


if __name__ == "__main__":
    live(main)
