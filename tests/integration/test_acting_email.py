"""Kind `email` against a real mail server, with TLS from certificates of our own."""

import asyncio
import email
import email.policy
import ssl
import warnings
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import certificates
import pytest
from acting import action, integrations, run
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword
from stopwatch import Stopwatch

from softswitch.actions.action import Action, Done, Later, Refused, Result
from softswitch.actions.addresses import Allowed
from softswitch.actions.templates import Unfilled
from softswitch.app.acting import web
from softswitch.errors import InvalidFile


class Mailbox:
    """What the server took. `answers` are its own answers to a command instead of the usual ones."""

    def __init__(self) -> None:
        self.messages: list[tuple[list[str], EmailMessage]] = []
        self.answers: dict[str, str] = {}
        self.encrypted: list[bool] = []
        self.delay_s = 0.0

    async def handle_MAIL(
        self, server: SMTP, session: Any, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        await asyncio.sleep(self.delay_s)
        self.encrypted.append(server.transport.get_extra_info("sslcontext") is not None)
        envelope.mail_from = address
        return self.answers.get("MAIL", "250 OK")

    async def handle_RCPT(
        self, server: SMTP, session: Any, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        answer = self.answers.get(f"RCPT {address}", "250 OK")
        if answer.startswith("2"):
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_DATA(self, server: SMTP, session: Any, envelope: Envelope) -> str:
        answer = self.answers.get("DATA", "250 OK")
        if answer.startswith("2"):
            assert isinstance(envelope.content, bytes)
            lines = envelope.content.splitlines(keepends=True)
            assert all(len(line) <= 1000 and line.endswith(b"\r\n") for line in lines)
            plain = envelope.content.replace(b"\r\n", b"\n")
            message = email.message_from_bytes(plain, policy=email.policy.default)
            assert isinstance(message, EmailMessage)
            self.messages.append((list(envelope.rcpt_tos), message))
        return answer


@asynccontextmanager
async def serving(
    mailbox: Mailbox, tls: ssl.SSLContext | None = None, *, implicit: bool = False, login: bool = False
) -> AsyncIterator[int]:
    """The port of a mail server on loopback; with `tls` it speaks STARTTLS, or TLS from the start."""

    def check(*arguments: Any) -> AuthResult:
        data = arguments[-1]
        good = isinstance(data, LoginPassword) and (data.login, data.password) == (b"shop", b"s3cret")
        return AuthResult(success=good, handled=False)

    def made() -> SMTP:
        return SMTP(
            mailbox,
            hostname="mail.example.com",
            tls_context=None if implicit else tls,
            require_starttls=bool(tls) and not implicit,
            auth_required=login,
            auth_require_tls=bool(tls) and not implicit,
            authenticator=check if login else None,
        )

    def without_warning() -> SMTP:
        """It does not know of TLS from the start, and finds the login unprotected."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return made()

    loop = asyncio.get_running_loop()
    server = await loop.create_server(without_warning, "127.0.0.1", 0, ssl=tls if implicit else None)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        await server.wait_closed()
        await asyncio.sleep(0.05)  # connections end in callbacks


@pytest.fixture
def tls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ssl.SSLContext:
    """A server's context for localhost, whose authority this process trusts."""
    authority = certificates.authority(tmp_path)
    pair = certificates.signed(tmp_path, "mail", authority, ["localhost"])
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.certificate_file))
    monkeypatch.setenv("MAIL_PASSWORD", "s3cret")
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(pair.certificate_file, pair.key_file)
    return context


def text(port: int, more: str = "security: none", to: str = "'{email}'", subject: str = "Order {n}") -> str:
    secrets = "secrets: {mail: {env: MAIL_PASSWORD}}\n" if "{secret:" in more else ""
    return (
        f"hosts: [127.0.0.1, localhost]\n{secrets}actions:\n  order:\n"
        f"    kind: email\n    server: localhost\n    port: {port}\n    {more}\n"
        f"    from: 'The shop <orders@shop.example.com>'\n    to: {to}\n"
        f"    subject: '{subject}'\n    text: |\n      Dear {{name}},\n      it is on its way.\n"
    )


async def send(
    port: int, more: str = "security: none", given: Action | None = None, **changed: str
) -> Result:
    given = given or action(email="ann@example.com", name="Ann", n="17")
    return await run(text(port, more, **changed), given, grace=5.0)


async def test_a_message_says_what_the_file_says_and_whose_promise_it_is() -> None:
    mailbox = Mailbox()
    async with serving(mailbox) as port:
        result = await send(port, "security: none\n    reply_to: desk@shop.example.com")
    assert result == Done({"message_id": f"<{'k' * 32}@shop.example.com>"})
    ((to, message),) = mailbox.messages
    assert to == ["ann@example.com"]
    assert message["From"] == "The shop <orders@shop.example.com>"
    assert (message["To"], message["Subject"]) == ("ann@example.com", "Order 17")
    assert message["Reply-To"] == "desk@shop.example.com"
    assert message["Message-ID"] == f"<{'k' * 32}@shop.example.com>"
    assert message["Date"] == "Thu, 01 Jan 1970 00:00:01 -0000"
    assert message["Auto-Submitted"] == "auto-generated"
    assert message.get_content() == "Dear Ann,\nit is on its way.\n"


async def test_what_a_caller_said_makes_neither_header_nor_recipient_nor_an_end_of_the_message() -> None:
    mailbox = Mailbox()
    said = "17\r\nBcc: all@example.com\r\n\r\nBuy"
    name = "Ann\r\n.\r\nMAIL FROM:<evil@example.com>\r\n" + "x" * 3000 + " Grüße \x00"
    async with serving(mailbox) as port:
        given = action(email="ann@example.com", name=name, n=said)
        assert isinstance(await send(port, given=given), Done)
    ((to, message),) = mailbox.messages
    assert to == ["ann@example.com"]
    assert "Bcc" not in message
    assert message["Subject"] == "Order 17 Bcc: all@example.com Buy"
    written = message.get_content().replace("\r\n", "\n")
    assert "Dear Ann\n.\nMAIL FROM:<evil@example.com>\nxxx" in written
    assert "Grüße" in written


@pytest.mark.parametrize(
    "address",
    [
        *("", "ann", "ann@", "@example.com", "a@b, c@d.example.com", "<a@b.example.com", "a@b.example.com>"),
        *(
            "a b@example.com",
            "a@b@c",
            "Ann <a@b.example.com> <c@d.example.com>",
            "a@b.example.com\nx",
            "ä@b.de",
        ),
    ],
)
async def test_what_is_no_single_address_is_refused(address: str) -> None:
    with pytest.raises(Unfilled, match="is no e-mail address"):
        await send(9, given=action(email=address, name="Ann", n="1"))


async def test_several_get_it_or_when_one_is_refused_none() -> None:
    mailbox = Mailbox()
    async with serving(mailbox) as port:
        to = "['{email}', 'Bob <bob@example.com>']"
        assert isinstance(await send(port, to=to), Done)
        assert mailbox.messages[0][0] == ["ann@example.com", "bob@example.com"]
        mailbox.answers["RCPT bob@example.com"] = "550 5.1.1 no such user"
        assert await send(port, to=to) == Refused("answered 550 5.1.1 no such user")
    assert len(mailbox.messages) == 1


@pytest.mark.parametrize(
    ("command", "answer", "kind"),
    [
        ("MAIL", "451 4.3.0 try later", Later),
        ("MAIL", "421 4.3.2 shutting down", Later),
        ("MAIL", "550 5.7.1 not you", Refused),
        ("MAIL", "530 5.7.0 login first", Later),
        ("RCPT ann@example.com", "450 4.2.0 greylisted", Later),
        ("RCPT ann@example.com", "550 5.1.1 unknown", Refused),
        ("DATA", "452 4.3.1 full", Later),
        ("DATA", "554 5.6.0 spam", Refused),
    ],
)
async def test_what_passes_is_tried_later_and_what_does_not_is_refused(
    command: str, answer: str, kind: type[Result]
) -> None:
    mailbox = Mailbox()
    mailbox.answers[command] = answer
    async with serving(mailbox) as port:
        assert await send(port) == kind(f"answered {answer}")  # type: ignore[arg-type, call-arg]
    assert mailbox.messages == []


async def test_nobody_there_and_who_is_too_slow_are_tried_later() -> None:
    mailbox = Mailbox()
    mailbox.delay_s = 1.0
    async with serving(mailbox) as port:
        watch = Stopwatch()
        assert await send(port, "security: none\n    timeout: 200ms") == Later("no answer within 0.2 s")
        assert watch.own_s < 0.9
        await asyncio.sleep(1.0)
    gone = await send(port)
    assert isinstance(gone, Later)
    assert "Connect call failed" in gone.error


@pytest.mark.parametrize("security", ["starttls", "tls"])
async def test_the_login_goes_over_tls_alone(security: str, tls: ssl.SSLContext) -> None:
    mailbox = Mailbox()
    login = f"security: {security}\n    user: shop\n    password: '{{secret:mail}}'"
    async with serving(mailbox, tls, implicit=security == "tls", login=True) as port:
        assert isinstance(await send(port, login), Done)
    assert mailbox.encrypted == [True]


async def test_a_login_that_is_refused_is_to_be_mended_and_does_not_tell_the_password(
    tls: ssl.SSLContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MAIL_PASSWORD", "wr0ng")
    async with serving(Mailbox(), tls, login=True) as port:
        result = await send(port, "user: shop\n    password: '{secret:mail}'")
    assert isinstance(result, Later)
    assert result.error.startswith("answered 535")
    assert "wr0ng" not in result.error


async def test_a_server_without_tls_gets_nothing_where_tls_is_wanted() -> None:
    mailbox = Mailbox()
    async with serving(mailbox) as port:
        result = await send(port, "security: starttls")
    assert isinstance(result, Later)
    assert "STARTTLS" in result.error
    assert mailbox.encrypted == []


@pytest.mark.parametrize("implicit", [False, True])
async def test_a_server_whose_certificate_is_not_its_own_gets_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, implicit: bool
) -> None:
    authority = certificates.authority(tmp_path)
    pair = certificates.signed(tmp_path, "mail", authority, ["other.example.com"])
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.certificate_file))
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(pair.certificate_file, pair.key_file)
    mailbox = Mailbox()
    async with serving(mailbox, context, implicit=implicit) as port:
        result = await send(port, "security: tls" if implicit else "security: starttls")
    assert isinstance(result, Later)
    assert "certificate" in result.error.lower()
    assert mailbox.encrypted == []


async def test_a_mail_server_at_a_private_address_is_not_contacted_unless_that_is_listed() -> None:
    mailbox = Mailbox()
    async with serving(mailbox) as port:
        result = await run(
            text(port).replace("hosts: [127.0.0.1, localhost]", "hosts: localhost"),
            action(email="a@b.example.com", name="A", n="1"),
        )
    assert isinstance(result, Later)
    assert "which is not public" in result.error
    assert mailbox.encrypted == []


@pytest.mark.parametrize("listed", [[], ["127.0.0.2"], ["localhost.example.com"]])
async def test_a_host_that_is_not_listed_has_no_address(listed: list[str]) -> None:
    with pytest.raises(web.NotAllowed, match="localhost is not listed"):
        await web.addresses("localhost", 25, Allowed(listed))
    assert "127.0.0.1" in await web.addresses("localhost", 25, Allowed(["localhost", "127.0.0.0/8", "::1"]))


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ("security: none\n    user: shop\n    password: '{secret:mail}'", "can be read on the way"),
        ("user: shop", "give both of `user` and `password`"),
        ("user: shop\n    password: plain", "expected a secret by its name"),
    ],
)
def test_an_email_that_is_set_up_wrongly_is_told(
    more: str, told: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MAIL_PASSWORD", "s3cret")
    with pytest.raises(InvalidFile) as raised:
        integrations(text(25, more))
    assert told in str(raised.value)
    with pytest.raises(InvalidFile, match="mail\\.example\\.com is not listed"):
        integrations(text(25).replace("server: localhost", "server: mail.example.com"))
