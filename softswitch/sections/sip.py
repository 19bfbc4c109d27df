"""How SIP is spoken: where the node listens, and to whom it answers."""

import ipaddress
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, field_validator

from softswitch.values import Address, Network, Port, Section, one_or_many


class Tls(Section):
    port: int = Field(0, ge=0, le=65535, description="Port to listen on for SIP over TLS; 0: none.")
    certificate_file: Path | None = Field(None, description="This node's certificate with its chain (PEM).")
    key_file: Path | None = Field(None, description="Its private key (PEM).")
    ca_file: Path | None = Field(
        None, description="Authorities for peers (PEM); the system's when not given."
    )
    verify_client: bool = Field(False, description="Whether callers must show a certificate too.")


class Sip(Section):
    address: str = Field("127.0.0.1", description="Address to listen on, UDP and TCP.")
    port: Port = Field(5060, description="Port to listen on, UDP and TCP.")
    public_address: Address = Field("", description="Address to state in SDP and Contact when behind NAT.")
    allow: Annotated[tuple[Network, ...], BeforeValidator(one_or_many)] = Field(
        ("127.0.0.0/8", "::1/128"), description="Sources whose calls are answered; all others get 403."
    )
    address6: str = Field("", description="A second address to listen on, IPv6 beside IPv4; empty: none.")
    unknown: Literal["refuse", "drop"] = Field(
        "refuse", description="Sources that belong to no trunk: a bare 403 whatever they ask, or silence."
    )
    stun: str = Field(
        "", description="STUN server as host or host:port, to learn the public address; empty: none."
    )
    nameserver: str = Field(
        "",
        description="DNS server for hosts of trunks and of far ends, as address or address:port; empty: the "
        "machine's.",
    )
    user_agent: str = Field("softswitch", description="User-Agent and Server header.")
    tls: Tls = Tls()

    @property
    def uri(self) -> str:
        """Where this machine reaches the node."""
        address = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(self.address, self.address)
        return f"sip:{f'[{address}]' if ':' in address else address}:{self.port}"

    @field_validator("address")
    @classmethod
    def _is_address(cls, text: str) -> str:
        try:
            return str(ipaddress.ip_address(text))
        except ValueError:
            raise ValueError("expected an IP address such as 127.0.0.1 or 0.0.0.0") from None

    @field_validator("address6")
    @classmethod
    def _is_address6(cls, text: str) -> str:
        try:
            return str(ipaddress.IPv6Address(text)) if text else ""
        except ValueError:
            raise ValueError("expected an IPv6 address such as ::1 or ::") from None
