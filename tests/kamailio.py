"""A real Kamailio for tests: a registrar that asks for a password, and a proxy to whoever is registered."""

import re
import socket
from pathlib import Path

from certificates import Pair
from kamailio_process import KamailioProcess
from node import free_port

PASSWORD = "squeamish-ossifrage"
TLS = """
enable_tls=yes
listen=tls:{address}:{port}
loadmodule "tls.so"
modparam("tls", "config", "{profiles}")
"""
PROFILE = """
[server:{where}]
method = TLSv1.2+
certificate = {pair.certificate_file}
private_key = {pair.key_file}
"""
CONFIG = """
debug=0
log_stderror=yes
children=2
tcp_children=1
auto_aliases=no
user_agent_header="User-Agent: registrar"
listen=udp:{address}:{port}
listen=tcp:{address}:{port}
{tls}
loadmodule "tm.so"
loadmodule "sl.so"
loadmodule "rr.so"
loadmodule "pv.so"
loadmodule "usrloc.so"
loadmodule "registrar.so"
loadmodule "auth.so"
loadmodule "xlog.so"
loadmodule "siputils.so"
loadmodule "textops.so"
modparam("usrloc", "db_mode", 0)
modparam("registrar", "max_expires", {max_expires})
modparam("registrar", "min_expires", 1)
modparam("auth", "nonce_expire", 300)
request_route {{
    if (is_method("OPTIONS")) {{ sl_send_reply("200", "Keepalive"); exit; }}
    if (is_method("REGISTER")) {{
        xlog("L_ALERT", "REGISTER of $tU with Expires $hdr(Expires) at $Ri:$Rp\\n");
        if (!pv_www_authenticate("{realm}", "{password}", "0")) {{
            if ($rc == -2) {{
                sl_send_reply("403", "Wrong password");
                exit;
            }}
            www_challenge("{realm}", "1");
            exit;
        }}
        save("location");
        xlog("L_ALERT", "SAVED $tU at $ct expires $hdr(Expires)\\n");
        exit;
    }}
    if (has_totag()) {{
        if (loose_route()) {{ t_relay(); exit; }}
        if (is_method("ACK")) {{ if (t_check_trans()) t_relay(); exit; }}
        sl_send_reply("404", "Not here");
        exit;
    }}
    if (is_method("CANCEL")) {{ if (t_check_trans()) t_relay(); exit; }}
    if (is_method("INVITE")) record_route();
    if (!lookup("location")) {{ sl_send_reply("404", "Not registered"); exit; }}
    t_relay();
}}
"""


class Kamailio(KamailioProcess):
    """`with Kamailio(folder) as registrar:`. Users are whoever knows PASSWORD; bindings live in memory."""

    def __init__(
        self,
        folder: Path,
        *,
        max_expires: int = 3600,
        address: str = "127.0.0.1",
        tls: Pair | None = None,
        tls_for: tuple[str, Pair] | None = None,
    ) -> None:
        """`tls` is shown to whoever connects by TLS; `tls_for`, to those who ask for that name."""
        folder.mkdir(parents=True, exist_ok=True)
        self.address = address
        self.port = free_port()
        self.tls_port = free_port(socket.SOCK_STREAM)
        values = {"address": address, "port": self.port, "max_expires": max_expires, "tls": ""}
        if tls:
            profiles = folder / "tls.cfg"
            text = PROFILE.format(where="default", pair=tls)
            if tls_for:
                place = f"{address}:{self.tls_port}"
                text += PROFILE.format(where=place, pair=tls_for[1]) + f"server_name = {tls_for[0]}\n"
                # Whoever names nobody gets the last one that has a name.
                text += PROFILE.format(where=place, pair=tls) + "server_name = somebody.else.example\n"
            profiles.write_text(text)
            values["tls"] = TLS.format(address=address, port=self.tls_port, profiles=profiles)
        config = CONFIG.format(**values, realm="carrier", password=PASSWORD)
        super().__init__(folder, config, self.port, "tcp")

    def saved(self, user: str) -> list[int]:
        """The Expires of each REGISTER of this user that was accepted, in their order."""
        return [int(found) for found in re.findall(rf"SAVED {user} at .* expires (\d+)", self.log)]

    def asked(self, user: str) -> int:
        """How many REGISTERs of this user came, those without a password too."""
        return len(re.findall(rf"REGISTER of {user} ", self.log))
