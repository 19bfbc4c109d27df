"""Kind `http`: a request to a host of the operator's list. The only importer of aiohttp.

Success is 2xx. What may pass is tried again: no connection, timeouts, 5xx, 429 and 409 (the draft on
Idempotency-Key has it for a request that is still under way), and 401, 403, 407, where credentials are to be
mended and not the action. Everything else is refused for good; redirects too, which could lead anywhere.
"""

import json
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, quote_plus

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from yarl import URL

from softswitch.actions import settings
from softswitch.actions.action import Action, Done, Later, Refused, Result
from softswitch.actions.addresses import Allowed
from softswitch.actions.templates import Template, Unfilled, fill_json, values_of
from softswitch.app.acting.registry import Means

PASSING = frozenset({401, 403, 407, 408, 409, 421, 423, 425, 429})
MOST_BYTES = 1 << 20
MOST_VALUE = 10_000
"""Letters of a value of the answer that are kept."""
CONNECTIONS = 200


class Http:
    def __init__(self, means: Means) -> None:
        self._secrets = means.integrations.secrets
        resolver = _Guarded(Allowed(means.integrations.file.hosts))
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=CONNECTIONS, resolver=resolver, ttl_dns_cache=30),
            cookie_jar=aiohttp.DummyCookieJar(),
            headers={"User-Agent": "softswitch"},
            trust_env=False,  # a proxy would be reached instead of the host that was checked
        )

    async def run(self, action: Action, settings: settings.Http) -> Result:
        values = values_of(action)
        headers = {name: _header(text.fill(values, self._secrets)) for name, text in settings.headers.items()}
        headers["Idempotency-Key"] = action.idempotency_key
        try:
            async with self._session.request(
                settings.method,
                URL(_url(settings.url, values), encoded=True),
                headers=headers,
                allow_redirects=False,
                timeout=aiohttp.ClientTimeout(settings.timeout),
                **self._body(settings, values),
            ) as answer:
                return await _result(answer, settings)
        except TimeoutError:
            return Later(f"no answer within {settings.timeout:g} s")
        except _Refusal as refusal:
            return Later(str(refusal))
        except (aiohttp.ClientError, OSError) as error:
            cause = error.__cause__ or getattr(error, "os_error", None)
            return Later(str(cause) if isinstance(cause, _Refusal) else f"{type(error).__name__}: {error}")

    async def close(self) -> None:
        await self._session.close()

    def _body(self, settings: settings.Http, values: Mapping[str, str]) -> dict[str, Any]:
        if settings.json_ is not None:
            return {"json": fill_json(settings.json_, values, self._secrets)}
        if settings.form:
            return {"data": {name: text.fill(values, self._secrets) for name, text in settings.form.items()}}
        return {}


class _Refusal(OSError):
    """An address that may not be reached."""


class _Guarded(AbstractResolver):
    """Gives the addresses of a host that may be reached: the connection goes to those and no others."""

    def __init__(self, allowed: Allowed) -> None:
        self._allowed = allowed
        self._resolver = aiohttp.ThreadedResolver()

    async def resolve(self, host: str, port: int = 0, family: Any = 0) -> list[ResolveResult]:
        if not self._allowed.host(host):
            raise _Refusal(f"{host} is not listed in `hosts` of the file of actions")
        found = await self._resolver.resolve(host, port, family)
        good = [each for each in found if self._allowed.address(each["host"])]
        if not good:
            addresses = ", ".join(each["host"] for each in found)
            raise _Refusal(
                f"{host} is at {addresses}, which is not public: list that in `hosts` if it is right"
            )
        return good

    async def close(self) -> None:
        await self._resolver.close()


def _url(template: Template, values: Mapping[str, str]) -> str:
    """What callers said changes neither the path's levels nor the query's fields."""
    url = ""
    for part in template.parts:
        if isinstance(part, str):
            url += quote(part, safe="%/:?#[]@!$&'()*+,;=~")
        elif "?" in url:
            url += Template((part,)).fill(values, {}, quote_plus)
        else:
            value = Template((part,)).fill(values, {}, lambda text: quote(text, safe=""))
            if not value.strip("."):
                raise Unfilled(f"{{{part.name}}} is empty, or dots: with it the URL would be another one")
            url += value
    return url


def _header(value: str) -> str:
    """One line: what callers said makes no header of its own."""
    return re.sub(r"[\x00-\x1f\x7f]+", " ", value).strip()


async def _result(answer: aiohttp.ClientResponse, settings: settings.Http) -> Result:
    if 200 <= answer.status < 300:
        return Done(await _kept(answer, settings.result)) if settings.result else Done()
    error = f"answered {answer.status} {answer.reason or ''}".strip()
    if 300 <= answer.status < 400:
        return Refused(f"{error}: redirects are not followed, write the URL that is meant")
    if answer.status >= 500 or answer.status in PASSING:
        return Later(error, _asked(answer.headers.get("Retry-After", "")))
    return Refused(error)


async def _kept(answer: aiohttp.ClientResponse, wanted: Mapping[str, str]) -> dict[str, str]:
    """The values that are mapped, as text; what is not there, or no value, is left out."""
    body = bytearray()
    async for chunk in answer.content.iter_any():
        body += chunk
        if len(body) > MOST_BYTES:
            return {}
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    found = {name: _at(document, path) for name, path in wanted.items()}
    return {name: value[:MOST_VALUE] for name, value in found.items() if value is not None}


def _at(document: Any, path: str) -> str | None:
    for key in path.split("."):
        if isinstance(document, list) and key.isdigit() and int(key) < len(document):
            document = document[int(key)]
        elif isinstance(document, dict) and key in document:
            document = document[key]
        else:
            return None
    if isinstance(document, bool):
        return "true" if document else "false"
    return str(document) if isinstance(document, str | int | float) else None


def _asked(retry_after: str) -> float:
    """Seconds of a Retry-After (RFC 9110); a date would depend on clocks and is not heeded."""
    return float(retry_after) if re.fullmatch(r"\d{1,7}", retry_after) else 0.0
