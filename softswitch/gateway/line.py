"""A call's leg as control sees it: implements ports.Line over a slot of the shared memory."""

from collections.abc import Callable, Sequence

import numpy as np

from softswitch.events import CallInfo, Cause
from softswitch.gateway import messages
from softswitch.gateway.rings import Node, Region, Slot


class CallLine:
    def __init__(
        self,
        info: CallInfo,
        region: Region,
        slot: int,
        send: Callable[[messages.Message], None],
        telephone_event: bool = True,
    ) -> None:
        self.info = info
        self.telephone_event = telephone_event
        """Whether its keys come as RFC 4733's events; for sure once it is confirmed."""
        self.bridged_to = ""
        """The call whose far end this one hears."""
        self.kept = ""
        """What the gateway has kept of it for the control process before this one."""
        self.clock_rate = region.clock_rate
        self._node = region.node
        self._slot = region.slot(slot)
        self._counters = self._slot.counters
        self._send = send
        self._read = self._counters[Slot.UP_WRITTEN]
        self._last = (0, 0)  # which frames were read last: from where, and how many
        self._closed = False
        self._at_end = (0, 0)  # `played` and `pending`
        self._far: CallLine | None = None
        self._ahead = 0  # by so many frames the far line's uplink counts more than this one's

    def read(self) -> Sequence[bytes]:
        if self._closed or self._counters[Slot.UP_WRITTEN] == self._read:
            self._last = self._read, 0
            return ()
        frames, self._read, lost = self._slot.read_up(self._read)
        self._node[Node.FRAMES_DROPPED] += lost
        self._last = self._read - len(frames), len(frames)
        return frames

    def heard(self) -> Sequence[bytes]:
        if self._closed:
            return ()
        start, count = self._last
        own = self._slot.read_heard(start, count)
        if self._far is None or self._far._closed:
            return own
        return [*map(_mix, own, self._far._slot.up_at(start + self._ahead, count))]

    def play(self, pcm: bytes) -> int:
        if self._closed:
            return 0
        self._slot.write_down(pcm)
        return self.played + self.pending

    def flush(self) -> int:
        return self._slot.flush() if not self._closed else self.played

    @property
    def played(self) -> int:
        return self._at_end[0] if self._closed else self._counters[Slot.DOWN_PLAYED]

    @property
    def pending(self) -> int:
        if self._closed:
            return self._at_end[1]
        counters = self._counters
        read = max(counters[Slot.DOWN_READ], counters[Slot.DOWN_FLUSH])
        return max(0, counters[Slot.DOWN_WRITTEN] - read)

    def expect_more(self, more: bool) -> None:
        if not self._closed:
            self._counters[Slot.EXPECT_MORE] = int(more)

    def answer(self) -> None:
        self._send(messages.Answer(self.info.call_id))

    def hangup(self, cause: Cause) -> None:
        self._send(messages.Hangup(self.info.call_id, int(cause)))

    def transfer(self, uri: str) -> None:
        self._send(messages.Refer(self.info.call_id, uri))

    def send_dtmf(self, digits: str) -> None:
        self._send(messages.SendDtmf(self.info.call_id, digits))

    def music(self, path: str) -> None:
        self._send(messages.Music(self.info.call_id, path))

    def bridge(self, other_call_id: str) -> None:
        self._send(messages.Bridge(self.info.call_id, other_call_id))

    def unbridge(self) -> None:
        self._send(messages.Unbridge(self.info.call_id))

    def hear(self, call_id: str, far: "CallLine | None") -> None:
        """The gateway says that this far end hears that of call `call_id` from here on, "" for nobody's."""
        self.bridged_to, self._far = call_id, far
        if far is not None:  # one clock counts for both
            self._ahead = far._counters[Slot.UP_WRITTEN] - self._counters[Slot.UP_WRITTEN]

    def let_go(self) -> None:
        """The slot may be another call's from here on; time stands still in this one."""
        self._at_end = self.played, self.pending
        self._closed = True

    def close(self) -> None:
        """The call is over."""
        self.let_go()
        self._send(messages.Released(self.info.call_id))


def _mix(one: bytes, other: bytes) -> bytes:
    """Two frames heard at once; b"" is silence."""
    if not one or not other:
        return one or other
    both = np.frombuffer(one, "<i2").astype(np.int32) + np.frombuffer(other, "<i2")
    return bytes(both.clip(-32768, 32767).astype("<i2").data)
