"""Kind `http` says who asks: user and password, keys in headers, tokens of OAuth 2.0."""

import asyncio
import json
import logging
from base64 import b64decode, b64encode
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pytest
from acting import Receiver, action, integrations, run

from softswitch.actions.action import Done, Later
from softswitch.actions.addresses import Allowed
from softswitch.actions.kinds.http import Http, OAuth2
from softswitch.app.acting import web
from softswitch.app.acting.registry import Means, Registry
from softswitch.app.acting.tokens import Tokens
from softswitch.errors import InvalidFile

HEAD = "hosts: 127.0.0.1\nsecrets: {id: {env: CRM_ID}, key: {env: CRM_KEY}}\n"
ORDER = "actions:\n  order:\n    kind: http\n    url: URL/orders\n"
OAUTH2 = """    oauth2:
      token_url: URL/token
      client_id: '{secret:id}'
      client_secret: '{secret:key}'
      scope: a b
"""


@pytest.fixture(autouse=True)
def secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CRM_ID", "ann:x")
    monkeypatch.setenv("CRM_KEY", "s3cr/t")


class Crm(Receiver):
    """An API behind tokens, as RFC 6749 has them. They are said to last for `lasts`; `revoke` ends them."""

    def __init__(self, lasts: int | None = 3600) -> None:
        super().__init__()
        self.lasts = lasts
        self.valid: set[str] = set()
        self.given = 0
        self.refuses = 0
        self.answers = self._respond

    def revoke(self) -> None:
        self.valid.clear()

    @property
    def asked_for_tokens(self) -> list[dict[str, Any]]:
        return [each for each in self.requests if each["path"] == "/token"]

    def _respond(self, path: str, n: int) -> tuple[int, dict[str, str], bytes]:
        headers = self.requests[-1]["headers"]
        if path != "/token":
            good = headers.get("authorization", "").removeprefix("Bearer ") in self.valid
            return (200, {}, b"{}") if good else (401, {}, b'{"error": "invalid_token"}')
        if self.refuses:
            return self.refuses, {}, b'{"error": "invalid_client", "error_description": "not s3cr/t"}'
        self.given += 1
        token = f"t0ken{self.given}"
        self.valid.add(token)
        told = {"access_token": token, "token_type": "bearer"} | (
            {"expires_in": self.lasts} if self.lasts is not None else {}
        )
        return 200, {}, json.dumps(told).encode()


def settings_of(crm: Receiver, text: str = HEAD + ORDER + OAUTH2) -> Http:
    found = integrations(text.replace("URL", crm.url)).find("shop", "order")
    assert isinstance(found, Http)
    return found


async def test_user_and_password_go_into_the_header_authorization() -> None:
    basic = "    basic: {user: 'ann@example.com/token', password: '{secret:key}'}\n"
    with Receiver() as crm:
        assert await run((HEAD + ORDER + basic).replace("URL", crm.url), action()) == Done()
    (asked,) = crm.requests
    assert asked["headers"]["authorization"] == f"Basic {b64encode(b'ann@example.com/token:s3cr/t').decode()}"


async def test_a_key_goes_into_whatever_header_the_other_side_wants() -> None:
    with Receiver() as crm:
        text = HEAD + ORDER + "    headers: {X-Api-Key: '{secret:key}'}\n"
        assert await run(text.replace("URL", crm.url), action()) == Done()
    assert crm.requests[0]["headers"]["x-api-key"] == "s3cr/t"


async def test_a_token_is_had_as_the_standard_says_and_used_as_long_as_it_holds() -> None:
    with Crm() as crm:
        text = (HEAD + ORDER + OAUTH2).replace("URL", crm.url)
        known = integrations(text)
        registry = Registry(Means(known))
        settings = settings_of(crm)
        assert [await registry.run(action(), settings) for _ in range(3)] == [Done()] * 3
        await registry.close()
        (asked,) = crm.asked_for_tokens
    assert parse_qs(asked["body"]) == {"grant_type": ["client_credentials"], "scope": ["a b"]}
    # RFC 6749, 2.3.1: each part is encoded as in a form, so that a colon in the id parts nothing.
    sent = b64decode(asked["headers"]["authorization"].removeprefix("Basic ")).decode()
    assert sent == "ann%3Ax:s3cr%2Ft"


async def test_id_and_secret_go_into_the_body_where_that_is_wanted() -> None:
    with Crm() as crm:
        wanted = OAUTH2.replace("scope: a b", "send: body\n      parameters: {audience: crm}")
        assert await run((HEAD + ORDER + wanted).replace("URL", crm.url), action()) == Done()
        (asked,) = crm.asked_for_tokens
    told = {name: value for name, (value,) in parse_qs(asked["body"]).items()}
    assert told == {
        "grant_type": "client_credentials",
        "audience": "crm",
        "client_id": "ann:x",
        "client_secret": "s3cr/t",
    }
    assert "authorization" not in asked["headers"]


async def test_of_many_who_want_a_token_one_asks_for_it() -> None:
    with Crm() as crm:
        crm.delay_s = 0.1
        registry = Registry(Means(integrations((HEAD + ORDER + OAUTH2).replace("URL", crm.url))))
        settings = settings_of(crm)
        done = await asyncio.gather(*(registry.run(action(), settings) for _ in range(20)))
        await registry.close()
    assert done == [Done()] * 20
    assert len(crm.asked_for_tokens) == 1


async def test_who_is_cancelled_while_he_asks_leaves_the_others_their_turn() -> None:
    with Crm() as crm:
        crm.delay_s = 0.2
        registry = Registry(Means(integrations((HEAD + ORDER + OAUTH2).replace("URL", crm.url))))
        first, second = (asyncio.create_task(registry.run(action(), settings_of(crm))) for _ in range(2))
        await asyncio.sleep(0.05)
        first.cancel()
        assert await second == Done()
        await registry.close()


async def test_a_token_that_was_taken_back_is_had_anew_once() -> None:
    with Crm() as crm:
        registry = Registry(Means(integrations((HEAD + ORDER + OAUTH2).replace("URL", crm.url))))
        settings = settings_of(crm)
        assert await registry.run(action(), settings) == Done()
        crm.revoke()
        assert await registry.run(action(), settings) == Done()
        assert len(crm.asked_for_tokens) == 2
        before = len(crm.requests)
        crm.valid = set()
        answers = crm.answers
        crm.answers = lambda path, n: answers(path, n) if path == "/token" else (401, {}, b"{}")
        assert await registry.run(action(), settings) == Later("answered 401 Unauthorized")
        assert len(crm.requests) - before == 3, "the old token, a new one, and once more with it"
        await registry.close()


@pytest.mark.parametrize(
    ("lasts", "good_s", "over_s"), [(3600, 3539, 3541), (100, 89, 91), (None, 3539, 3541), (0, None, 0)]
)
async def test_a_token_is_had_anew_shortly_before_it_expires(
    lasts: int | None, good_s: float | None, over_s: float
) -> None:
    now = 1000.0
    with Crm(lasts) as crm:
        oauth2 = settings_of(crm).oauth2
        assert oauth2
        session = web.open_session(Allowed(["127.0.0.1"]))
        tokens = Tokens(session, {"id": "a", "key": "b"}, lambda: now)
        first = await tokens.get(oauth2, 5.0)
        if good_s is not None:
            now = 1000.0 + good_s
            assert await tokens.get(oauth2, 5.0) == first
        now = 1000.0 + over_s
        assert await tokens.get(oauth2, 5.0) != first
        await session.close()


@pytest.mark.parametrize("status", [400, 401, 503, 302])
async def test_no_token_is_tried_later_and_says_neither_secret_nor_more_than_the_code(
    status: int, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    with Crm() as crm:
        crm.refuses = status
        result = await run((HEAD + ORDER + OAUTH2).replace("URL", crm.url), action())
    assert result == Later(f"no token: its host answered {status}: invalid_client")
    assert "s3cr" not in caplog.text
    assert [each["path"] for each in crm.requests] == ["/token"], "nothing is asked without a token"


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"{}", b'{"access_token": "a b"}', b'{"access_token": 5}', b"x" * (2 << 20)]
)
async def test_an_answer_without_a_token_is_none(body: bytes) -> None:
    with Crm() as crm:
        crm.answers = lambda path, n: (200, {}, body)
        result = await run((HEAD + ORDER + OAUTH2).replace("URL", crm.url), action())
    assert result == Later("no token: its host answered 200 without one")


async def test_whoever_gives_tokens_cannot_send_on_who_asks_for_one() -> None:
    with Crm() as crm:
        crm.answers = lambda path, n: (307, {"Location": "/elsewhere"}, b"")
        result = await run((HEAD + ORDER + OAUTH2).replace("URL", crm.url), action())
    assert result == Later("no token: its host answered 307")
    assert [each["path"] for each in crm.requests] == ["/token"]


async def test_a_token_of_another_type_is_not_used() -> None:
    with Crm() as crm:
        crm.answers = lambda path, n: (200, {}, b'{"access_token": "x", "token_type": "mac"}')
        result = await run((HEAD + ORDER + OAUTH2).replace("URL", crm.url), action())
    assert result == Later("no token: its host gave one that is no bearer token")


async def test_what_the_other_side_says_is_kept_without_secrets() -> None:
    with Receiver() as crm:
        said = {"message": "no customer for key s3cr/t\r\nX: 1"}
        crm.answers = lambda path, n: (422, {}, json.dumps(said).encode())
        result = await run((HEAD + ORDER).replace("URL", crm.url), action())
    assert result.error == "answered 422 Unprocessable Entity: no customer for key *** X: 1"  # type: ignore[union-attr]


async def test_a_tokens_host_that_is_not_listed_or_at_a_private_address_is_not_contacted() -> None:
    with pytest.raises(InvalidFile) as raised:
        integrations(
            (HEAD + ORDER + OAUTH2)
            .replace("URL/token", "http://other.example.com/t")
            .replace("URL", "http://127.0.0.1")
        )
    assert "other.example.com is not listed in `hosts`" in str(raised.value)
    session = web.open_session(Allowed(["localhost"]))
    oauth2 = OAuth2(
        token_url="http://localhost:9/token",
        client_id="a",
        client_secret="{secret:key}",  # type: ignore[arg-type]
    )
    with pytest.raises(web.FAILURES) as failed:
        await Tokens(session, {"key": "b"}).get(oauth2, 5.0)
    told = web.failed(failed.value, 5.0).error
    assert "which is not public" in told
    await session.close()


@pytest.mark.parametrize(
    ("rest", "told"),
    [
        ("    basic: {user: ann, password: plain}\n", "expected a secret by its name in `secrets`"),
        ("    basic: {user: ann, password: '{secret:nope}'}\n", "there is no secret 'nope'"),
        (OAUTH2.replace("URL/token", "'URL/{n}'"), "expected a URL without values of actions"),
        (OAUTH2 + "    basic: {user: a, password: '{secret:key}'}\n", "give one of `basic`, `oauth2`"),
        (OAUTH2 + "    headers: {authorization: x}\n", "give one of `basic`, `oauth2`"),
    ],
)
def test_credentials_that_are_wrong_are_told(rest: str, told: str, tmp_path: Path) -> None:
    with pytest.raises(InvalidFile) as raised:
        integrations((HEAD + ORDER + rest).replace("URL", "http://127.0.0.1"), tmp_path)
    assert told in str(raised.value)
