"""Where a trunk's hosts are once they are resolved: what the gateway is told, and failover goes through."""

from dataclasses import dataclass, field

from softswitch.trunks.settings import Transport, Trunk


@dataclass(frozen=True, slots=True)
class Target:
    """One address of a trunk. `name` is the host as it was declared: the certificate is for it."""

    name: str
    address: str
    port: int
    transport: Transport

    @property
    def hostport(self) -> str:
        return f"[{self.address}]:{self.port}" if ":" in self.address else f"{self.address}:{self.port}"


@dataclass(frozen=True, slots=True)
class Connection:
    """A trunk as the gateway is to have it now. Its targets stand in the order in which they are tried.

    `register_at` is the target to be registered with, None for none (disabled, kind ip, or between tries).
    """

    trunk: Trunk
    targets: tuple[Target, ...] = ()
    password: str = field(default="", repr=False)
    register_at: Target | None = None
    attempt: int = 0
    """Grows with each try to register: another number is a new try, the same one changes nothing."""
