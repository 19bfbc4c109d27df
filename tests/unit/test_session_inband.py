"""DTMF tones in a caller's audio, by the limits of ITU-T Q.24, over G.711."""

import numpy as np
import pytest
from fakes import FakeEndpointer, FakeLine, FakeRecognizer, FakeVoice, ScriptedConversation
from g711 import through_pcmu

from softswitch.events import CallConfirmed, DtmfReceived, Listen, Pressed
from softswitch.session.inband import COLUMNS, KEYS, ROWS, InbandKeys
from softswitch.session.parts import Parts
from softswitch.session.session import Session

ALL = "0123456789*#ABCD"


def tones(
    key: str, seconds: float, rate: int = 8000, off: float = 0.0, twist_db: float = 0.0, dbfs: float = -13.0
) -> np.ndarray:
    """A key's two tones; `off` from their frequencies, the high one louder by the twist."""
    row = next(at for at, line in enumerate(KEYS) if key in line)
    low, high = ROWS[row], COLUMNS[KEYS[row].index(key)]
    at = np.arange(round(rate * seconds)) / rate * 2 * np.pi * (1 + off)
    return 10 ** (dbfs / 20) * (np.sin(low * at) + 10 ** (twist_db / 20) * np.sin(high * at + 1))


def silence(seconds: float, rate: int = 8000) -> np.ndarray:
    return np.zeros(round(rate * seconds))


def heard(*audio: np.ndarray, rate: int = 8000, noise_dbfs: float = -60.0) -> str:
    parts = np.concatenate([silence(0.033, rate), *audio, silence(0.1, rate)])
    noisy = parts + 10 ** (noise_dbfs / 20) * np.random.default_rng(1).standard_normal(len(parts))
    pcm = through_pcmu(np.clip(noisy * 32768, -32768, 32767).astype("<i2").tobytes())
    keys, size = InbandKeys(rate), rate // 50 * 2
    return "".join(keys.feed(pcm[at : at + size]) for at in range(0, len(pcm) - size + 1, size))


@pytest.mark.parametrize("rate", [8000, 16000])
def test_every_key_of_40_ms_with_40_ms_between_is_taken(rate: int) -> None:
    audio = [part for key in ALL for part in (tones(key, 0.04, rate), silence(0.04, rate))]
    assert heard(*audio, rate=rate) == ALL


@pytest.mark.parametrize("seconds", [0.01, 0.02, 0.023])
def test_what_is_shorter_than_a_key_is_none(seconds: float) -> None:
    assert [heard(tones(key, seconds)) for key in ALL] == [""] * 16


def test_a_long_key_is_one_and_a_short_break_in_it_does_not_make_it_two() -> None:
    assert heard(tones("5", 2.0)) == "5"
    assert heard(tones("5", 0.08), silence(0.01), tones("5", 0.08)) == "5"
    assert heard(tones("5", 0.08), silence(0.04), tones("5", 0.08)) == "55"
    assert heard(tones("5", 0.08), tones("6", 0.08)) == "56"


@pytest.mark.parametrize("off", [-0.015, 0.015])
def test_frequencies_may_be_off_by_one_and_a_half_percent(off: float) -> None:
    assert [heard(tones(key, 0.05, off=off)) for key in ALL] == list(ALL)


@pytest.mark.parametrize("off", [-0.035, 0.035])
def test_frequencies_off_by_three_and_a_half_percent_are_no_key(off: float) -> None:
    assert [heard(tones(key, 0.05, off=off)) for key in ALL] == [""] * 16


@pytest.mark.parametrize(("twist_db", "taken"), [(4.0, True), (-8.0, True), (9.0, False), (-13.0, False)])
def test_one_tone_may_be_so_much_louder_than_the_other(twist_db: float, taken: bool) -> None:
    assert heard(tones("8", 0.05, twist_db=twist_db)) == ("8" if taken else "")


@pytest.mark.parametrize(("dbfs", "taken"), [(-7.0, True), (-36.0, True), (-50.0, False)])
def test_tones_have_a_level(dbfs: float, taken: bool) -> None:
    assert heard(tones("3", 0.05, dbfs=dbfs)) == ("3" if taken else "")


def test_noise_15_db_below_a_key_does_not_hide_it_and_alone_is_none() -> None:
    assert heard(tones("1", 0.06), noise_dbfs=-25.0) == "1"
    assert heard(silence(20.0), noise_dbfs=-20.0) == ""


def test_single_tones_and_chords_are_no_keys() -> None:
    at = np.arange(8000) / 8000 * 2 * np.pi
    for chord in ((941,), (1336,), (440, 480), (770, 852), (697, 1209, 1477), (697, 1209, 2000)):
        assert heard(0.2 * sum(np.sin(hertz * at) for hertz in chord)) == "", chord


@pytest.mark.parametrize(("telephone_event", "inputs"), [(False, [Pressed("7")]), (True, [])])
@pytest.mark.parametrize("outbound", [False, True])
async def test_a_session_hears_keys_where_no_telephone_event_was_negotiated(
    telephone_event: bool, inputs: list[Pressed], outbound: bool
) -> None:
    line = FakeLine()
    conversation = ScriptedConversation([(Listen(speech=False),), ()])
    parts = Parts({"en": FakeRecognizer()}, FakeVoice(), FakeEndpointer, lambda _: None)
    session = Session(line, conversation, parts)
    if outbound:
        session.take_over(telephone_event)
    else:
        session.start()
        session.on_event(CallConfirmed("PCMU", telephone_event))
    pcm = (np.concatenate([tones("7", 0.1), silence(0.1)]) * 32767).astype("<i2").tobytes()
    for at in range(0, len(pcm), 320):
        line.uplink.append(pcm[at : at + 320])
        session.tick()
    assert conversation.inputs == inputs


async def test_a_key_that_is_heard_and_signalled_is_one_and_from_then_on_only_signals_count() -> None:
    line = FakeLine()
    conversation = ScriptedConversation([(Listen(speech=False),), (Listen(speech=False),), (), ()])
    parts = Parts({"en": FakeRecognizer()}, FakeVoice(), FakeEndpointer, lambda _: None)
    session = Session(line, conversation, parts)
    session.start()
    session.on_event(CallConfirmed("PCMU", telephone_event=False))
    for key in "79":
        pcm = (np.concatenate([tones(key, 0.1), silence(0.1)]) * 32767).astype("<i2").tobytes()
        line.uplink = [pcm[at : at + 320] for at in range(0, len(pcm), 320)]
        session.tick()
        session.on_event(DtmfReceived(key))  # by INFO, when it was let go
    assert conversation.inputs == [Pressed("7"), Pressed("9")]
