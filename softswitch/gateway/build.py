"""What this build of PJSIP can do; known without loading it."""

from importlib.metadata import version

SMALL_BUILD = 4
"""Calls at once that the wheel from PyPI is compiled for."""


def is_tuned() -> bool:
    """Whether this is the build of scripts/build_pjsua2 (2.17 or later), and not the wheel from PyPI."""
    major, minor = version("pjsua2-python").split(".")[:2]
    return (int(major), int(minor)) >= (2, 17)


def call_limit(wanted: int) -> int:
    """Calls at once that both the configuration and this build allow."""
    return wanted if is_tuned() else min(SMALL_BUILD, wanted)
