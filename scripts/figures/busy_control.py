"""The control process with a Python thread that spins in it: what the worst plug-in could do to a node."""

import runpy
import threading


def spin() -> None:
    """Take the GIL whenever it is to be had, for ever."""
    count = 0
    while True:
        count += 1


if __name__ == "__main__":
    threading.Thread(target=spin, daemon=True).start()
    runpy.run_module("softswitch.app", run_name="__main__")
