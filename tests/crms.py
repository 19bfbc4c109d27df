"""HubSpot, Salesforce, Zendesk and Twilio for tests: each answers as its public documentation says, as far as
recipes go there, and keeps what was written.
"""

import json
from base64 import b64decode
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from acting import Receiver

Answer = tuple[int, dict[str, str], bytes]


def answer(status: int, body: Any, **headers: str) -> Answer:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return status, named | {"Content-Type": "application/json"}, json.dumps(body).encode()


class System(Receiver):
    """`records` are what was written, by what makes each one. `next` are answers that come before its own."""

    def __init__(self) -> None:
        super().__init__()
        self.records: dict[str, Any] = {}
        self.next: list[Answer] = []
        self.answers = lambda path, n: self._next(self.requests[-1])

    def _next(self, request: dict[str, Any]) -> Answer:
        return self.next.pop(0) if self.next else self.respond(request)

    def respond(self, request: dict[str, Any]) -> Answer:
        raise NotImplementedError


def _basic(request: dict[str, Any]) -> str:
    return b64decode(request["headers"].get("authorization", "").removeprefix("Basic ")).decode()


UNIQUE = {"contacts": "email", "tickets": "softswitch_key"}
PROPERTIES = frozenset(
    [
        *("email", "firstname", "lastname", "phone"),
        *("softswitch_key", "subject", "content", "hs_pipeline", "hs_pipeline_stage"),
    ]
)


class HubSpot(System):
    """CRM objects, 2026-03. `email` of contacts and `softswitch_key` of tickets hold unique values."""

    def respond(self, request: dict[str, Any]) -> Answer:
        if request["headers"].get("authorization") != "Bearer t0ken":
            told = "Authentication credentials not found."
            return self._error(401, "INVALID_AUTHENTICATION", told)
        _, crm, objects, version, kind, *rest = request["path"].split("/")
        assert (crm, objects, version) == ("crm", "objects", "2026-03")
        body = json.loads(request["body"])
        match rest:
            case ["batch", "upsert"]:
                return self._upsert(kind, body["inputs"])
            case ["search"]:
                return self._search(body)
            case []:
                return self._create(kind, body["properties"])
        return self._error(404, "OBJECT_NOT_FOUND", "resource not found")

    def _upsert(self, kind: str, inputs: list[dict[str, Any]]) -> Answer:
        results, errors = [], []
        for each in inputs:
            assert each["idProperty"] == UNIQUE[kind], "no property with unique values"
            unknown = each["properties"].keys() - PROPERTIES
            if unknown:
                told = f'Property "{min(unknown)}" does not exist'
                errors.append({"status": "error", "category": "VALIDATION_ERROR", "message": told})
                continue
            is_new = each["id"] not in self.records
            record = self.records.setdefault(each["id"], {"id": str(512 + len(self.records))})
            record |= each["properties"]
            results.append({"id": record["id"], "properties": each["properties"], "new": is_new})
        told: dict[str, Any] = {"status": "COMPLETE", "results": results}
        return (
            answer(207, told | {"numErrors": len(errors), "errors": errors}) if errors else answer(200, told)
        )

    def _create(self, kind: str, properties: dict[str, str]) -> Answer:
        key = properties[UNIQUE[kind]]
        if key in self.records:
            told = f"Contact already exists. Existing ID: {self.records[key]['id']}"
            return self._error(409, "CONFLICT", told)
        self.records[key] = {"id": str(512 + len(self.records)), **properties}
        return answer(201, {"id": self.records[key]["id"], "properties": properties, "archived": False})

    def _search(self, body: dict[str, Any]) -> Answer:
        (only,) = body["filterGroups"][0]["filters"]
        assert only["operator"] == "EQ"
        found = [each for each in self.records.values() if each.get(only["propertyName"]) == only["value"]]
        results = [
            {"id": each["id"], "properties": {k: each.get(k) for k in body["properties"]}} for each in found
        ]
        return answer(200, {"total": len(found), "results": results})

    def _error(self, status: int, category: str, message: str) -> Answer:
        told = {"status": "error", "message": message, "correlationId": "aeb5f871", "category": category}
        return answer(status, told)


class Salesforce(System):
    """REST API with the client credentials flow; `Key__c` is an external id of Case and Contact."""

    def __init__(self) -> None:
        super().__init__()
        self.sessions: set[str] = set()
        self.given = 0

    def respond(self, request: dict[str, Any]) -> Answer:
        if request["path"] == "/services/oauth2/token":
            return self._token({name: value for name, (value,) in parse_qs(request["body"]).items()})
        if request["headers"].get("authorization", "").removeprefix("Bearer ") not in self.sessions:
            return self._error(401, "INVALID_SESSION_ID", "Session expired or invalid")
        *before, kind, field, key = (unquote(each) for each in request["path"].split("/"))
        assert before == ["", "services", "data", "v62.0", "sobjects"]
        if field != "Key__c":
            return self._error(
                404, "NOT_FOUND", "Provided external ID field does not exist or is not accessible"
            )
        name = f"{kind}/{key}"
        if request["method"] == "GET":
            found = self.records.get(name)
            told = "The requested resource does not exist"
            return answer(200, found) if found else self._error(404, "NOT_FOUND", told)
        assert request["method"] == "PATCH"
        return self._upsert(name, json.loads(request["body"]))

    def _token(self, asked: dict[str, str]) -> Answer:
        assert asked["grant_type"] == "client_credentials"
        if (asked["client_id"], asked["client_secret"]) != ("cl1ent", "s3cret"):
            told = {"error": "invalid_client", "error_description": "invalid client credentials"}
            return answer(400, told)
        self.given += 1
        self.sessions.add(f"00D!{self.given}")
        told = {"access_token": f"00D!{self.given}", "instance_url": self.url, "issued_at": "1700000000000"}
        return answer(200, told | {"token_type": "Bearer", "signature": "x=", "id": f"{self.url}/id/00D/005"})

    def _upsert(self, name: str, fields: dict[str, str]) -> Answer:
        if name.startswith("Contact/") and "LastName" not in fields:
            told = "Required fields are missing: [LastName]"
            return self._error(400, "REQUIRED_FIELD_MISSING", told)
        is_new = name not in self.records
        record = self.records.setdefault(name, {"Id": f"500{len(self.records):015}"})
        record |= fields
        told = {"id": record["Id"], "success": True, "errors": [], "created": is_new}
        return answer(201 if is_new else 200, told)

    def _error(self, status: int, code: str, message: str) -> Answer:
        return answer(status, [{"message": message, "errorCode": code}])


class Zendesk(System):
    """Ticketing API: one ticket for one Idempotency-Key, as long as what is asked for stays the same."""

    def respond(self, request: dict[str, Any]) -> Answer:
        if _basic(request) != "ann@example.com/token:t0ken":
            return answer(401, {"error": "Couldn't authenticate you"})
        url = urlsplit(request["path"])
        if url.path == "/api/v2/users/search.json":
            assert request["method"] == "GET"
            found = [{"id": 35436, "name": "Ann"}] if parse_qs(url.query)["query"] == ["phone:+441"] else []
            return answer(200, {"users": found, "count": len(found), "next_page": None})
        assert (request["method"], url.path) == ("POST", "/api/v2/tickets.json")
        key, ticket = request["headers"]["idempotency-key"], json.loads(request["body"])["ticket"]
        if not ticket["comment"]["body"]:
            told = {"error": "RecordInvalid", "description": "Record validation errors"}
            return answer(
                422, told | {"details": {"base": [{"description": "Description: cannot be blank"}]}}
            )
        if key not in self.records:
            self.records[key] = ticket | {"id": 35436 + len(self.records)}
            return answer(201, {"ticket": self.records[key]}, X_Idempotency_Lookup="miss")
        if self.records[key] != ticket | {"id": self.records[key]["id"]}:
            told = "Request parameters don't match the original request"
            return answer(400, {"error": "IdempotentRequestError", "description": told})
        return answer(201, {"ticket": self.records[key]}, X_Idempotency_Lookup="hit")


class Twilio(System):
    """Messages of the API 2010-04-01. It makes a message of every request that is right."""

    def respond(self, request: dict[str, Any]) -> Answer:
        if _basic(request) != "AC01:t0ken":
            return answer(401, {"code": 20003, "message": "Authenticate", "status": 401})
        assert request["path"] == "/2010-04-01/Accounts/AC01/Messages.json"
        told = {name: value for name, (value,) in parse_qs(request["body"]).items()}
        if not told["To"].startswith("+"):
            message = f"The 'To' number {told['To']} is not a valid phone number."
            return answer(400, {"code": 21211, "message": message, "status": 400})
        sid = f"SM{len(self.records):032}"
        self.records[sid] = told
        return answer(201, {"sid": sid, "status": "queued", "error_code": None, "body": told["Body"]})
