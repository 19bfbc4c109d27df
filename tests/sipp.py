"""SIPp for tests: runs a scenario of acceptance/sipp and says what came of it; and a far end for RTP."""

import shutil
import socket
import struct
import subprocess
import tempfile
import threading
import time
from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path

import numpy as np
from g711 import decode_ulaw, encode_ulaw
from node import free_port

ROOT = Path(__file__).parents[1]
SCENARIOS = Path(__file__).parent / "acceptance/sipp"
LOUD = 500
"""RMS of 16-bit samples: speech is louder, silence is not."""


def program(name: str) -> str:
    """The path of a program that tests need, installed from Debian when it is absent."""
    if shutil.which(name) is None:
        subprocess.run([ROOT / "scripts/setup", "--packages"], check=True)
    found = shutil.which(name)
    assert found, f"{name} is missing though scripts/setup --packages went well"
    return found


def capture(pcm: np.ndarray) -> bytes:
    """What a network analyser would have kept of this audio as PCMU over RTP: a file of libpcap's."""
    packets = [struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1)]
    for number, at in enumerate(range(0, len(pcm) - 159, 160)):
        rtp = struct.pack(">BBHII", 128, 0, number, at, 1) + encode_ulaw(pcm[at : at + 160]).tobytes()
        udp = struct.pack(">HHHH", 9, 9, 8 + len(rtp), 0) + rtp
        ip = struct.pack(">BBHHHBBHII", 0x45, 0, 20 + len(udp), 0, 0, 64, 17, 0, 0, 0) + udp
        frame = bytes(12) + b"\x08\x00" + ip
        seconds, micros = divmod(20_000 * number, 1_000_000)
        packets.append(struct.pack("<IIII", seconds, micros, len(frame), len(frame)) + frame)
    return b"".join(packets)


class Sipp:
    """One run of SIPp: started at once, `wait` for its end. It calls `port`, or is called at `listens_at`."""

    def __init__(
        self,
        scenario: str,
        port: int = 0,
        *,
        calls: int = 1,
        rate: int = 10,
        last_ms: int = 1000,
        rtp_port: int = 0,
        moved_port: int = 0,
        transport: str = "u1",
        timeout: int = 60,
        user: str = "reception",
        refer_to: str = "",
        address: str = "127.0.0.1",
        more: Mapping[str, str] | None = None,
        tones: np.ndarray | None = None,
    ) -> None:
        """`more` are the scenario's own keywords; `tones` (PCM at 8 kHz) are what it plays as tones.pcap."""
        self._folder = Path(tempfile.mkdtemp(prefix="softswitch-sipp-"))
        if tones is not None:
            (self._folder / "tones.pcap").write_bytes(capture(tones))
        self._scenario = scenario
        self.listens_at = free_port()
        self.messages = ""
        """Those of one or two calls, both ways, once they are over."""
        options = {
            "-sf": SCENARIOS / f"{scenario}.xml",
            "-i": address,
            "-p": self.listens_at,
            "-m": calls,
            "-l": max(calls, 1000),
            "-r": rate,
            "-d": last_ms,
            "-t": transport,
            "-timeout": timeout,
            "-s": user,
            "-mp": free_port(socket.SOCK_DGRAM),
        }
        keys = ["-key", "rtp_port", str(rtp_port or 9), "-key", "moved_port", str(moved_port or 9)]
        keys += ["-key", "refer_to", refer_to]
        keys += [part for name, value in (more or {}).items() for part in ("-key", name, value)]
        remote = f"[{address}]:{port}" if ":" in address else f"{address}:{port}"
        whom = [remote] if port else []
        command = [program("sipp"), *whom, *(str(part) for o in options.items() for part in o)]
        flags = ["-timeout_error", "-nostdin", "-trace_err", *(["-trace_msg"] if calls <= 2 else [])]
        with (self._folder / "said").open("wb") as said:
            self.process = subprocess.Popen(
                [*command, *keys, *flags], cwd=self._folder, stdout=said, stderr=said
            )

    @property
    def messages_now(self) -> str:
        """Those of one or two calls, both ways, as far as they are written down."""
        return "".join(path.read_text() for path in self._folder.glob("*_messages.log"))

    def wait(self) -> None:
        """Fails unless every call went as the scenario says."""
        try:
            status = self.process.wait(120)
            self.messages = self.messages_now
            told = "\n".join(path.read_text(errors="replace")[-4000:] for path in self._folder.iterdir())
            assert status == 0, f"SIPp's {self._scenario} ended with {status}:\n{told}"
        finally:
            self.stop()

    def stop(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        shutil.rmtree(self._folder, ignore_errors=True)

    def __enter__(self) -> "Sipp":
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


class RtpSink:
    """Receives PCMU on a port of its own; knows when something loud was heard, and when it was not."""

    def __init__(self) -> None:
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self._socket.settimeout(0.2)
        self.port = int(self._socket.getsockname()[1])
        self.packets = 0
        self._loud_at: list[float] = []
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._receive)
        self._thread.start()

    def _receive(self) -> None:
        while not self._stopped.is_set():
            try:
                packet = self._socket.recv(2048)
            except TimeoutError:
                continue
            if packet[1] & 127 == 0:
                samples = decode_ulaw(np.frombuffer(packet[12:], np.uint8)).astype(float)
                self.packets += 1
                if np.sqrt(np.mean(samples**2)) > LOUD:
                    self._loud_at.append(time.monotonic())

    @property
    def loud(self) -> int:
        """Packets with something to hear."""
        return len(self._loud_at)

    def longest_silence(self, since: float) -> float:
        """Seconds without a loud packet, at the most, from `since` (time.monotonic()) until now."""
        times = [since, *(at for at in self._loud_at if at >= since), time.monotonic()]
        return max(later - earlier for earlier, later in pairwise(times))

    def __enter__(self) -> "RtpSink":
        return self

    def __exit__(self, *_: object) -> None:
        self._stopped.set()
        self._thread.join()
        self._socket.close()
