"""Recordings of real calls: both sides at their times, not before consent, no secret; and after a kill."""

import json
import stat
import subprocess
import threading
import wave
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt
import plan_files
import pytest
from node import SOFTSWITCH, Node, wait_for
from plan_files import ENDING
from rawsip import Phone

Samples = npt.NDArray[np.float64]
RATE = 8000
PLAN = """
name: recorded
start: greeting
barge_in: off
recording: {mode: always, consent: This call is being recorded.}
variables:
  pin: {type: digits, length: 4, sensitive: yes}
universal:
  on: {human: person, goodbye: closing, help: greeting}
repair:
  no_input: [Still there?, Hello?, Is anybody there?, I am still here., Please say something.]
  no_match: Pardon?
  then: closing
human: sip:desk@127.0.0.1
timing: {no_input_timeout: 3s}
"""
FLOW = """
steps:
  greeting:
    say: Welcome to the bank. What can I do for you today?
    listen: {on: {account: pin}, dtmf: {"1": pin}}
  pin:
    say: Please key in your four digits, and nobody will ever hear of them.
    dtmf: {slot: pin, next: thanks}
  thanks:
    say: Thank you very much. What else can I do for you?
    listen: {on: {account: pin}}
"""


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory, prompts: Path) -> Iterator[Node]:
    folder = tmp_path_factory.mktemp("recordings")
    files = {
        "plan.yaml": PLAN,
        "flows/main.yaml": FLOW + ENDING,
        "intents/account.yaml": "sentences: [my account, account]\n",
    }
    plan = plan_files.write(folder / "plan", files)
    with Node(folder / "node", prompts, f"dialplan={plan}") as node:
        yield node
        print(node.log)


def recording(node: Node) -> tuple[Path, Samples, Samples]:
    """The newest call's, once it is whole: its path, the caller's side and the node's."""
    call = node.calls(limit=1)[0]
    path = node.data_dir / "recordings" / call.recording
    wait_for(path.is_file, f"{path} is whole")
    return path, *stereo(path)


def stereo(path: Path) -> tuple[Samples, Samples]:
    with wave.open(str(path)) as file:
        assert (file.getnchannels(), file.getsampwidth(), file.getframerate()) == (2, 2, RATE)
        samples = np.frombuffer(file.readframes(file.getnframes()), "<i2").reshape(-1, 2).astype(float)
    return samples[:, 0], samples[:, 1]


def lags(later: Samples, earlier: Samples) -> list[int]:
    """By how many samples each half second with something to hear in `earlier` comes later in `later`."""
    half = RATE // 2
    pieces = [(at, earlier[at : at + half]) for at in range(0, len(earlier) - half, half)]
    return [_place(later, piece) - at for at, piece in pieces if loud(piece).sum() > 15]


def lag(later: Samples, earlier: Samples) -> float:
    """Their median, in seconds, since a jitter buffer may skip a frame now and then; most must be there."""
    found = lags(later, earlier)
    middle = float(np.median(found))
    assert np.mean(np.abs(np.array(found) - middle) < 0.1 * RATE) > 0.7, found
    return middle / RATE


def _place(samples: Samples, piece: Samples) -> int:
    size = 1 << (len(samples) + len(piece)).bit_length()
    return int(np.argmax(np.fft.irfft(np.fft.rfft(samples, size) * np.conj(np.fft.rfft(piece, size)), size)))


def loud(samples: Samples) -> npt.NDArray[np.bool_]:
    """For each frame of 20 ms whether there is something to hear."""
    frames = samples[: len(samples) // 160 * 160].reshape(-1, 160)
    return np.sqrt(np.mean(frames**2, axis=1)) > 300


@pytest.mark.slow
@pytest.mark.quiet
def test_a_call_is_recorded_after_the_consent_and_without_its_secret(node: Node, tmp_path: Path) -> None:
    own = tmp_path / "caller.wav"
    script = ["--say", "my account", "--dtmf", "4711", "--say", "goodbye"]
    command = [str(SOFTSWITCH), "call", node.uri, "--json", "--record", str(own), *script]
    done = subprocess.run(command, capture_output=True, text=True, timeout=90, check=True)
    assert json.loads(done.stdout)["ok"]
    path, left, right = recording(node)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    said, heard = stereo(own)

    consent = lag(heard, right)
    assert 1.0 < consent < 3.0  # which the caller heard before anything was recorded
    assert loud(heard[: round(consent * RATE)]).sum() > 40
    assert abs(lag(said, left) - consent) < 0.15  # the way there and back

    secret = (left == 0) & (right == 0)
    changes = np.flatnonzero(np.diff(np.concatenate(([0], secret.astype(int), [0]))))
    begin, end = max(zip(changes[::2], changes[1::2], strict=True), key=lambda span: span[1] - span[0])
    assert (end - begin) / RATE > 3
    at = round(consent * RATE)
    assert loud(heard[at + begin : at + end]).sum() > 100  # the caller did hear the question
    call = node.calls(limit=1)[0]
    assert call.recording_note == ""
    assert node.metrics()['softswitch_recordings_total{result="whole"}'] >= 1


class Echo(Phone):
    """Sends every packet of RTP back as it comes."""

    def __enter__(self) -> "Echo":
        super().__enter__()
        self._stopped = threading.Event()
        self.thread = threading.Thread(target=self._echo)
        self.thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopped.set()
        self.thread.join()
        super().__exit__()

    def _echo(self) -> None:
        self.rtp.settimeout(0.2)
        while not self._stopped.is_set():
            try:
                packet, source = self.rtp.recvfrom(2048)
                self.rtp.sendto(packet, source)
            except TimeoutError:
                continue


@pytest.mark.slow
@pytest.mark.quiet
def test_both_sides_are_at_their_times(node: Node) -> None:
    """The way there and back takes 25 to 45 ms by itself, more while the machine keeps packets waiting."""
    found: list[int] = []
    for _ in range(3):
        with Echo(node.sip_port) as phone:
            assert phone.invite() == 200
            node.wait_for_turn(via="start", seconds=20)
            phone.bye()
            node.wait_for_calls(len(node.calls()))
        _, left, right = recording(node)
        found = sorted(found + [each for each in lags(left, right) if each > 0])
        if found and found[0] <= 0.065 * RATE:
            break
    assert 0.02 * RATE <= found[0] <= 0.065 * RATE, found


@pytest.mark.slow
def test_a_recording_goes_on_when_control_is_killed(node: Node) -> None:
    with Phone(node.sip_port) as phone:
        assert phone.invite() == 200
        part = wait_for(lambda: list(node.data_dir.rglob("*.wav.part")), "it is recorded")
        wait_for(lambda: part[0].stat().st_size > 2 * 32_000, "two seconds of it are on disk", every=0.1)
        node.kill_control()
        node.wait_for_turn(via="resume", seconds=30)
        phone.bye()
        node.wait_for_calls(len(node.calls()))
    path, _, right = recording(node)
    assert path.with_name(f"{path.name}.part") == part[0]
    assert loud(right[: 2 * RATE]).any()
    assert loud(right[2 * RATE :]).any()


@pytest.mark.slow
def test_what_a_killed_node_was_recording_is_made_whole_at_its_next_start(node: Node) -> None:
    with Phone(node.sip_port) as phone:
        assert phone.invite() == 200
        part = wait_for(lambda: list(node.data_dir.rglob("*.wav.part")), "it is recorded")
        wait_for(lambda: part[0].stat().st_size > 2 * 32_000, "two seconds of it are on disk", every=0.1)
        node.kill_all()
    node.start()
    path, _, right = recording(node)
    assert loud(right).any()
    wait_for(lambda: node.calls(limit=1)[0].recording_note, "the record tells of it")
    assert node.calls(limit=1)[0].recording_note == "cut: the node died"
    assert not path.with_name(f"{path.name}.part").exists()
