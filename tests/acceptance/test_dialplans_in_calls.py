"""Dialplans over real calls: routes to several, languages, recordings, callers remembered, secrets kept."""

import asyncio
import contextlib
import subprocess
import sys
import wave
from collections.abc import Callable
from pathlib import Path

import aiomqtt
import numpy as np
import pytest
from mosquitto import Broker
from node import SOFTSWITCH, Node
from small_plans import Calling, write
from speech_parts import RATE, Signal, block_rms

StartNode = Callable[..., Node]
SPANISH = ("speech.models.es=embedded", "speech.voices.es=embedded")  # which is English, but loads
SALES = """
  hello:
    say: This is sales. Press one.
    listen: {dtmf: {"1": bye}}
"""
WORLD = """
  hello:
    say: {en: Hello. Press two for Spanish., es: Hola. Marque uno.}
    listen: {dtmf: {"1": bye, "2": spanish}}
  spanish:
    say: {en: One moment., es: Un momento.}
    language: es
    next: hello
"""
WORLD_REST = """
repair: {no_input: {en: Are you there?, es: Sigue ahi?}, no_match: {en: Pardon?, es: Como?}, then: bye}
universal:
  on: {goodbye: bye, human: desk}
  digress: {help: helping}
"""
WORLD_END = """steps:
  desk:
    say: {en: Please hold., es: Espere.}
    transfer: {to: human, failed: bye}
  bye:
    say: {en: Goodbye., es: Adios.}
    hangup: yes
"""
WORLD_HELP = """steps:
  pressing:
    say: {en: You can press a key., es: Puede marcar.}
    return: yes
"""
ROUTES = """name: world
country: GB
languages: [en, es]
start: hello
routes:
  - {name: spanish line, when: {to: madrid}, language: es}
  - {name: english line, when: {to: london}}
"""


def world(folder: Path) -> Path:
    write(folder, ROUTES, WORLD)
    (folder / "plan.yaml").write_text(ROUTES + WORLD_REST)
    (folder / "flows/end.yaml").write_text(WORLD_END)
    (folder / "flows/helping.yaml").write_text(WORLD_HELP)
    return folder


def call(node: Node, *arguments: str, to: str = "anyone") -> str:
    with Calling(node, *arguments, to=to) as calling:
        return calling.wait()


def said(node: Node) -> str:
    """In the latest call."""
    return " ".join(turn.said for turn in node.history().turns)


@pytest.mark.slow
def test_routes_lead_to_dialplans_and_languages_and_callers_may_switch(
    start_node: StartNode, tmp_path: Path
) -> None:
    sales = write(
        tmp_path / "sales",
        "name: sales\ncountry: GB\nstart: hello\nroutes: [{name: buyers, when: {to: buyers}}]\n",
        SALES,
    )
    node = start_node(f"dialplan={sales},{world(tmp_path / 'world')}", *SPANISH)

    call(node, "--dtmf", "1", to="buyers")
    (first,) = node.wait_for_calls(1)
    assert (first.plan, first.route) == ("sales", "buyers")
    assert "This is sales." in said(node)

    call(node, "--dtmf", "1", to="madrid")
    node.wait_for_calls(2)
    history = node.history()
    assert (history.call.plan, history.call.route) == ("world", "spanish line")
    assert {turn.language for turn in history.turns} == {"es"}
    assert said(node) == "Hola. Marque uno. Adios."

    call(node, "--dtmf", "2", "--dtmf", "1", to="london")
    node.wait_for_calls(3)
    history = node.history()
    assert [turn.language for turn in history.turns] == ["en", "es", "es"]
    assert [turn.path for turn in history.turns] == [("hello",), ("spanish", "hello"), ("bye",)]
    assert history.turns[1].said.endswith("Hola. Marque uno.")

    assert "404" in call(node, to="nobody")
    assert node.metrics()['softswitch_refused_calls_total{status="404"}'] == 1
    assert len(node.calls()) == 3


def test_a_language_without_its_models_is_one_clear_error(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "softswitch", "--set", f"data_dir={tmp_path / 'node'}"]
    command += [
        "--set",
        f"dialplan={world(tmp_path / 'world')}",
        "--set",
        "speech.voices.es=embedded",
        "serve",
    ]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 1
    assert "the dialplan world speaks en, es" in done.stderr
    assert "set speech.models.es" in done.stderr
    assert "Traceback" not in done.stderr


# --- secrets --------------------------------------------------------------------------------------------

SECRET = "72946183"
SAFE = """name: safe
start: hello
variables: {pin: {type: digits, length: 8, sensitive: yes}}
"""
SAFE_STEPS = """
  hello:
    say: Key in your number.
    reprompt: Your number please.
    collect: {slot: pin, next: thanks}
  thanks:
    say: Thank you very much.
    hangup: yes
"""


@pytest.mark.slow
async def test_a_secret_that_is_keyed_in_is_nowhere_to_be_found(
    start_node: StartNode, tmp_path: Path
) -> None:
    broker = Broker(tmp_path)
    await broker.start()
    heard: list[bytes] = []

    async def listen() -> None:
        async with aiomqtt.Client("127.0.0.1", broker.port) as client:
            await client.subscribe("softswitch/#")
            async for message in client.messages:
                heard.append(bytes(message.payload))

    listening = asyncio.create_task(listen())
    safe = write(tmp_path / "safe", SAFE, SAFE_STEPS)
    node = await asyncio.to_thread(
        start_node, f"dialplan={safe}", f"mqtt.url={broker.url}", "log.level=debug", "log.format=json"
    )
    wrong = SECRET[:5] + "#"
    await asyncio.to_thread(call, node, "--dtmf", wrong, "--dtmf", SECRET)
    await asyncio.to_thread(node.wait_for_calls, 1)
    pressed = [turn.heard for turn in node.history().turns if turn.via == "dtmf"]
    assert pressed == ["****", "****"]
    shown = await asyncio.to_thread(_shown, node)
    assert "caller pressed ****" in shown
    metrics = "\n".join(node.metrics())
    node.stop()
    listening.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await listening
    await broker.stop()
    assert any(b'"turn"' in payload for payload in heard)
    found = [str(path) for path in node.data_dir.rglob("*") if path.is_file() and _holds(path.read_bytes())]
    assert found == []
    assert not any(map(_holds, heard))
    assert not _holds((metrics + shown).encode())


def _shown(node: Node) -> str:
    command = [str(SOFTSWITCH), "--set", f"data_dir={node.data_dir}", "calls", "show"]
    done = subprocess.run(
        [*command, node.calls()[0].call_id], capture_output=True, text=True, check=True, timeout=60
    )
    return done.stdout


def _holds(data: bytes) -> bool:
    return SECRET.encode() in data or SECRET[:5].encode() in data


# --- callers who come back ------------------------------------------------------------------------------

MEMORY = """name: memory
start: known
variables:
  member: {type: digits, length: 4, scope: caller}
"""
MEMORY_STEPS = """
  known:
    if: member is set
    then: again
    else: hello
  again:
    say: Welcome back, member {member}.
    hangup: yes
  hello:
    say: Key in your number.
    collect: {slot: member, next: thanks}
  thanks:
    say: Thank you.
    hangup: yes
"""


@pytest.mark.slow
def test_who_calls_again_is_known(start_node: StartNode, tmp_path: Path) -> None:
    node = start_node(f"dialplan={write(tmp_path / 'memory', MEMORY, MEMORY_STEPS)}")
    me, other = (f"sip:+44207946000{digit}@127.0.0.1" for digit in (1, 2))
    call(node, "--from", me, "--dtmf", "1002")
    node.wait_for_calls(1)
    call(node, "--from", other, "--wait", "1")
    node.wait_for_calls(2)
    assert said(node).startswith("Key in your number.")
    call(node, "--from", me, "--wait", "1")
    node.wait_for_calls(3)
    assert said(node) == "Welcome back, member 1 0 0 2."
    call(node, "--from", "sip:anonymous@anonymous.invalid", "--wait", "1")
    node.wait_for_calls(4)
    assert said(node).startswith("Key in your number.")


# --- recordings and rates -------------------------------------------------------------------------------

SOUND = """name: sound
start: hello
variables: {code: {type: digits, length: 4, value: "1002"}}
"""
SOUND_STEPS = """
  hello:
    say:
      - {audio: tone.wav, text: A tone.}
      - "Your order {code} is <slow>ready now.</slow>"
    listen: {dtmf: {"1": bye}}
"""


@pytest.mark.slow
def test_recordings_and_rates_are_heard_without_a_gap(start_node: StartNode, tmp_path: Path) -> None:
    plan = write(tmp_path / "sound", SOUND, SOUND_STEPS)
    (plan / "audio").mkdir()
    at = np.arange(round(0.7 * 44100)) / 44100
    with wave.open(str(plan / "audio/tone.wav"), "wb") as file:
        file.setparams((1, 2, 44100, 0, "NONE", ""))
        file.writeframes((8000 * np.sin(2 * np.pi * 1000 * at)).astype("<i2").tobytes())
    node = start_node(f"dialplan={plan}")
    record = tmp_path / "call.wav"
    call(node, "--dtmf", "1", "--record", str(record))
    node.wait_for_calls(1)
    assert node.history().turns[0].said == "A tone. Your order 1 0 0 2 is ready now."
    heard = _received(record)[: round(node.history().turns[0].said_s * RATE)]
    rms = block_rms(heard, RATE // 50)
    loud = np.flatnonzero(rms > 0.002)
    assert np.diff(loud).max() * 0.02 <= 0.2 + 0.02
    tone = [index for index in loud if _is_tone(heard[index * 160 : index * 160 + 160])]
    assert len(tone) * 0.02 == pytest.approx(0.7, abs=0.06)
    assert (loud[-1] - loud[0]) * 0.02 > 0.7 + 1.5


def _received(record: Path) -> Signal:
    with wave.open(str(record)) as file:
        assert (file.getnchannels(), file.getframerate()) == (2, RATE)
        both = np.frombuffer(file.readframes(file.getnframes()), dtype="<i2").reshape(-1, 2)
    received: Signal = both[:, 1] / 32768
    return received


def _is_tone(frame: Signal) -> bool:
    """Nearly all of it at 1000 Hz."""
    spectrum = np.abs(np.fft.rfft(frame * np.hanning(len(frame)))) ** 2
    return bool(spectrum[18:23].sum() > 0.95 * spectrum.sum())
