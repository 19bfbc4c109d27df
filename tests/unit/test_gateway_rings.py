"""The audio rings in shared memory, written and read as the two processes do."""

import pytest

from softswitch.gateway.rings import DOWN_FRAMES, PACING_BOUNDS_MS, UP_FRAMES, Region, Slot, SlotView

FRAME = 320


@pytest.fixture
def region() -> Region:
    return Region(Region.create(3, 8000), 3, 8000)


@pytest.fixture
def slot(region: Region) -> SlotView:
    return region.slot(1)


def frame(number: int) -> bytes:
    return bytes([number % 251]) * FRAME


def gateway_writes(slot: SlotView, numbers: range) -> None:
    for number in numbers:
        written = slot.counters[Slot.UP_WRITTEN]
        slot.up_frames[written % UP_FRAMES][:] = frame(number)
        slot.counters[Slot.UP_WRITTEN] = written + 1


def gateway_plays(slot: SlotView, count: int) -> list[bytes]:
    """What the media clock's callback does, `count` times."""
    played = []
    for _ in range(count):
        read = max(slot.counters[Slot.DOWN_READ], slot.counters[Slot.DOWN_FLUSH])
        if read < slot.counters[Slot.DOWN_WRITTEN]:
            start = read % DOWN_FRAMES * FRAME
            played.append(bytes(slot.down[start : start + FRAME]))
            slot.counters[Slot.DOWN_READ] = read + 1
            slot.counters[Slot.DOWN_PLAYED] += 1
    return played


def test_frames_come_out_in_order_across_the_end_of_the_ring(slot: SlotView) -> None:
    position = 0
    heard = []
    for start in range(0, 3 * UP_FRAMES, 7):
        gateway_writes(slot, range(start, start + 7))
        frames, position, lost = slot.read_up(position)
        assert lost == 0
        heard += frames
    assert heard == [frame(number) for number in range(len(heard))]


def test_a_reader_that_comes_too_late_is_told_what_it_lost(slot: SlotView) -> None:
    gateway_writes(slot, range(UP_FRAMES + 50))
    frames, position, lost = slot.read_up(0)
    assert lost == 51  # the oldest frame left may be being written over right now
    assert position == UP_FRAMES + 50
    assert frames[0] == frame(51)


def test_prompts_play_in_order_and_the_last_frame_is_filled_with_silence(slot: SlotView) -> None:
    slot.write_down(b"\1" * 500)
    slot.write_down(b"\2" * FRAME)
    assert gateway_plays(slot, 5) == [b"\1" * FRAME, b"\1" * 180 + bytes(140), b"\2" * FRAME]


def test_a_prompt_wraps_around_the_end_of_the_ring(slot: SlotView) -> None:
    first = b"".join(map(frame, range(DOWN_FRAMES - 3)))
    slot.write_down(first)
    gateway_plays(slot, DOWN_FRAMES - 3)
    slot.write_down(b"".join(map(frame, range(10))))
    assert gateway_plays(slot, 10) == [frame(number) for number in range(10)]


def test_what_does_not_fit_is_refused_whole(slot: SlotView) -> None:
    slot.write_down(bytes(FRAME * (DOWN_FRAMES - 1)))
    with pytest.raises(BufferError):
        slot.write_down(bytes(FRAME * 2))
    assert slot.free_frames() == 1


def test_a_flush_silences_at_once_and_tells_what_was_heard(slot: SlotView) -> None:
    slot.write_down(bytes(FRAME * 100))
    gateway_plays(slot, 30)
    assert slot.flush() == 30
    assert gateway_plays(slot, 5) == []
    slot.write_down(frame(9))
    assert gateway_plays(slot, 5) == [frame(9)]
    assert slot.counters[Slot.DOWN_PLAYED] == 31


def test_slots_do_not_touch_each_other(region: Region) -> None:
    for index in range(3):
        region.slot(index).write_down(bytes([index + 1]) * FRAME * DOWN_FRAMES)
    for index in range(3):
        assert set(gateway_plays(region.slot(index), DOWN_FRAMES)) == {bytes([index + 1]) * FRAME}


def test_pacing_is_counted_in_its_bucket(region: Region) -> None:
    for ms in (20.0, 20.4, 200.0):
        region.observe_pacing(int(ms * 1e6))
    counts = dict(zip((*PACING_BOUNDS_MS, "beyond"), region.pacing(), strict=True))
    assert {bound: count for bound, count in counts.items() if count} == {20.0: 1, 20.5: 1, "beyond": 1}
