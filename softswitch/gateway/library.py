"""PJSIP's endpoint, made without its first words."""

import ctypes
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pjsua2 as pj


def create() -> pj.Endpoint:
    """A new endpoint, created but not initialised."""
    endpoint = pj.Endpoint()
    with _quiet():
        endpoint.libCreate()
    return endpoint


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep PJSIP's first log lines off standard output; it takes a log level only after it wrote them."""
    sys.stdout.flush()
    kept = os.dup(1)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    try:
        yield
    finally:
        ctypes.CDLL(None).fflush(None)
        os.dup2(kept, 1)
        os.close(kept)
        os.close(nowhere)
