"""PJSIP's endpoint as both the gateway and the caller make it."""

import ctypes
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import TypeVar

import pjsua2 as pj

Kind = TypeVar("Kind", bound=pj.Endpoint)


def create(kind: type[Kind]) -> Kind:
    """A new endpoint, created but not initialised."""
    endpoint = kind()
    with _quiet():
        endpoint.libCreate()
    return endpoint


def settings(user_agent: str, calls: int, media_ports: int, clock_rate: int) -> pj.EpConfig:
    """For one SIP thread that makes, uses and drops every pjsua2 object, and no sound device.

    Calling in from two Python threads can deadlock on the GIL (pjproject#3125); only the media clock and
    PJSIP's own RTP thread, which runs no Python, are beside it.
    """
    config = pj.EpConfig()
    config.uaConfig.userAgent = user_agent
    config.uaConfig.maxCalls = calls
    config.uaConfig.threadCnt = 0
    config.uaConfig.mainThreadOnly = True
    config.uaConfig.natTypeInSdp = 0  # nobody's business
    config.medConfig.clockRate = clock_rate
    config.medConfig.maxMediaPorts = media_ports
    config.medConfig.noVad = True
    config.medConfig.ecTailLen = 0
    config.medConfig.threadCnt = 1
    # From level 1 on PJSIP prints every message that it cannot read, whole: callers' data, and a way to
    # fill the log from outside. Failures reach us as pj.Error.
    config.logConfig.level = config.logConfig.consoleLevel = 0
    return config


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


def shut_transport(handle: int) -> None:
    """End a connection from PJSIP's report of its state; nothing that waits to be sent over it goes out.

    Endpoint.transportShutdown does not take the handle that the same Python binding has given.
    """
    _library().pjsip_transport_shutdown(ctypes.c_void_p(handle))


def can_shut_transports() -> bool:
    return hasattr(_library(), "pjsip_transport_shutdown")


@cache
def _library() -> ctypes.PyDLL:
    return ctypes.PyDLL(pj._pjsua2.__file__)
