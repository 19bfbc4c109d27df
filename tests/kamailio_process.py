"""A Kamailio with a configuration of its own, from Debian's package: started, waited for, stopped."""

import subprocess
from pathlib import Path
from typing import Self

from node import wait_for
from sipp import program


class KamailioProcess:
    """`folder` keeps its files. It is up once it listens at `port` by `transport`: "tcp" or "udp"."""

    def __init__(self, folder: Path, config: str, port: int, transport: str) -> None:
        self._folder = folder
        self._listening = ["ss", "-Hln", f"--{transport}", f"sport = :{port}"]
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "kamailio.cfg").write_text(config)

    def __enter__(self) -> Self:
        command = [program("kamailio"), "-f", self._folder / "kamailio.cfg", "-DD", "-E"]
        command += ["-m", "64", "-M", "8", "-Y", self._folder, "-P", self._folder / "pid"]
        with (self._folder / "log").open("wb") as log:
            self._process = subprocess.Popen([str(part) for part in command], stdout=log, stderr=log)
        wait_for(lambda: self._process.poll() is not None or self._listens(), "kamailio listens")
        assert self._process.poll() is None, self.log
        return self

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        try:
            self._process.wait(10)
        finally:
            self._process.kill()
            self._process.wait()
        print(self.log)

    @property
    def log(self) -> str:
        return (self._folder / "log").read_text(errors="replace")

    def _listens(self) -> bool:
        return subprocess.run(self._listening, capture_output=True, check=True).stdout != b""
