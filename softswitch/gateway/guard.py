"""What every callback of PJSIP is wrapped in, and whatever else must not end the SIP thread."""

import logging
from collections.abc import Callable

import pjsua2 as pj

log = logging.getLogger(__name__)


def guarded(body: Callable[..., None], *arguments: object) -> None:
    """Run it. An exception that reaches PJSIP is lost or fatal; one that ends the thread ends all calls."""
    try:
        body(*arguments)
    except pj.Error as error:
        log.warning("PJSIP: %s", error.info())
    except Exception:
        log.exception("on the SIP thread")
