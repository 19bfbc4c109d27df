"""Asks the running node: the other end of softswitch/app/desk.py."""

import json
import socket
from collections.abc import Generator
from typing import IO, Any

from softswitch.app.desk import SOCKET
from softswitch.config import Config
from softswitch.errors import SoftswitchError
from softswitch.node_lock import is_running

CONNECT_S = 5.0


def ask(config: Config, do: str, /, **args: Any) -> Any:
    """What the running node answers, its progress passed over.

    Raises SoftswitchError with the node's sentence when it cannot, and when no node is running.
    """
    asking = follow(config, do, **args)
    while True:
        try:
            next(asking)
        except StopIteration as answered:
            return answered.value


def follow(config: Config, do: str, /, **args: Any) -> Generator[dict[str, Any], None, Any]:
    """Every progress as it is made; the result is the generator's value. Raises as `ask` does.

    Leaving the generator early makes the node stop what it does for it.
    """
    with _connected(config) as connection, connection.makefile("rw", encoding="utf-8") as lines:
        lines.write(json.dumps({"do": do, **args}) + "\n")
        lines.flush()
        while True:
            answer = _next(lines)
            if "progress" not in answer:
                break
            yield answer["progress"]
    if not answer["ok"]:
        raise SoftswitchError(answer["error"])
    return answer["result"]


def _connected(config: Config) -> socket.socket:
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    connection.settimeout(CONNECT_S)
    try:
        connection.connect(str(config.run_dir / SOCKET))
    except PermissionError:
        connection.close()
        raise SoftswitchError(
            f"the node with {config.data_dir} is another user's: ask as the user that runs it"
        ) from None
    except OSError:
        connection.close()
        if is_running(config):
            raise SoftswitchError(
                "the node is starting or stopping just now: ask again in a moment"
            ) from None
        raise SoftswitchError(
            f"no node is running with {config.data_dir}: start it with softswitch serve"
        ) from None
    connection.settimeout(None)  # a node that hangs is restarted by its supervisor, which ends the connection
    return connection


def _next(lines: IO[str]) -> Any:
    try:
        line = lines.readline()
    except ConnectionError:
        line = ""
    if not line:
        raise SoftswitchError("the node ended before it had answered; see its log")
    return json.loads(line)
