"""A real Kamailio as a proxy that stays in the path with two Record-Routes (RFC 3261 section 16.6, RFC 5658).

It has two ports: what comes in by one goes out by the other. A request for a number goes to the port of that
number on this machine, any other one to where its URI says. One worker for each port keeps messages in their
order: of two, one may have an ACK overtaken by the next re-INVITE, which is 500 (RFC 3261 section 14.2).
"""

from pathlib import Path

from kamailio_process import KamailioProcess
from node import free_port

CONFIG = """
debug=0
log_stderror=yes
children=1
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


class Proxy(KamailioProcess):
    """`with Proxy(folder) as proxy:`; `port` is the one to send to."""

    def __init__(self, folder: Path) -> None:
        self.port, self.other_port = free_port(), free_port()
        config = CONFIG.format(first=self.port, second=self.other_port)
        super().__init__(folder, config, self.other_port, "udp")
