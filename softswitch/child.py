"""How the supervisor starts its two processes, and how they tell it that they are up.

Each child inherits four descriptors: the configuration as the supervisor read it (a file that was broken
since cannot hurt a restart), the audio region, one socket and the pipe on which it says `ready`. Expected
failures are one line on standard error and exit status 1.
"""

import ctypes
import faulthandler
import logging
import os
import signal
import sys
from collections.abc import Callable
from dataclasses import dataclass

import structlog

from softswitch.config import Config
from softswitch.errors import SoftswitchError
from softswitch.sections.observing import Log

READY = b"ready\n"
PR_SET_PDEATHSIG = 1


@dataclass(frozen=True)
class Inheritance:
    """The descriptors that a child is born with; their numbers are its arguments, in this order."""

    config_fd: int
    region_fd: int
    socket_fd: int
    ready_fd: int

    def arguments(self) -> list[str]:
        return [str(fd) for fd in self.descriptors()]

    def descriptors(self) -> tuple[int, ...]:
        return (self.config_fd, self.region_fd, self.socket_fd, self.ready_fd)

    @classmethod
    def parse(cls, arguments: list[str]) -> "Inheritance":
        return cls(*(int(argument) for argument in arguments))

    def config(self) -> Config:
        size = os.fstat(self.config_fd).st_size
        return Config.model_validate_json(os.pread(self.config_fd, size, 0))

    def say_ready(self) -> None:
        os.write(self.ready_fd, READY)


WHERE = signal.SIGUSR2
"""Has a child print where each of its threads is: what hangs is asked before it is killed."""


def config_fd(config: Config) -> int:
    """The configuration in memory that children can read again and again."""
    fd = os.memfd_create("softswitch-config")
    os.write(fd, config.model_dump_json().encode())
    return fd


def live(main: Callable[[Inheritance, Config], None]) -> None:
    """A child's whole life: read what it inherited, run, and end with the right status."""
    _die_with_supervisor()
    inheritance = Inheritance.parse(sys.argv[1:])
    config = inheritance.config()
    configure_logs(config.log)
    faulthandler.register(WHERE, all_threads=True)
    try:
        main(inheritance, config)
    except SoftswitchError as error:
        print(f"softswitch: {error}", file=sys.stderr, flush=True)
        sys.exit(1)


def _die_with_supervisor() -> None:
    """prctl(2): SIGTERM when the supervisor dies, so that nothing of a killed node keeps its ports."""
    supervisor = os.getppid()
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, int(signal.SIGTERM), 0, 0, 0)
    if os.getppid() != supervisor:  # it died meanwhile
        sys.exit(1)


def configure_logs(settings: Log) -> None:
    """Everything logged, ours and the libraries', as lines for people or as JSON, on standard error."""
    renderer: structlog.typing.Processor = (
        structlog.processors.JSONRenderer()
        if settings.format == "json"
        # Not the rich traceback: it prints local variables, and with them what callers said.
        else structlog.dev.ConsoleRenderer(
            colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback
        )
    )
    shared: list[structlog.typing.Processor] = [
        structlog.stdlib.add_log_level,
        structlog.stdlib.ExtraAdder(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    if settings.format == "json":
        shared.append(structlog.processors.format_exc_info)
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.stdlib.BoundLogger,
        logger_factory=structlog.stdlib.LoggerFactory(),
    )
    handler = logging.StreamHandler()
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
        )
    )
    logging.basicConfig(handlers=[handler], level=settings.level.upper(), force=True)
    for chatty in ("alembic", "asyncio"):
        logging.getLogger(chatty).setLevel(logging.WARNING)
