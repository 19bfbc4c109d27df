"""A small MQTT broker for demonstrations and tests, in a process of its own. The only importer of amqtt."""

import asyncio
import logging
import signal
from collections.abc import Callable

from softswitch.errors import SoftswitchError


async def serve(address: str, port: int, tell: Callable[[], None]) -> None:
    """Listen until SIGTERM or SIGINT; `tell` is called when clients can connect. Everybody may connect, and
    nothing is kept on disk. Raises SoftswitchError when amqtt is missing, or the port cannot be had.
    """
    try:
        from amqtt.broker import Broker
        from amqtt.errors import BrokerError
    except ModuleNotFoundError:
        raise SoftswitchError(
            "the broker is not installed: run pip install 'softswitch[broker]', or use Mosquitto"
        ) from None
    host = f"[{address}]" if ":" in address else address
    broker = Broker(
        {
            "listeners": {"default": {"type": "tcp", "bind": f"{host}:{port}", "max_connections": 100}},
            "plugins": {"amqtt.plugins.authentication.AnonymousAuthPlugin": {"allow_anonymous": True}},
        }
    )
    logging.getLogger("amqtt").setLevel(logging.CRITICAL)  # it logs a traceback for what is said below
    stopping = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopping.set)
    try:
        await broker.start()
    except (BrokerError, OSError) as error:
        raise SoftswitchError(f"cannot listen on {host}:{port}: {error}; choose another --port") from None
    tell()
    await stopping.wait()
    await broker.shutdown()
