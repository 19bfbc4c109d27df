"""Who vouches for a caller: the verdict on the signed identity of a call (STIR/SHAKEN), within a patience."""

import asyncio
import logging
import ssl
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from cryptography import x509

from softswitch.app.calls import Calls
from softswitch.app.certificates import Fetcher
from softswitch.e164 import e164
from softswitch.errors import SoftswitchError
from softswitch.events import CallInfo
from softswitch.publish.metrics import Metrics
from softswitch.sections.incoming import Identity
from softswitch.trunks import certificates, numbers, passport
from softswitch.trunks.passport import Rejected
from softswitch.trunks.settings import Trunk

log = logging.getLogger(__name__)
NONE, FAILED = "none", "failed"


class Vouching:
    """`tls` is what servers of certificates are verified by; the system's authorities unless a test says
    otherwise. Raises SoftswitchError when the roots cannot be read.
    """

    def __init__(
        self,
        settings: Identity,
        find_trunk: Callable[[str], Trunk | None] = lambda name: None,
        tls: ssl.SSLContext | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._settings = settings
        self._find_trunk = find_trunk
        self._clock = clock
        self._roots = _roots(settings.roots_file) if settings.roots_file else ()
        self._fetcher = Fetcher(tls)
        self._verdicts = Counter[str](A=0, B=0, C=0, none=0, failed=0)

    @property
    def on(self) -> bool:
        return bool(self._roots)

    def watch(self, metrics: Metrics) -> None:
        metrics.watch("softswitch_identities_total", lambda: dict(self._verdicts))

    async def verdict(self, info: CallInfo) -> str:
        """A, B or C as the caller's provider attests it (RFC 8588), "none" where no identity came, "failed: "
        and why not it cannot be believed. Never raises, and waits no longer than `patience`.
        """
        found = await self._judge(info)
        self._verdicts[found.partition(":")[0]] += 1
        if found.startswith(FAILED):
            log.info("the identity of the caller of %s is not believed: %s", info.call_id, found)
        return found

    async def _judge(self, info: CallInfo) -> str:
        fields = info.signalled.identity if info.signalled else ()
        failures: list[str] = []
        try:
            async with asyncio.timeout(self._settings.patience):
                for field in fields:
                    try:
                        if passport.kind(field) == "shaken":
                            return await self._believed(field, info)
                    except Rejected as error:
                        failures.append(str(error))
        except TimeoutError:
            failures.append(f"no certificate within {self._settings.patience:g} s")
        except Exception as error:  # a bug must not be a call that rings for ever
            log.exception("the identity of the caller of %s", info.call_id)
            failures.append(type(error).__name__)
        return f"{FAILED}: {failures[0]}" if failures else NONE

    async def _believed(self, field: str, info: CallInfo) -> str:
        """The attestation. Raises Rejected."""
        found, now = passport.parse(field), self._clock()
        passport.check(found, *self._numbers(info), now)
        chain = await self._fetcher.get(passport.certificate_url(found.x5u, self._settings.hosts))
        passport.check_signature(found, chain[0])
        certificates.check_chain(chain, self._roots, datetime.fromtimestamp(now, UTC))
        certificates.check_number(chain[0], found.orig)
        return found.attest

    def _numbers(self, info: CallInfo) -> tuple[str, str]:
        """Who calls, as dialplans are told and the identity has to be about, and who is called; E.164, ""
        for none. Who wants his number withheld is vouched for all the same.
        """
        trunk = self._find_trunk(info.trunk)
        if trunk is None:
            return e164(info.from_uri, ""), e164(info.to_uri, "")
        open_ = replace(info, signalled=replace(info.signalled, private=False) if info.signalled else None)
        return numbers.caller(open_, trunk).number, numbers.called(info, trunk).number


def wire(
    settings: Identity, calls: Calls, find_trunk: Callable[[str], Trunk | None], metrics: Metrics
) -> None:
    """Have the callers of a node vouched for, where its settings say so. Raises SoftswitchError as above."""
    vouching = Vouching(settings, find_trunk)
    if vouching.on:
        calls.arrivals.vouch = vouching.verdict
        vouching.watch(metrics)


def _roots(path: Path) -> tuple[x509.Certificate, ...]:
    try:
        return tuple(x509.load_pem_x509_certificates(path.read_bytes()))
    except OSError as error:
        raise SoftswitchError(
            f"identity.roots_file: {path} is not read ({error.strerror}): name a file of certificates (PEM)"
        ) from None
    except ValueError:
        raise SoftswitchError(
            f"identity.roots_file: {path} holds no certificate: name a file of certificates (PEM)"
        ) from None
