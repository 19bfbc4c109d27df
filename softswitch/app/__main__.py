"""The control process' entry: `python -m softswitch.app` with what the supervisor hands down."""

import asyncio

from softswitch.app.node import Node
from softswitch.child import Inheritance, live
from softswitch.config import Config


def main(inheritance: Inheritance, config: Config) -> None:
    asyncio.run(Node(config, inheritance).run())


live(main)
