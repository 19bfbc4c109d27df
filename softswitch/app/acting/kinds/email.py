"""Kind `email`: a message handed to the operator's mail server (RFC 5321, 5322). Only importer of aiosmtplib.

4xx is tried again, 5xx about sender, recipients or message is refused for good. What goes wrong before those,
as a login that is refused, is to be mended by the operator and tried again. A message whose acknowledgement
was lost is sent again with the same Message-ID, by which mailboxes know it again.
"""

import asyncio
import contextlib
import re
import socket
import ssl
from collections.abc import Mapping
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import formatdate

import aiosmtplib

from softswitch.actions.action import Action, Done, Later, Refused, Result
from softswitch.actions.addresses import Allowed
from softswitch.actions.kinds.email import PORTS
from softswitch.actions.kinds.email import Email as Settings
from softswitch.actions.templates import Template, Unfilled, values_of
from softswitch.app.acting import web
from softswitch.app.acting.registry import Means
from softswitch.app.acting.saying import one_line, said

POLICY = SMTP.clone(cte_type="7bit")
"""Lines end as SMTP has them, and no server is asked to take 8 bits."""
LOGIN = frozenset({530, 534, 535, 538})
"""RFC 4954: it is the login that is wrong, whatever command is answered."""
ABOUT_MESSAGE = (aiosmtplib.SMTPSenderRefused, aiosmtplib.SMTPRecipientRefused, aiosmtplib.SMTPDataError)
QUIT_S = 1.0
_ADDRESS = re.compile(
    r'(?:"?(?P<name>[^"<>]*?)"?\s*<(?=.*>$))?'
    r"(?P<user>[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*)"
    r"@(?P<host>[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*)(?(name)>)"
)


class Email:
    def __init__(self, means: Means) -> None:
        self._secrets = means.integrations.secrets
        self._allowed = Allowed(means.integrations.file.hosts)
        self._tls: ssl.SSLContext | None = None

    async def run(self, action: Action, settings: Settings) -> Result:
        message = _message(action, settings)
        if self._tls is None:  # the system's authorities take tens of milliseconds to be read
            self._tls = await asyncio.to_thread(ssl.create_default_context)
        try:
            client = await self._connect(settings)
        except web.FAILURES as error:
            return web.failed(error, settings.timeout)
        try:
            await client.connect()
            await _send(client, message)
        except aiosmtplib.SMTPException as error:
            return self._failed(error, settings)
        except web.FAILURES as error:
            return web.failed(error, settings.timeout)
        else:
            await _leave(client)
            return Done({"message_id": str(message["Message-ID"])})
        finally:
            client.close()

    async def close(self) -> None:
        pass

    async def _connect(self, settings: Settings) -> aiosmtplib.SMTP:
        """A client that has a way to an address which may be reached."""
        way = await _way(settings.server, settings.port or PORTS[settings.security], self._allowed)
        here = way.getsockname()[0]
        return aiosmtplib.SMTP(
            hostname=settings.server,
            username=settings.user.fill({}, self._secrets) if settings.user else None,
            password=settings.password.fill({}, self._secrets) if settings.password else None,
            # RFC 5321, 4.1.3: who has no name that others know says his address.
            local_hostname=f"[IPv6:{here}]" if ":" in here else f"[{here}]",
            timeout=settings.timeout,
            use_tls=settings.security == "tls",
            start_tls=settings.security == "starttls",
            tls_context=self._tls,
            sock=way,
        )

    def _failed(self, error: aiosmtplib.SMTPException, settings: Settings) -> Result:
        if isinstance(error, aiosmtplib.SMTPTimeoutError):
            return Later(f"no answer within {settings.timeout:g} s")
        if not isinstance(error, aiosmtplib.SMTPResponseException):
            return Later(f"{type(error).__name__}: {said(error.message, self._secrets.values())}")
        told = f"answered {error.code} {said(error.message, self._secrets.values())}"
        for_good = isinstance(error, ABOUT_MESSAGE) and error.code >= 500 and error.code not in LOGIN
        return Refused(told) if for_good else Later(told)


async def _way(host: str, port: int, allowed: Allowed) -> socket.socket:
    """A connection to the first address that takes one. Raises OSError."""
    last: OSError = OSError(f"{host} has no address")
    for address in await web.addresses(host, port, allowed):
        way = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_STREAM)
        way.setblocking(False)
        try:
            await asyncio.get_running_loop().sock_connect(way, (address, port))
        except OSError as error:
            way.close()
            last = error
        except BaseException:
            way.close()
            raise
        else:
            return way
    raise last


async def _send(client: aiosmtplib.SMTP, message: EmailMessage) -> None:
    """To all or, when one is refused, to none, so that another attempt doubles nothing."""
    await client.mail(message["From"].addresses[0].addr_spec)
    for address in message["To"].addresses:
        await client.rcpt(address.addr_spec)
    await client.data(message.as_bytes())


async def _leave(client: aiosmtplib.SMTP) -> None:
    """Said for politeness: the message is the server's already."""
    with contextlib.suppress(aiosmtplib.SMTPException, *web.FAILURES):
        async with asyncio.timeout(QUIT_S):
            await client.quit()


def _message(action: Action, settings: Settings) -> EmailMessage:
    """What is sent. Raises Unfilled for what is no address."""
    values = values_of(action)
    sender = _address(settings.from_, values)
    message = EmailMessage(POLICY)
    message["From"] = sender
    message["To"] = [_address(each, values) for each in settings.to]
    if settings.reply_to:
        message["Reply-To"] = _address(settings.reply_to, values)
    message["Subject"] = one_line(settings.subject.fill(values, {}))
    message["Date"] = formatdate(action.promised_at)
    message["Message-ID"] = f"<{action.idempotency_key}@{sender.domain}>"
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834: nobody's holiday notice answers it
    text = settings.text.fill(values, {})
    message.set_content(re.sub(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]", " ", text.replace("\r\n", "\n")))
    return message


def _address(template: Template, values: Mapping[str, str]) -> Address:
    """One address: what a caller said makes no second recipient."""
    text = one_line(template.fill(values, {}))
    found = _ADDRESS.fullmatch(text)
    if not found:
        raise Unfilled(f"'{text[:200]}' is no e-mail address")
    return Address((found["name"] or "").strip(), found["user"], found["host"])
