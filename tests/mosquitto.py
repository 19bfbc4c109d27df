"""A real Mosquitto broker for tests, on a free port of loopback; with a password, or TLS, when asked."""

import asyncio
import shutil
import socket
import subprocess
from pathlib import Path

import aiomqtt
from certificates import Pair

ROOT = Path(__file__).parents[1]


def program(name: str) -> str:
    """The path of one of Mosquitto's programs, installed from Debian when it is absent."""
    path = shutil.which(name, path="/usr/sbin:/usr/bin:/usr/local/sbin:/usr/local/bin")
    if path is None:
        subprocess.run([ROOT / "scripts/setup", "--packages"], check=True)
        path = shutil.which(name, path="/usr/sbin:/usr/bin")
    assert path, f"{name} is missing though scripts/setup --packages went well"
    return path


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Broker:
    """`start` and `stop` as often as wanted: the port stays the same. It is stopped with SIGKILL and keeps
    nothing on disk; one that `keeps` is asked to stop, and then has lost nothing when it is started again.
    """

    def __init__(
        self,
        folder: Path,
        *,
        user: str = "",
        password: str = "",
        keeps: bool = False,
        tls: Pair | None = None,
    ) -> None:
        self.port = free_port()
        self.url = f"mqtt://127.0.0.1:{self.port}"
        self.login = {"username": user, "password": password} if user else {}
        self._keeps = keeps
        self._config = folder / "mosquitto.conf"
        self._process: asyncio.subprocess.Process | None = None
        lines = [f"listener {self.port} 127.0.0.1", f"allow_anonymous {'false' if user else 'true'}"]
        if user:
            secrets = folder / "mosquitto.passwd"
            subprocess.run([program("mosquitto_passwd"), "-b", "-c", secrets, user, password], check=True)
            # Mosquitto started by root gives up its rights before it reads this file.
            folder.chmod(0o755)
            secrets.chmod(0o644)
            lines += [f"password_file {secrets}", "user root"]
        if keeps:
            lines += [
                "persistence true",
                f"persistence_location {folder}/",
                "max_queued_messages 0",
                "user root",
            ]
        if tls:
            lines += [f"certfile {tls.certificate_file}", f"keyfile {tls.key_file}", "user root"]
        self._config.write_text("\n".join(lines) + "\n")

    async def start(self) -> None:
        self._process = await asyncio.create_subprocess_exec(
            program("mosquitto"), "-c", str(self._config), stderr=asyncio.subprocess.DEVNULL
        )
        for _ in range(100):
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", self.port)
            except OSError:
                assert self._process.returncode is None, "mosquitto ended at once"
                await asyncio.sleep(0.05)
                continue
            writer.close()
            return
        raise AssertionError("mosquitto does not listen")

    async def stop(self) -> None:
        if self._process is not None and self._process.returncode is None:
            (self._process.terminate if self._keeps else self._process.kill)()
            await self._process.wait()

    def client(self) -> aiomqtt.Client:
        return aiomqtt.Client("127.0.0.1", self.port, **self.login)
