"""The caller against a far end of known timing: what it measures is what happened, over real SIP and RTP."""

import json
import subprocess
import sys
import wave
from pathlib import Path

import caller_peer
import numpy as np
import pytest

from softswitch.events import EndedBy
from softswitch.gateway.caller.engine import Caller, CallerSettings
from softswitch.gateway.caller.script import CallScript, Keys, Noise, Utterance
from softswitch.gateway.caller.voicing import white_noise

REPLY_MS = 20 * caller_peer.REPLY_AFTER
STOP_MS = 20 * caller_peer.STOP_AFTER
PATH_MS = 80
"""What packets and the jitter buffer may add to, or framing take from, the far end's own delay."""
LOADED_MS = 500
"""The same where other programs keep the machine busy: the jitter buffer grows by a few packets."""


class Peer:
    """The far end as a process of its own."""

    def __init__(self):
        command = [sys.executable, str(Path(caller_peer.__file__))]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        self.port = int(self.process.stdout.readline())

    def uri(self, behaviour):
        return f"sip:{behaviour}@127.0.0.1:{self.port}"

    def stop(self):
        """End it; what it printed."""
        self.process.terminate()
        return self.process.communicate()[0].splitlines()


@pytest.fixture(scope="module")
def peer():
    far_end = Peer()
    yield far_end
    far_end.process.kill()
    far_end.process.communicate()


@pytest.fixture(scope="module")
def caller():
    with Caller(CallerSettings(max_calls=20)) as made:
        yield made


def tone(seconds=0.7):
    return (8000 * np.sin(2 * np.pi * 300 * np.arange(round(8000 * seconds)) / 8000)).astype(np.int16)


def say(text="hello", seconds=0.7, barge_in_after=None):
    return Utterance(tone(seconds).tobytes(), text, barge_in_after=barge_in_after)


NOISE = Noise(white_noise(80_000), 15.0)
CALLS = {
    "talk": ("talk", (say("one"), say("two", 1.1)), None),
    "barge-in": ("talk", (say(barge_in_after=0.4),), None),
    "noise": ("talk", (say(),), NOISE),
    "echo": ("echo", (say(),), NOISE),
    "busy": ("busy", (say("one"), say("two")), None),
    "silent": ("silent", (say("one"), say("two")), None),
    "mute": ("mute", (say("one"), say("two")), None),
    "hangup": ("hangup", (say("one"), say("two")), None),
}


@pytest.fixture(scope="module")
def reports(caller, peer):
    """All of CALLS, placed at once."""
    scripts = [
        CallScript(peer.uri(behaviour), steps, noise=noise, answer_wait=1.5)
        for behaviour, steps, noise in CALLS.values()
    ]
    return dict(zip(CALLS, caller.run(scripts), strict=True))


@pytest.mark.slow
def test_known_delays_are_measured(reports):
    report = reports["talk"]
    assert report.problem == ""
    times = [turn.response_ms for turn in report.turns]
    assert min(times) == pytest.approx(REPLY_MS, abs=PATH_MS)
    assert max(times) < REPLY_MS + LOADED_MS
    assert [turn.heard_s for turn in report.turns] == [pytest.approx(0.4, abs=0.05)] * 2
    assert 80 < report.greeting_ms < 100 + LOADED_MS
    assert (report.status, report.codec, report.ended_by) == ("answered", "PCMU", EndedBy.CALLER)


@pytest.mark.slow
def test_prompt_that_stops_when_spoken_to_is_measured(reports):
    turn = reports["barge-in"].turns[0]
    assert STOP_MS - PATH_MS < turn.barge_in_ms < STOP_MS + LOADED_MS
    assert REPLY_MS - PATH_MS < turn.response_ms < REPLY_MS + LOADED_MS


@pytest.mark.slow
def test_noise_at_15_db_does_not_disturb_the_measuring(reports):
    assert REPLY_MS - PATH_MS < reports["noise"].turns[0].response_ms < REPLY_MS + LOADED_MS
    sent = np.frombuffer(reports["noise"].sent, dtype=np.int16).astype(float)
    assert 20 * np.log10(np.std(tone()) / np.std(sent[:8000])) == pytest.approx(15, abs=0.5)


@pytest.mark.slow
def test_noise_that_comes_back_is_not_taken_for_voice(reports):
    assert reports["echo"].turns[0].heard_s < 0.1


@pytest.mark.slow
def test_far_ends_that_fail_are_told_apart(reports):
    assert (reports["busy"].status, reports["busy"].sip_code) == ("refused", 486)
    assert "486 Busy Here" in reports["busy"].problem
    assert "no audio was heard" in reports["silent"].problem
    assert reports["mute"].problem == '"one" got no answer'
    assert reports["hangup"].problem == 'the other side hung up before "two" could be said'
    assert reports["hangup"].ended_by == EndedBy.NODE
    assert reports["hangup"].turns[0].answered


@pytest.mark.slow
def test_keys_arrive_as_telephone_events_in_order_and_the_call_ends_with_bye(caller):
    peer = Peer()
    report = caller.run([CallScript(peer.uri("talk"), (Keys("1250#"),))])[0]
    assert report.ok
    assert peer.stop() == [f"digit {key}" for key in "1250#"] + ["bye"]


@pytest.mark.slow
def test_nobody_there_is_known_within_seconds(caller):
    report = caller.run([CallScript("sip:127.0.0.1:9")])[0]
    assert report.status == "no answer"
    assert "nobody responds" in report.problem


@pytest.mark.slow
def test_20_calls_at_once_are_measured_as_well_as_one_and_ports_are_reused(caller, peer):
    scripts = [CallScript(peer.uri("talk"), (say("one"), say("two"))) for _ in range(20)]
    for _ in range(2):
        reports = caller.run(scripts, stagger=0.02)
        assert [report.problem for report in reports] == [""] * 20
        times = [turn.response_ms for report in reports for turn in report.turns]
        assert len(times) == 40
        assert min(times) == pytest.approx(REPLY_MS, abs=PATH_MS)
        assert max(times) < REPLY_MS + LOADED_MS


@pytest.mark.slow
def test_program_prints_one_json_object_records_in_stereo_and_exits_0(peer, tmp_path):
    record = tmp_path / "call.wav"
    done = command("--json", "--record", str(record), "--say", "hello there", peer.uri("talk"))
    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout)
    assert result["ok"]
    assert result["call"]["status"] == "answered"
    assert [(turn["kind"], turn["text"]) for turn in result["turns"]] == [("say", "hello there")]
    with wave.open(str(record)) as file:
        both = np.frombuffer(file.readframes(10**7), dtype=np.int16).reshape(-1, 2)
    spoken = round(result["turns"][0]["sent_at_s"] * 8000)
    assert np.abs(both[:spoken, 0]).max() < 1000
    assert np.abs(both[spoken : spoken + 4000, 0]).max() > 2000
    assert np.abs(both[:spoken, 1]).max() > 2000


@pytest.mark.slow
def test_program_prints_the_conversation(peer):
    done = command("--say", "hello", "--dtmf", "1", peer.uri("talk"))
    assert done.returncode == 0, done.stderr
    assert 'caller says "hello"' in done.stdout
    assert 'caller presses "1"' in done.stdout
    assert done.stdout.count("answer after") == 2


@pytest.mark.slow
def test_program_exits_1_with_a_sentence_when_refused(peer):
    done = command("--say", "hello", peer.uri("busy"))
    assert done.returncode == 1
    assert done.stderr.strip() == f"softswitch: {peer.uri('busy')} refused the call: 486 Busy Here"


def command(*args):
    program = [sys.executable, "-m", "softswitch", "call", *args]
    return subprocess.run(program, capture_output=True, text=True, timeout=60, check=False)
