"""Kind `http`: a request to a host of the operator's list.

Success is 2xx, or what the settings say. What may pass is tried again: no connection, timeouts, 5xx and
what `web.PASSING` has. Everything else is refused for good; redirects too, which could lead anywhere.
"""

import json
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import quote, quote_plus

from yarl import URL

from softswitch.actions.action import Action, Done, Later, Result
from softswitch.actions.addresses import Allowed
from softswitch.actions.kinds.http import Http as Settings
from softswitch.actions.kinds.http import OAuth2
from softswitch.actions.templates import Template, Unfilled, fill_json, values_of
from softswitch.app.acting import web
from softswitch.app.acting.mapping import at, mapped
from softswitch.app.acting.registry import Means
from softswitch.app.acting.saying import one_line, said
from softswitch.app.acting.tokens import NoToken, Tokens, basic

SAYING = ("message", "error_description", "description", "error", "title", "detail")
"""Where answers that are no success say why, the fullest first."""


class Http:
    def __init__(self, means: Means) -> None:
        self._secrets = means.integrations.secrets
        self._session = web.open_session(Allowed(means.integrations.file.hosts))
        self._tokens = Tokens(self._session, self._secrets)

    async def run(self, action: Action, settings: Settings) -> Result:
        try:
            if settings.oauth2:
                return await self._ask_with_token(action, settings, settings.oauth2)
            _, result = await self._ask(action, settings)
            return result
        except NoToken as error:
            return Later(str(error))
        except web.FAILURES as error:
            return web.failed(error, settings.timeout)

    async def close(self) -> None:
        await self._session.close()

    async def _ask_with_token(self, action: Action, settings: Settings, oauth2: OAuth2) -> Result:
        """A token may be taken back before its time: then once more with a new one."""
        token = await self._tokens.get(oauth2, settings.timeout)
        status, result = await self._ask(action, settings, token)
        if status == 401:
            self._tokens.forget(oauth2, token)
            token = await self._tokens.get(oauth2, settings.timeout)
            _, result = await self._ask(action, settings, token)
        return result

    async def _ask(self, action: Action, settings: Settings, token: str = "") -> tuple[int, Result]:
        """The status of the answer, and what it means."""
        values = values_of(action)
        async with self._session.request(
            settings.method,
            URL(_url(settings.url, values), encoded=True),
            headers=self._headers(action, settings, token),
            allow_redirects=False,
            timeout=web.within(settings.timeout),
            **self._body(settings, values),
        ) as answer:
            return answer.status, await _result(answer, settings, [*self._secrets.values(), token])

    def _headers(self, action: Action, settings: Settings, token: str) -> dict[str, str]:
        values = values_of(action)
        filled = {name: text.fill(values, self._secrets) for name, text in settings.headers.items()}
        headers = {name: one_line(text) for name, text in filled.items()}
        headers["Idempotency-Key"] = action.idempotency_key
        if token:
            headers["Authorization"] = f"Bearer {token}"
        if settings.basic:
            user = settings.basic.user.fill(values, self._secrets)
            headers["Authorization"] = basic(user, settings.basic.password.fill(values, self._secrets))
        return headers

    def _body(self, settings: Settings, values: Mapping[str, str]) -> dict[str, Any]:
        if settings.json_ is not None:
            return {"json": fill_json(settings.json_, values, self._secrets)}
        if settings.form:
            return {"data": {name: text.fill(values, self._secrets) for name, text in settings.form.items()}}
        return {}


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


async def _result(answer: web.Answer, settings: Settings, secrets: Iterable[str]) -> Result:
    """`secrets` are left out of what the other side says, which may be what it was sent."""
    done = answer.status in settings.done_on if settings.done_on else 200 <= answer.status < 300
    document = await _document(answer) if not done or settings.result else None
    if done:
        return Done(mapped(document, settings.result))
    return web.unsuccessful(answer, _told(document, secrets))


async def _document(answer: web.Answer) -> Any:
    """Its JSON; None when it has none, or too much of it."""
    try:
        return json.loads(await web.read(answer) or b"null")
    except (ValueError, RecursionError):
        return None


def _told(document: Any, secrets: Iterable[str]) -> str:
    """What an answer says in the usual places of JSON, for whoever mends it."""
    inner = document[0] if isinstance(document, list) and document else document
    texts = (at(inner, key) for key in SAYING) if isinstance(inner, dict) else ()
    return said(next((text for text in texts if text), ""), secrets)
