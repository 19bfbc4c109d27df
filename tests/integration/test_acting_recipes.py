"""Recipes against servers that answer as HubSpot, Salesforce, Zendesk, Twilio and a REST CRM document it: who
asks is known, a second attempt has no second effect, and what goes wrong is told in the other side's words.
"""

import asyncio
import json
from dataclasses import replace
from typing import Any

import pytest
from acting import Receiver, action, integrations, run
from crms import HubSpot, Salesforce, System, Twilio, Zendesk, answer

from softswitch.actions.action import Action, Done, Later, Refused, Result
from softswitch.app.acting.registry import Means, Registry

CALL = {"caller_number": "+441", "problem": 'No "light"', "email": "ann@example.com", "name": "Ann", "n": "2"}


@pytest.fixture(autouse=True)
def secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in (("TOKEN", "t0ken"), ("CLIENT", "cl1ent"), ("SECRET", "s3cret")):
        monkeypatch.setenv(name, value)


def text(recipe: str, parameters: dict[str, Any], **more: Any) -> str:
    """A file of actions; JSON is YAML."""
    used = {"token": {"env": "TOKEN"}, "client": {"env": "CLIENT"}, "secret": {"env": "SECRET"}}
    order = {"recipe": recipe, "with": parameters, **more}
    return json.dumps({"hosts": ["127.0.0.1"], "secrets": used, "actions": {"order": order}})


async def ask(recipe: str, parameters: dict[str, Any], given: Action | None = None, **more: Any) -> Result:
    result: Result = await run(text(recipe, parameters, **more), given or action(**CALL), grace=5.0)
    return result


def hubspot(system: System, **more: Any) -> dict[str, Any]:
    return {"site": system.url, "token": "{secret:token}", **more}


TICKET = {"key_property": "softswitch_key", "subject": "Call from {caller_number}", "content": "{problem}"}


async def test_hubspot_opens_one_ticket_however_often_it_is_tried() -> None:
    with HubSpot() as system:
        first = await ask("hubspot.create_ticket", hubspot(system, **TICKET))
        assert (
            first
            == await ask("hubspot.create_ticket", hubspot(system, **TICKET))
            == Done({"ticket_id": "512"})
        )
        other = replace(action(**CALL), idempotency_key="o" * 32)
        assert await ask("hubspot.create_ticket", hubspot(system, **TICKET), other) == Done(
            {"ticket_id": "513"}
        )
    assert system.records["k" * 32] == {
        "id": "512",
        "subject": "Call from +441",
        "content": 'No "light"',
        "hs_pipeline": "0",
        "hs_pipeline_stage": "1",
    }


async def test_what_hubspot_does_only_in_part_is_not_done() -> None:
    with HubSpot() as system:
        wanted = {"email": "{email}", "properties": {"colour": "red"}}
        result = await ask("hubspot.upsert_contact", hubspot(system, **wanted))
    assert isinstance(result, Refused)
    assert result.error.startswith("answered 207")
    assert system.records == {}


async def test_hubspot_keeps_contacts_apart_by_their_addresses() -> None:
    with HubSpot() as system:
        names = {"firstname": "{name}", "phone": "{caller_number}"}
        written = hubspot(system, email="{email}", properties=names)
        assert await ask("hubspot.upsert_contact", written) == Done({"contact_id": "512"})
        made = hubspot(system, email="{email}", first_name="Other")
        assert await ask("hubspot.create_contact", made) == Done({}), "409: there is one"
        bob = hubspot(system, email="bob@example.com", first_name="Bob", phone="{caller_number}2")
        more = {"properties": {"lastname": "Stone"}}
        assert await ask("hubspot.create_contact", bob, json=more) == Done({"contact_id": "513"})
        found = await ask("hubspot.find_contact", hubspot(system, value="{caller_number}"))
        nobody = await ask("hubspot.find_contact", hubspot(system, value="+0"))
    assert system.records["bob@example.com"] == {
        "id": "513",
        "email": "bob@example.com",
        "firstname": "Bob",
        "phone": "+4412",
        "lastname": "Stone",
    }
    assert found == Done({"contact_id": "512", "first_name": "Ann"})
    assert nobody == Done({})


async def test_hubspots_errors_are_told_in_its_words() -> None:
    with HubSpot() as system:
        limit = "You have reached your ten_secondly_rolling limit."
        system.next = [
            answer(429, {"status": "error", "message": limit, "errorType": "RATE_LIMIT"}, Retry_After="9")
        ]
        assert await ask("hubspot.create_ticket", hubspot(system, **TICKET)) == Later(
            f"answered 429 Too Many Requests: {limit}", 9.0
        )
        wrong = hubspot(system, **TICKET) | {"token": "wr0ng"}
        assert await ask("hubspot.create_ticket", wrong) == Later(
            "answered 401 Unauthorized: Authentication credentials not found."
        )


def salesforce(system: System, **more: Any) -> dict[str, Any]:
    who = {"client_id": "{secret:client}", "client_secret": "{secret:secret}"}
    return {"site": system.url, **who, "key_field": "Key__c", **more}


CASE = {"subject": "Call", "description": "{problem}", "phone": "{caller_number}"}


async def test_salesforce_opens_one_case_however_often_it_is_tried() -> None:
    with Salesforce() as system:
        first = await ask("salesforce.create_case", salesforce(system, **CASE))
        assert isinstance(first, Done)
        assert await ask("salesforce.create_case", salesforce(system, **CASE)) == first
    assert list(system.records.values()) == [
        {
            "Id": first.result["case_id"],
            "Subject": "Call",
            "Description": 'No "light"',
            "Origin": "Phone",
            "SuppliedPhone": "+441",
        }
    ]


async def test_a_session_that_salesforce_ended_is_begun_anew() -> None:
    with Salesforce() as system:
        registry = Registry(Means(integrations(text("salesforce.create_case", salesforce(system, **CASE)))))
        settings = registry.integrations.find("shop", "order")
        assert settings
        assert isinstance(await registry.run(action(**CALL), settings), Done)
        system.sessions.clear()
        assert isinstance(await registry.run(action(**CALL), settings), Done)
        await registry.close()
    assert (system.given, len(system.records)) == (2, 1)


async def test_salesforce_writes_and_finds_records_by_external_ids() -> None:
    with Salesforce() as system:
        fields = {"LastName": "{name}", "Phone": "{caller_number}"}
        contact = salesforce(system, object="Contact", key="C-{n}")
        written = await ask("salesforce.upsert", contact | {"fields": fields})
        assert isinstance(written, Done)
        assert list(system.records) == ["Contact/C-2"]
        found = await ask("salesforce.find", contact | {"result": {"name": "LastName"}})
        assert found == Done({"name": "Ann"})
        missing = await ask("salesforce.find", contact | {"key": "nobody"})
    assert missing == Refused("answered 404 Not Found: The requested resource does not exist")


async def test_salesforces_errors_are_told_in_its_words() -> None:
    with Salesforce() as system:
        wanted = salesforce(system, object="Contact", fields={"Phone": "1"})
        assert await ask("salesforce.upsert", wanted) == Refused(
            "answered 400 Bad Request: Required fields are missing: [LastName]"
        )
        system.next = [
            system.respond(
                {
                    "path": "/services/oauth2/token",
                    "body": "grant_type=client_credentials&client_id=cl1ent&client_secret=s3cret",
                }
            ),
            answer(
                403, [{"message": "TotalRequests Limit exceeded.", "errorCode": "REQUEST_LIMIT_EXCEEDED"}]
            ),
        ]
        assert await ask("salesforce.upsert", wanted) == Later(
            "answered 403 Forbidden: TotalRequests Limit exceeded."
        )
        wrong = wanted | {"client_secret": "{secret:token}"}
        assert await ask("salesforce.upsert", wrong) == Later(
            "no token: its host answered 400: invalid_client"
        )


def zendesk(system: System, **more: Any) -> dict[str, Any]:
    who = {"user": "ann@example.com/token", "token": "{secret:token}"}
    return {"site": system.url, **who, **more}


REQUEST = {"subject": "Call", "body": "{problem}", "requester": {"name": "{name}", "email": "{email}"}}


async def test_zendesk_opens_one_ticket_however_often_it_is_tried() -> None:
    with Zendesk() as system:
        first = await ask("zendesk.create_ticket", zendesk(system, **REQUEST))
        assert first == Done({"ticket_id": "35436"})
        assert await ask("zendesk.create_ticket", zendesk(system, **REQUEST)) == first
    assert system.records["k" * 32] == {
        "id": 35436,
        "subject": "Call",
        "comment": {"body": 'No "light"'},
        "requester": {"name": "Ann", "email": "ann@example.com"},
        "external_id": "k" * 32,
    }


async def test_zendesks_errors_are_told_in_its_words() -> None:
    with Zendesk() as system:
        blank = zendesk(system, **REQUEST) | {"body": ""}
        assert await ask("zendesk.create_ticket", blank) == Refused(
            "answered 422 Unprocessable Entity: Record validation errors"
        )
        assert isinstance(await ask("zendesk.create_ticket", zendesk(system, **REQUEST)), Done)
        changed = zendesk(system, **REQUEST) | {"subject": "Another"}
        assert await ask("zendesk.create_ticket", changed) == Refused(
            "answered 400 Bad Request: Request parameters don't match the original request"
        )
        told = {
            "error": "APIRateLimitExceeded",
            "description": "Number of allowed API requests per minute exceeded",
        }
        system.next = [answer(429, told, Retry_After="93")]
        assert await ask("zendesk.create_ticket", zendesk(system, **REQUEST)) == Later(
            f"answered 429 Too Many Requests: {told['description']}", 93.0
        )
        wrong = zendesk(system, **REQUEST) | {"user": "bob@example.com"}
        assert await ask("zendesk.create_ticket", wrong) == Later(
            "answered 401 Unauthorized: Couldn't authenticate you"
        )


async def test_zendesk_finds_who_calls() -> None:
    with Zendesk() as system:
        found = await ask("zendesk.find_user", zendesk(system, query="phone:{caller_number}"))
        tricky = replace(action(**CALL), arguments={"caller_number": "+441&query=x"})
        nobody = await ask("zendesk.find_user", zendesk(system, query="phone:{caller_number}"), tricky)
    assert found == Done({"user_id": "35436", "name": "Ann"})
    assert nobody == Done({})


async def test_twilio_sends_a_text_message() -> None:
    who = {"account": "AC01", "token": "{secret:token}"}
    with Twilio() as system:
        sms = {
            "site": system.url,
            **who,
            "from": "+15005550006",
            "to": "{caller_number}",
            "text": "Hello {name} & co",
        }
        result = await ask("twilio.send_sms", sms)
        wrong = await ask("twilio.send_sms", sms | {"to": "{name}"})
    assert result == Done({"message_id": f"SM{0:032}"})
    assert list(system.records.values()) == [{"From": "+15005550006", "To": "+441", "Body": "Hello Ann & co"}]
    assert wrong == Refused("answered 400 Bad Request: The 'To' number Ann is not a valid phone number.")


async def test_a_rest_crm_is_written_and_asked() -> None:
    with Receiver() as crm:
        crm.answers = lambda path, n: (201, {}, b'{"id": 7, "items": [{"name": "Ann"}]}')
        who = {"token": "{secret:token}"}
        fields = {"item": "{problem}", "count": "{n:number}"}
        made = await ask("rest.create", {"url": f"{crm.url}/orders", "fields": fields, **who})
        put = await ask("rest.put", {"url": f"{crm.url}/orders", "fields": fields, **who}, timeout="3s")
        wanted = {"url": f"{crm.url}/customers?phone={{caller_number}}", "result": {"name": "items.0.name"}}
        found = await ask("rest.find", wanted | who)
    assert (made, put, found) == (Done({"id": "7"}), Done({"id": "7"}), Done({"name": "Ann"}))
    assert [(each["method"], each["path"]) for each in crm.requests] == [
        ("POST", "/orders"),
        ("PUT", f"/orders/{'k' * 32}"),
        ("GET", "/customers?phone=%2B441"),
    ]
    assert json.loads(crm.requests[0]["body"]) == {"item": 'No "light"', "count": 2}
    assert {each["headers"]["authorization"] for each in crm.requests} == {"Bearer t0ken"}
    assert {each["headers"]["idempotency-key"] for each in crm.requests} == {"k" * 32}


async def test_attempts_at_the_same_time_are_one_effect_too() -> None:
    with Zendesk() as system:
        many = [ask("zendesk.create_ticket", zendesk(system, **REQUEST)) for _ in range(10)]
        assert await asyncio.gather(*many) == [Done({"ticket_id": "35436"})] * 10
    assert len(system.records) == 1
