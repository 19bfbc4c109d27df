"""Tokens of OAuth 2.0 for the client itself (RFC 6749, section 4.4): had once, kept until shortly before they
expire. Neither they nor the secrets that they are had for are logged.
"""

import asyncio
import json
import re
import time
from base64 import b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote_plus

from softswitch.actions.kinds.http import OAuth2
from softswitch.app.acting import web

UNSAID_S = 3600.0
"""How long a token is kept whose end is not said, as Salesforce's."""
EARLY_S = 60.0
"""A token is not used in its last minute, or in the last tenth of its time when that is less."""


class NoToken(Exception):
    """Its words say what the token's host answered."""


@dataclass(slots=True)
class _Kept:
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    token: str = ""
    until: float = 0.0


class Tokens:
    """One token for each way to get one, of which the file of actions has so many. `clock` is monotonic."""

    def __init__(
        self, session: web.Session, secrets: Mapping[str, str], clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._session = session
        self._secrets = secrets
        self._clock = clock
        self._kept: dict[str, _Kept] = {}

    async def get(self, settings: OAuth2, within_s: float) -> str:
        """A token that holds. Of many who want one, one asks. Raises NoToken, or one of web.FAILURES."""
        kept = self._kept.setdefault(repr(settings), _Kept())
        async with kept.lock:
            if self._clock() >= kept.until:
                kept.token, lasts = await self._ask(settings, within_s)
                kept.until = self._clock() + lasts - min(EARLY_S, lasts / 10)
            return kept.token

    def forget(self, settings: OAuth2, token: str) -> None:
        """It was refused. A newer one stays."""
        kept = self._kept.get(repr(settings))
        if kept and kept.token == token:
            kept.until = 0.0

    async def _ask(self, settings: OAuth2, within_s: float) -> tuple[str, float]:
        """A new token, and for how many seconds it holds."""
        client = settings.client_id.fill({}, self._secrets)
        secret = settings.client_secret.fill({}, self._secrets)
        form, headers = {"grant_type": "client_credentials", **settings.parameters}, {}
        if settings.scope:
            form["scope"] = settings.scope
        if settings.send == "header":
            # Section 2.3.1 has both encoded as in a form first.
            headers["Authorization"] = basic(quote_plus(client), quote_plus(secret))
        else:
            form |= {"client_id": client, "client_secret": secret}
        url = settings.token_url.fill({}, {})
        asked = self._session.post(
            url, data=form, headers=headers, allow_redirects=False, timeout=web.within(within_s)
        )
        async with asked as answer:
            return _token(answer.status, await web.read(answer) or b"")


def basic(user: str, password: str) -> str:
    """The header Authorization of RFC 7617."""
    return f"Basic {b64encode(f'{user}:{password}'.encode()).decode()}"


def _token(status: int, body: bytes) -> tuple[str, float]:
    try:
        told = json.loads(body)
    except (ValueError, RecursionError):
        told = {}
    told = told if isinstance(told, dict) else {}
    if status != 200:
        # Section 5.2 has codes for what is wrong; what else stands there may tell too much.
        code = str(told.get("error", ""))
        shown = f": {code}" if re.fullmatch(r"[a-z_]{1,50}", code) else ""
        raise NoToken(f"no token: its host answered {status}{shown}")
    token = told.get("access_token")
    if not isinstance(token, str) or not re.fullmatch(r"[\x21-\x7e]+", token):
        raise NoToken("no token: its host answered 200 without one")
    if str(told.get("token_type", "bearer")).lower() != "bearer":
        raise NoToken("no token: its host gave one that is no bearer token")
    return token, _seconds(told.get("expires_in"))


def _seconds(told: Any) -> float:
    return float(told) if re.fullmatch(r"\d{1,9}(\.\d+)?", str(told)) else UNSAID_S
