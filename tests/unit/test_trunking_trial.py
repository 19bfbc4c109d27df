"""The call of `trunk test`: a sound that comes back or does not, keys, and all that keeps it from being made;
with a line of the tests' own, in virtual time.
"""

import asyncio
from collections import deque
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from softswitch.app.trunking import calling, trial
from softswitch.app.trunking.calling import EchoCall
from softswitch.app.trunking.examining import Examination, Finding
from softswitch.app.trunking.trial import KEYS, Trials
from softswitch.config import Config
from softswitch.events import CallConfirmed, CallEnded, CallInfo, Cause, DtmfReceived, EndedBy, MediaQuality
from softswitch.gateway import messages
from softswitch.gateway.messages import Originate
from softswitch.news import CallFinished, CallStarted
from softswitch.store import migrate
from softswitch.trunks.settings import Trunk
from softswitch.trunks.targets import Target

TARGET = Target("192.0.2.1", "192.0.2.1", 5060, "udp")
FRAME = 320


class EchoLine:
    """What it plays comes back `delay` frames later, or does not; the same for keys."""

    clock_rate = 8000

    def __init__(self, call_id: str, delay: int = 5, echoes: bool = True, key_echo: bool = True) -> None:
        self.info = CallInfo(call_id, "", "", "", "", 0.0, "a", "out")
        self.echoes, self.key_echo = echoes, key_echo
        self._ring: deque[bytes] = deque()
        self._way: deque[bytes] = deque([bytes(FRAME)] * delay)
        self._up: list[bytes] = []
        self.played = 0
        self.pressed = ""
        self.on_press: Any = None
        self.on_hangup: Any = None

    @property
    def pending(self) -> int:
        return len(self._ring)

    def play(self, pcm: bytes) -> None:
        self._ring.append(pcm)

    def read(self) -> Sequence[bytes]:
        frames, self._up = self._up, []
        return frames

    def clock(self) -> None:
        """One frame each way."""
        out = bytes(FRAME)
        if self._ring:
            out = self._ring.popleft()
            self.played += 1
        self._way.append(out if self.echoes else bytes(FRAME))
        self._up.append(self._way.popleft())

    def send_dtmf(self, digits: str) -> None:
        self.pressed = digits
        self.on_press(digits)

    def hangup(self, cause: Cause) -> None:
        self.on_hangup()


class Others:
    """The calls of somebody else."""

    def __init__(self) -> None:
        self.heard: list[str] = []

    def on_offer(self, line: Any, established: bool, codec: str) -> bool:
        self.heard.append("offer")
        return True

    def on_event(self, call_id: str, event: Any) -> bool:
        self.heard.append("event")
        return True

    def on_ready(self, live_call_ids: Any) -> None:
        self.heard.append("ready")

    def on_tick(self) -> None:
        pass

    def give_up(self, line: Any) -> None:
        self.heard.append("give up")


class Course:
    """A gateway with one far end, whose virtual seconds are sleeps of nothing."""

    def __init__(self, config: Config, **line: Any) -> None:
        self.config, self.line_settings = config, line
        self.others = Others()
        self.trials = Trials(self.others)
        self.emitted: list[Any] = []
        self.sent: list[messages.Message] = []
        self.line: EchoLine | None = None
        self.answer: CallConfirmed | CallEnded = CallConfirmed("PCMU", telephone_event=True)
        self.packets = 500
        self.calling = EchoCall(config, self.trials, self._send, self.emitted.append)
        self.trunk = Trunk(name="a", kind="ip", hosts=("192.0.2.1",))

    def _send(self, message: messages.Message) -> None:
        self.sent.append(message)
        if isinstance(message, Originate):
            self.line = EchoLine(message.call_id, **self.line_settings)
            self.line.on_press = self._press
            self.line.on_hangup = self.end
            assert self.trials.on_offer(self.line, False, "")  # type: ignore[arg-type]
            self.trials.on_event(message.call_id, self.answer)

    def _press(self, digits: str) -> None:
        assert self.line
        if self.line.key_echo:
            for digit in digits:
                self.trials.on_event(self.line.info.call_id, DtmfReceived(digit))

    def end(self, by: EndedBy = EndedBy.NODE) -> None:
        assert self.line
        quality = MediaQuality(packets_received=self.packets)
        self.trials.on_event(self.line.info.call_id, CallEnded(Cause.NORMAL_CLEARING, 200, by, quality))

    async def sleep(self, seconds: float) -> None:
        for _ in range(round(seconds * 50)):
            if self.line:
                self.line.clock()
            self.trials.on_tick()

    async def run(self, to: str = "+49301234567") -> list[Finding]:
        examination = Examination(self.config, self.trunk, None, lambda finding: None)
        await self.calling.run(examination, self.trunk, TARGET, to)
        return examination.findings


@pytest.fixture
def config(tmp_path: Path) -> Config:
    config = Config(data_dir=tmp_path, dialing={"prefixes": ("+49",)})
    migrate.upgrade(config.database_url)
    return config


@pytest.fixture
def course(config: Config, monkeypatch: pytest.MonkeyPatch) -> Iterator[Course]:
    course = Course(config)
    monkeypatch.setattr(trial.asyncio, "sleep", course.sleep)
    yield course


def told(findings: list[Finding]) -> list[tuple[str, bool | None]]:
    return [(finding.step, finding.ok) for finding in findings]


@pytest.mark.parametrize("delay", [0, 5, 60])
async def test_an_echo_is_heard_with_its_delay_and_level(course: Course, delay: int):
    course.line_settings = {"delay": delay}
    findings = await course.run()
    assert told(findings) == [("call", True), ("audio", True), ("dtmf", True)]
    assert f"back after {delay * 20} ms, +0 dB" in findings[1].detail
    assert findings[2].detail == f"the keys {KEYS} came back"


async def test_the_call_is_made_as_the_trunk_wants_it_and_stands_in_the_records(course: Course):
    await course.run()
    (order,) = (message for message in course.sent if isinstance(message, Originate))
    assert (order.trunk, order.target, order.uri) == ("a", TARGET, "sip:+49301234567@192.0.2.1")
    started, _, finished = course.emitted
    assert isinstance(started, CallStarted) and (started.info.direction, started.route) == (
        "out",
        "trunk test",
    )
    assert isinstance(finished, CallFinished) and finished.ended.cause == Cause.NORMAL_CLEARING
    assert course.trials.has_room and not course.trials._trials


async def test_silence_is_told_from_no_packets_at_all(course: Course):
    course.line_settings = {"echoes": False}
    findings = await course.run()
    assert told(findings) == [("call", True), ("audio", False), ("dtmf", None)]
    assert "without the sound" in findings[1].detail and "echo target" in findings[1].remedy
    course.packets = 0
    findings = await course.run()
    assert "not one audio packet" in findings[1].detail and "nat.public_address" in findings[1].remedy


@pytest.mark.parametrize(
    ("telephone_event", "dtmf", "ok"),
    [(True, "auto", True), (False, "auto", True), (False, "rfc4733", False)],
)
async def test_keys_that_do_not_come_back_are_judged_by_what_was_agreed(
    course: Course, telephone_event: bool, dtmf: Any, ok: bool
):
    course.line_settings = {"key_echo": False}
    course.answer = CallConfirmed("PCMU", telephone_event=telephone_event)
    course.trunk = Trunk(name="a", kind="ip", hosts=("192.0.2.1",), dtmf=dtmf)
    findings = await course.run()
    assert (findings[2].step, findings[2].ok, bool(findings[2].remedy)) == ("dtmf", ok, not ok)


@pytest.mark.parametrize(
    ("status", "detail", "remedy"),
    [
        (404, "404 Not Found: the number does not exist there", "rewrite_out"),
        (486, "the number is busy", "answers at once"),
        (488, "nothing of what was offered", "codecs"),
        (401, "password", "trunk edit a"),
        (408, "in time", ""),
    ],
)
async def test_a_call_that_is_not_answered_is_told_in_words(
    course: Course, status: int, detail: str, remedy: str
):
    reason = "Not Found" if status == 404 else ""
    course.answer = CallEnded(Cause.NORMAL_UNSPECIFIED, status, EndedBy.CALLER, reason=reason)
    (finding,) = await course.run()
    assert (finding.step, finding.ok, finding.status) == ("call", False, status)
    assert detail in finding.detail and remedy in finding.remedy
    assert isinstance(course.emitted[-1], CallFinished) and course.emitted[-1].ended.sip_status == status


async def test_a_far_end_that_hangs_up_is_told(course: Course, monkeypatch: pytest.MonkeyPatch):
    course.line_settings = {"echoes": False}

    async def hang_up(seconds: float) -> None:
        course.end(EndedBy.CALLER)

    monkeypatch.setattr(trial.asyncio, "sleep", hang_up)
    findings = await course.run()
    assert "hung up" in findings[1].detail


@pytest.mark.parametrize("to", ["9196", "*43", "echo", "phone.test"])
async def test_extensions_of_the_far_end_need_no_prefix(course: Course, to: str):
    assert (await course.run(to))[0].ok


@pytest.mark.parametrize(
    ("to", "why"),
    [
        ("+19005551234", "dialing.prefixes"),
        ("0900123456", "write it as in"),
        ("1234567", "write it as in"),
        ("9 9", "write it as in"),
        ("x\r\ny", "write it as in"),
        ("sip:x@192.0.2.9", "write it as in"),
    ],
)
async def test_nothing_is_dialled_that_the_guard_forbids(course: Course, to: str, why: str):
    (finding,) = await course.run(to)
    assert finding.ok is False and why in finding.detail
    assert not course.sent and not course.emitted


async def test_it_counts_against_the_caps(config: Config, monkeypatch: pytest.MonkeyPatch):
    capped = config.model_copy(update={"dialing": config.dialing.model_copy(update={"calls_per_number": 1})})
    course = Course(capped)
    monkeypatch.setattr(trial.asyncio, "sleep", course.sleep)
    assert (await course.run())[0].ok
    (held,) = await course.run()
    assert held.ok is False and "guard release" in held.detail


async def test_no_more_than_two_at_once(course: Course):
    course.trials.begin()
    course.trials.begin()
    (finding,) = await course.run()
    assert "other test calls" in finding.detail


async def test_a_gateway_that_never_answers_is_given_up(course: Course, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(calling, "RING_S", 0.0)
    monkeypatch.setattr(calling, "GRACE_S", -3.9)
    monkeypatch.setattr(course.calling, "_send", course.sent.append)
    (finding,) = await course.run()
    assert (finding.step, finding.ok) == ("call", False) and finding.detail == "the gateway lost it"


async def test_calls_of_others_are_handed_on(course: Course):
    mine = course.trials.begin()
    line: Any = EchoLine("f" * 32)
    assert course.trials.on_offer(line, False, "") and course.trials.on_event("f" * 32, DtmfReceived("1"))
    assert course.others.heard == ["offer", "event"] and mine.news.empty()
    mine.line = line
    course.trials.on_ready(set())
    course.trials.give_up(line)
    assert course.others.heard[2:] == ["ready", "give up"]
    assert mine.ended and mine.ended.reason == "the gateway lost it"


async def test_leaving_in_the_middle_hangs_up(course: Course, monkeypatch: pytest.MonkeyPatch):
    forever = asyncio.Event()

    async def stay(seconds: float) -> None:
        await forever.wait()

    monkeypatch.setattr(trial.asyncio, "sleep", stay)
    running = asyncio.ensure_future(course.run())
    for _ in range(200):
        await asyncio.wait([running], timeout=0.01)
        if course.emitted:
            break
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    assert isinstance(course.sent[-1], messages.Hangup)
    assert not course.trials._trials


def test_nothing_is_played_to_a_call_that_is_over() -> None:
    """Its line takes nothing any more: to fill it would take for ever, and hold up all calls."""
    mine = trial.Trial()
    line = EchoLine(mine.call_id)
    mine.line, mine._plays = line, True  # type: ignore[assignment]
    mine.tick()
    assert line.pending
    mine.take(CallEnded(Cause.NORMAL_CLEARING, 200, EndedBy.CALLER))
    line._ring.clear()
    mine.tick()
    assert not line.pending
