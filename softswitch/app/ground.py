"""What a control process stands on: there before anything is loaded, and nearly every part asks for some."""

from dataclasses import dataclass, field

from softswitch.app.chaos.calm import Calm
from softswitch.app.chaos.wiring import Chaos
from softswitch.app.desk import SOCKET, Desk
from softswitch.app.publishing import Publishing, open_publishing
from softswitch.child import Inheritance
from softswitch.config import Config
from softswitch.gateway.rings import Region
from softswitch.publish.metrics import Metrics


@dataclass(frozen=True)
class Ground:
    """`mqtt` is None where no broker is configured."""

    config: Config
    region: Region
    desk: Desk
    mqtt: Publishing | None
    chaos: Chaos | Calm
    metrics: Metrics = field(default_factory=Metrics)


def lay(config: Config, inheritance: Inheritance) -> Ground:
    """Raises SoftswitchError when a secret or a certificate can't be read."""
    return Ground(
        config,
        Region(inheritance.region_fd, config.media.max_calls, config.media.clock_rate),
        Desk(config.run_dir / SOCKET),
        open_publishing(config),
        Chaos() if config.chaos else Calm(),
    )
