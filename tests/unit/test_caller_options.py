"""softswitch call's script: the order of the options is the order of the call."""

import wave
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from softswitch.cli import call as call_module
from softswitch.cli import call_audio
from softswitch.config import Config
from softswitch.errors import SoftswitchError
from softswitch.events import EndedBy
from softswitch.gateway.caller.engine import host_and_port
from softswitch.gateway.caller.script import CallReport, Keys, Pause, Utterance
from softswitch.gateway.caller.wav import read_wav, write_record
from softswitch.sections.sip import Sip


@pytest.fixture
def placed(monkeypatch):
    """Calls that would have been placed, instead of placing them; voices are beeps."""
    calls = []

    class NoCaller:
        def __init__(self, settings):
            calls.append([settings])

        def __enter__(self):
            return self

        def __exit__(self, *error):
            pass

        def run(self, scripts, observer):
            calls[-1].extend(scripts)
            return [CallReport(scripts[0].uri, "answered", 200, ended_by=EndedBy.CALLER)]

    beep = (8000 * np.sin(np.arange(4000))).astype(np.int16).tobytes()
    monkeypatch.setattr(call_module, "Caller", NoCaller)
    monkeypatch.setattr(call_audio, "voice", lambda name: lambda text: beep)
    return calls


def run(*args: str, config: Config | None = None):
    return CliRunner().invoke(call_module.call, args, obj=config or Config())


def test_order_on_the_command_line_is_the_order_of_the_script(placed, tmp_path):
    wav = tmp_path / "a.wav"
    with wave.open(str(wav), "wb") as file:
        file.setparams((1, 2, 8000, 0, "NONE", ""))
        file.writeframes((8000 * np.sin(np.arange(4000))).astype(np.int16).tobytes())
    result = run(
        *("--dtmf", "1", "--say", "one", "--wait", "2", "--say=two", "sip:a@127.0.0.1"),
        *("--wav", str(wav), "--wait", "0.5", "--dtmf", "2#", "--say", "three"),
    )
    assert result.exit_code == 0, result.output
    steps = placed[0][1].steps
    assert [type(step) for step in steps] == [
        Keys,
        Utterance,
        Pause,
        Utterance,
        Utterance,
        Pause,
        Keys,
        Utterance,
    ]
    assert [step.text for step in steps if not isinstance(step, Pause)] == [
        "1",
        "one",
        "two",
        str(wav),
        "2#",
        "three",
    ]
    assert [step.seconds for step in steps if isinstance(step, Pause)] == [2, 0.5]


def test_barge_in_belongs_to_the_next_utterance_only(placed):
    run(
        "sip:a@127.0.0.1", "--say", "a", "--barge-in-after", "1.5", "--wait", "1", "--say", "b", "--dtmf", "3"
    )
    steps = [step for step in placed[0][1].steps if not isinstance(step, Pause)]
    assert [step.barge_in_after for step in steps] == [None, 1.5, None]


def test_a_caller_may_decline_transfers_and_stay(placed):
    run("sip:a@127.0.0.1")
    run("sip:a@127.0.0.1", "--no-refer")
    assert [(script.follow, script.stay) for _, script in placed] == [(True, False), (False, True)]


def test_barge_in_without_an_utterance_is_wrong_usage(placed):
    result = run("sip:a@127.0.0.1", "--say", "a", "--barge-in-after", "1")
    assert result.exit_code == 2
    assert "--barge-in-after needs" in result.output


def test_uri_is_this_machines_node_by_default(placed):
    run(config=Config(sip=Sip(address="0.0.0.0", port=5070)))
    assert placed[0][1].uri == "sip:127.0.0.1:5070"
    assert placed[0][0].local_address == "127.0.0.1"


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (("--dtmf", "12x"), "keys of a telephone"),
        (("--noise", "white"), "expected FILE@SNR"),
        (("--noise", "nowhere.wav@10"), "nowhere.wav: No such file"),
        (("--wait", "-1"), "not in the range"),
        (("--wav", "nowhere.wav"), "nowhere.wav: No such file"),
        (("not a uri",), "expected a SIP URI"),
    ],
)
def test_bad_input_is_told_in_one_sentence(placed, args, said):
    result = run(*args)
    assert result.exit_code in (1, 2)
    assert said in result.output or said in str(result.exception)
    assert isinstance(result.exception, SystemExit | SoftswitchError)


def test_noise_takes_a_name_with_an_at_sign_and_a_negative_snr(placed):
    result = run("sip:a@127.0.0.1", "--say", "a", "--noise", "white@-3.5")
    assert result.exit_code == 0
    assert placed[0][1].noise.snr_db == -3.5


@pytest.mark.parametrize(
    ("uri", "expected"),
    [
        ("sip:127.0.0.1:5070", ("127.0.0.1", 5070)),
        ("sip:a:b@example.org;transport=tcp", ("example.org", 5060)),
        ("sip:[::1]:5061", ("::1", 5061)),
        ("sips:[::1]", ("::1", 5060)),
    ],
)
def test_host_and_port_of_a_uri(uri, expected):
    assert host_and_port(uri) == expected


def test_record_has_the_caller_on_the_left(tmp_path):
    left, right = np.arange(160, dtype=np.int16), np.arange(1000, 1160, dtype=np.int16)
    write_record(tmp_path / "r.wav", CallReport("sip:a", sent=left.tobytes(), received=right.tobytes()))
    with wave.open(str(tmp_path / "r.wav")) as file:
        assert (file.getnchannels(), file.getframerate()) == (2, 8000)
        both = np.frombuffer(file.readframes(160), dtype=np.int16).reshape(-1, 2)
    assert (both[:, 0] == left).all()
    assert (both[:, 1] == right).all()


def test_wav_of_another_rate_keeps_its_length_in_seconds(tmp_path: Path):
    path = tmp_path / "b.wav"
    with wave.open(str(path), "wb") as file:
        file.setparams((2, 2, 44100, 0, "NONE", ""))
        file.writeframes(np.zeros((44100, 2), dtype=np.int16).tobytes())
    assert len(read_wav(path)) == pytest.approx(8000, abs=2)


def test_wav_that_is_none_is_refused_with_a_remedy(tmp_path):
    path = tmp_path / "c.wav"
    path.write_bytes(b"no wave at all")
    with pytest.raises(SoftswitchError, match="convert it"):
        read_wav(path)
