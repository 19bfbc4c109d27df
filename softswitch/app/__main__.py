"""The control process' entry: `python -m softswitch.app` with what the supervisor hands down.

The garbage collector rests until everything is loaded: nearly all that is made by then stays, and looking at
it again and again took a fifth of the start, which callers on the line wait for when it is a second one.
"""

import asyncio
import gc
import sys

from softswitch.child import Inheritance, live
from softswitch.config import Config


def main(inheritance: Inheritance, config: Config) -> None:
    gc.disable()
    # With Python's 5 ms one thread that computes makes 150 calls wait until control is taken for dead.
    sys.setswitchinterval(0.0005)
    from softswitch.app.node import Node  # half of the start, so not before

    asyncio.run(Node(config, inheritance).run())


live(main)
