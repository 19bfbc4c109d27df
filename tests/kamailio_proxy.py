"""A real Kamailio as a proxy that stays in the path with two Record-Routes (RFC 3261 section 16.6, RFC 5658).

It has two ports: what comes in by one goes out by the other. A request for a number goes to the port of that
number on this machine, any other one to where its URI says.
"""

import subprocess
from pathlib import Path

from node import free_port, wait_for
from sipp import program

CONFIG = """
debug=0
log_stderror=yes
children=2
auto_aliases=no
listen=udp:127.0.0.1:{first}
listen=udp:127.0.0.1:{second}
loadmodule "tm.so"
loadmodule "sl.so"
loadmodule "rr.so"
loadmodule "pv.so"
loadmodule "siputils.so"
loadmodule "textops.so"
modparam("rr", "enable_double_rr", 1)
request_route {{
    if ($Rp == {first}) $fs = "udp:127.0.0.1:{second}"; else $fs = "udp:127.0.0.1:{first}";
    if (has_totag()) {{
        if (loose_route()) {{ t_relay(); exit; }}
        if (is_method("ACK")) {{ if (t_check_trans()) t_relay(); exit; }}
        sl_send_reply("404", "No Route");
        exit;
    }}
    if (is_method("CANCEL")) {{ if (t_check_trans()) t_relay(); exit; }}
    record_route();
    if ($rU =~ "^[0-9]+$") $du = "sip:127.0.0.1:" + $rU;
    t_relay();
}}
"""


class Proxy:
    """`with Proxy(folder) as proxy:`; `port` is the one to send to."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self.port, self.other_port = free_port(), free_port()
        (folder / "kamailio.cfg").write_text(CONFIG.format(first=self.port, second=self.other_port))

    def __enter__(self) -> "Proxy":
        command = [
            program("kamailio"),
            "-f",
            self._folder / "kamailio.cfg",
            "-DD",
            "-E",
            "-m",
            "64",
            "-M",
            "8",
        ]
        command += ["-Y", self._folder, "-P", self._folder / "pid"]
        with (self._folder / "log").open("wb") as log:
            self._process = subprocess.Popen([str(part) for part in command], stdout=log, stderr=log)
        wait_for(lambda: self._process.poll() is not None or self._listens(), "kamailio listens")
        assert self._process.poll() is None, (self._folder / "log").read_text(errors="replace")
        return self

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        try:
            self._process.wait(10)
        finally:
            self._process.kill()
            self._process.wait()

    def _listens(self) -> bool:
        filters = f"sport = :{self.other_port}"
        shown = subprocess.run(["ss", "-Hlun", filters], capture_output=True, check=True).stdout
        return shown != b""
