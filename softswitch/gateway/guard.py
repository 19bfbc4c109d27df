"""What every callback of PJSIP is wrapped in."""

import logging
from collections.abc import Callable

import pjsua2 as pj

log = logging.getLogger(__name__)


def guarded(body: Callable[..., None], *arguments: object) -> None:
    """Run a callback's body: an exception that reaches PJSIP is lost or fatal."""
    try:
        body(*arguments)
    except pj.Error as error:
        log.warning("PJSIP: %s", error.info())
    except Exception:
        log.exception("in a PJSIP callback")
