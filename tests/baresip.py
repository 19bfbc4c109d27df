"""baresip for tests: a real phone without a sound card. It says what it is given, and keeps what it hears."""

import contextlib
import itertools
import json
import random
import re
import shutil
import socket
import subprocess
import threading
import wave
from pathlib import Path

import numpy as np
from node import wait_for
from sipp import LOUD, program

from softswitch.speech import models
from softswitch.speech.pool import SpeechPool
from softswitch.speech.synthesizer import PiperSynthesizer

RATE = 8000
LASTS_S = 120
"""The phone's microphone: what it is to say, then silence for so long."""
CONFIG = """
sip_listen 127.0.0.1:{port}
net_interface 127.0.0.1
ctrl_tcp_listen 127.0.0.1:{control}
rtp_ports {rtp}-{rtp_end}
module_path {modules}
module aubridge.so
module g711.so
module aufile.so
module sndfile.so
module srtp.so
module_tmp uuid.so
module_tmp account.so
module_app menu.so
module_app ctrl_tcp.so
audio_player aubridge,ear
audio_source aufile,{folder}/mouth.wav
audio_alert aubridge,alert
ausrc_srate {rate}
auplay_srate {rate}
ausrc_channels 1
auplay_channels 1
snd_path {folder}
"""


def spoken(*script: float | str) -> bytes:
    """PCM of pauses in seconds and words in the embedded voice: spoken(6.0, "what are your hours")."""
    voice = PiperSynthesizer(models.voice("embedded"), RATE, SpeechPool(1))
    return b"".join(
        voice.render(part) if isinstance(part, str) else bytes(2 * round(part * RATE)) for part in script
    )


def free_ports() -> int:
    """Three in a row, UDP and TCP: SIP, SIP over TLS (which baresip puts beside it), control."""
    while True:
        first = random.randrange(5000, 9990)
        with contextlib.ExitStack() as probes:
            kinds = (socket.SOCK_STREAM, socket.SOCK_DGRAM)
            try:
                for port, kind in itertools.product(range(first, first + 3), kinds):
                    probe = probes.enter_context(socket.socket(socket.AF_INET, kind))
                    probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return first


class Phone:
    """`with Phone(folder, spoken(...)) as phone:`. Answers at once. `account` as in baresip's accounts."""

    def __init__(
        self, folder: Path, says: bytes = b"", account: str = "", modules: tuple[str, ...] = ()
    ) -> None:
        self._folder = folder
        self.port = free_ports()
        self.uri = f"sip:phone@127.0.0.1:{self.port}"
        self.events: list[dict[str, object]] = []
        folder.mkdir(parents=True)
        rtp = random.randrange(33000, 60000, 2)
        where = next(iter(Path("/usr/lib").glob("**/baresip/modules")))
        places = {"folder": folder, "modules": where, "rate": RATE, "rtp": rtp, "rtp_end": rtp + 500}
        more = "".join(f"module {module}.so\n" for module in modules)
        (folder / "config").write_text(CONFIG.format(port=self.port, control=self.port + 2, **places) + more)
        (folder / "accounts").write_text(f"<{self.uri}>;regint=0;answermode=auto{account}\n")
        (folder / "contacts").touch()
        with wave.open(str(folder / "mouth.wav"), "wb") as mouth:
            mouth.setparams((1, 2, RATE, 0, "NONE", ""))
            mouth.writeframes(says + bytes(2 * RATE * LASTS_S))

    def __enter__(self) -> "Phone":
        with (self._folder / "log").open("wb") as log:
            command = [program("baresip"), "-f", str(self._folder), "-v"]
            self._process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        try:
            wait_for(lambda: "baresip is ready" in self.log, f"baresip is ready:\n{self.log}")
        except BaseException:
            self._process.kill()
            self._process.wait()
            raise
        self._control = socket.create_connection(("127.0.0.1", self.port + 2))
        self._thread = threading.Thread(target=self._listen)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.do("quit")
        try:
            self._process.wait(5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._thread.join()
        self._control.close()
        print(re.sub(r"\[\d:\d\d:\d\d\].*?\(bit/s\)\s*", "", self.log))
        shutil.rmtree(self._folder)

    @property
    def log(self) -> str:
        return (self._folder / "log").read_text(errors="replace")

    def do(self, command: str, parameters: str = "") -> None:
        """dial, hangup, hold, resume, transfer, sndcode, ... as baresip's menu has them."""
        body = json.dumps({"command": command, "params": parameters}).encode()
        self._control.sendall(b"%d:%s," % (len(body), body))

    def dial(self, uri: str) -> None:
        """Returns when the call is up."""
        self.do("dial", uri)
        self.wait("CALL_ESTABLISHED")

    def press(self, keys: str) -> None:
        for key in keys:
            self.do("sndcode", key)

    def hang_up(self) -> None:
        self.do("hangup")
        self.wait("CALL_CLOSED")

    def wait(self, kind: str, seconds: float = 15.0) -> dict[str, object]:
        """The first event of this type, as baresip describes it."""
        of_kind = lambda: [event for event in self.events if event.get("type") == kind]  # noqa: E731
        found = wait_for(of_kind, f"{kind} at the phone", seconds)
        assert isinstance(found, list)
        return found[0]  # type: ignore[no-any-return]

    def digits(self) -> str:
        """The keys that the other end has pressed."""
        return "".join(str(event["param"]) for event in self.events if event.get("type") == "CALL_DTMF_START")

    def loud_seconds(self) -> float:
        """How long there was something to hear; ask after the call has ended."""
        frames = 0
        for path in self._folder.glob("dump-*-dec.wav"):
            with wave.open(str(path)) as dump:
                samples = np.frombuffer(dump.readframes(dump.getnframes()), "<i2").astype(float)
            blocks = samples[: len(samples) // 160 * 160].reshape(-1, 160)
            frames += int((np.sqrt(np.mean(blocks**2, axis=1)) > LOUD).sum())
        return frames * 0.02

    def _listen(self) -> None:
        """Netstrings, each with one JSON object."""
        buffer = b""
        while data := self._control.recv(1 << 16):
            buffer += data
            while (head := re.match(rb"(\d+):", buffer)) and len(buffer) > head.end() + int(head[1]):
                end = head.end() + int(head[1])
                self.events.append(json.loads(buffer[head.end() : end]))
                buffer = buffer[end + 1 :]
