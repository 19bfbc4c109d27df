"""A real Radicale (CalDAV) for tests, on a free port of loopback: a user `ann` and her calendar `work`."""

import base64
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from types import TracebackType

from mosquitto import free_port
from stopwatch import Stopwatch

START_S = 20.0


class Radicale:
    """A context manager. `put`, `names` and `delete` are what another client of the calendar does."""

    def __init__(self, folder: Path) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}/ann/work/"
        self._config = folder / "radicale.conf"
        (folder / "users").write_text("ann:s3cret\n")
        self._config.write_text(
            f"[server]\nhosts = 127.0.0.1:{self.port}\n"
            f"[auth]\ntype = htpasswd\nhtpasswd_filename = {folder / 'users'}\nhtpasswd_encryption = plain\n"
            f"delay = 0\n[storage]\nfilesystem_folder = {folder / 'collections'}\n"
        )
        self._log = folder / "radicale.log"
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> "Radicale":
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "radicale", "-C", str(self._config)], stdout=log, stderr=log
            )
        watch = Stopwatch()
        while not self._made():
            assert self._process.poll() is None, self._log.read_text()
            assert watch.own_s < START_S, f"Radicale did not start:\n{self._log.read_text()}"
            time.sleep(0.05)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._process:
            self._process.kill()
            self._process.wait()

    def _made(self) -> bool:
        try:
            self.ask("MKCALENDAR", "")
        except urllib.error.HTTPError as error:
            return error.code in (405, 409)
        except OSError:
            return False
        return True

    def ask(self, method: str, name: str, body: str = "") -> str:
        request = urllib.request.Request(self.url + name, body.encode(), method=method)
        request.add_header("Authorization", f"Basic {base64.b64encode(b'ann:s3cret').decode()}")
        request.add_header("Content-Type", "text/calendar")
        with urllib.request.urlopen(request, timeout=10) as answer:
            return str(answer.read().decode())

    def put(self, uid: str, *lines: str, name: str = "") -> None:
        """An event of another client's; `name` is the file's when it is not the event's."""
        event = ["BEGIN:VEVENT", f"UID:{uid}", "DTSTAMP:20260101T000000Z", *lines, "END:VEVENT"]
        calendar = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//test//EN", *event, "END:VCALENDAR", ""]
        self.ask("PUT", f"{name or uid}.ics", "\r\n".join(calendar))

    def delete(self, name: str) -> None:
        self.ask("DELETE", name)

    def events(self) -> list[str]:
        """Everything that stands in the calendar, each event as its text, with folded lines made whole."""
        text = self.ask("GET", "").replace("\r\n", "\n").replace("\n ", "")
        return [each.partition("END:VEVENT")[0] for each in text.split("BEGIN:VEVENT")[1:]]

    def clear(self) -> None:
        self.ask("DELETE", "")
        self.ask("MKCALENDAR", "")
