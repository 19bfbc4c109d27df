"""A caller and the person whom control fetched for him: two far ends of one gateway that hear each other."""

import contextlib
import time
from collections.abc import Iterator
from threading import Event, Thread

import numpy as np
from far_end import FarEnd, tone
from gateway_alone import GatewayAlone
from inbound_call import InboundCall, up
from node import wait_for
from outbound_call import OutboundCall

from softswitch.events import BridgeChanged, CallConfirmed
from softswitch.gateway import messages

CALLER_HZ, PERSON_HZ = 500.0, 1300.0
"""Like all tones here multiples of 10 Hz: in 0.1 s, whole periods of each, they are nothing to each other."""


def strength(samples: np.ndarray, hertz: float) -> float:
    """The amplitude of this frequency (Goertzel), 0 without samples."""
    if not len(samples):
        return 0.0
    turns = np.exp(-2j * np.pi * hertz / 8000 * np.arange(len(samples)))
    return float(2 * abs(samples @ turns) / len(samples))


def latest(far: FarEnd, seconds: float = 0.1) -> np.ndarray:
    """What came last."""
    packets = far.sound.heard[-round(seconds * 50) :]
    return np.concatenate(packets) if packets else np.zeros(0)


def hears(far: FarEnd, hertz: float, seconds: float = 3.0) -> None:
    """Fails unless that tone comes soon."""
    wait_for(lambda: strength(latest(far), hertz) > 2000, f"{hertz:g} Hz is heard", seconds)


def hears_not(far: FarEnd, hertz: float, seconds: float = 0.4) -> None:
    """Fails unless that tone stays away, from a moment on (its last packets may be under way)."""
    wait_for(lambda: strength(latest(far), hertz) < 300, f"{hertz:g} Hz is heard no longer", 2)
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        assert strength(latest(far), hertz) < 300
        time.sleep(0.05)


@contextlib.contextmanager
def sounding(*who: tuple[FarEnd, float]) -> Iterator[None]:
    """Each of these far ends sends its tone meanwhile."""
    stopped = Event()

    def sound(far: FarEnd, hertz: float) -> None:
        while not stopped.is_set():
            far.sound.send(tone(hertz, 0.1))  # whole periods of both tones

    threads = [Thread(target=sound, args=pair) for pair in who]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        stopped.set()
        for thread in threads:
            thread.join()


class Pair:
    """`with Pair(gateway) as pair:`; both are up, and bridged."""

    def __init__(self, gateway: GatewayAlone, bridged: bool = True) -> None:
        self.gateway = gateway
        self._bridged = bridged

    def __enter__(self) -> "Pair":
        self._ends = contextlib.ExitStack()
        self.caller_far = self._ends.enter_context(FarEnd())
        self.person_far = self._ends.enter_context(FarEnd())
        self.caller = up(self.gateway, self.caller_far)
        self.person = OutboundCall(self.gateway, self.person_far.port)
        self.invite = self.person_far.next("INVITE")
        self.person_far.reply(self.invite, 200, sdp=self.person_far.description())
        self.person_far.next("ACK")
        self.person.wait(CallConfirmed)
        wait_for(lambda: self.person_far.sound.payload_types, "audio comes")
        if self._bridged:
            self.bridge()
        return self

    def __exit__(self, *_: object) -> None:
        self._ends.close()

    def bridge(self) -> None:
        self.caller.order(messages.Bridge, self.person.call_id)
        self.caller.wait(BridgeChanged(self.person.call_id))
        self.person.wait(BridgeChanged(self.caller.call_id))

    def talk(self) -> contextlib.AbstractContextManager[None]:
        """Both send their tones meanwhile."""
        return sounding((self.caller_far, CALLER_HZ), (self.person_far, PERSON_HZ))

    def both_hear(self) -> None:
        hears(self.caller_far, PERSON_HZ)
        hears(self.person_far, CALLER_HZ)

    def heard_by(self, far: FarEnd) -> np.ndarray:
        """What came in the last 0.1 s."""
        return latest(far)

    def heard_by_caller(self) -> np.ndarray:
        return latest(self.caller_far)

    def apart(self) -> None:
        """Fails unless both were told that they hear nobody."""
        for call in (self.caller, self.person):
            call.wait(BridgeChanged(""))


def uplink(call: InboundCall | OutboundCall) -> np.ndarray:
    """What control gets of a call in the next 0.3 s."""
    _, before, _ = call.slot.read_up(0)
    time.sleep(0.3)
    frames, _, _ = call.slot.read_up(before)
    return np.frombuffer(b"".join(frames), "<i2").astype(float)
