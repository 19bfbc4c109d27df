"""`softswitch`, and `python -m softswitch`."""

import sys

from softswitch.cli.root import run


def main() -> None:
    sys.exit(run())


if __name__ == "__main__":
    main()
