"""Handing e-mails over: to an SMTP server, or to a folder of files in development."""

import os
import smtplib
import ssl
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from email.header import Header
from email.headerregistry import Address
from email.message import Message
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText
from email.utils import format_datetime
from pathlib import Path
from typing import Final, Protocol
from urllib.parse import SplitResult, unquote, urlsplit
from uuid import UUID

from deployments.clock import utc_now
from deployments.notifications.outcomes import Never, NotNow
from deployments.notifications.rendering import EmailText
from deployments.settings import Settings

TIMEOUT_S: Final = 10.0
LOOPBACK: Final = {"localhost", "127.0.0.1", "::1"}


class EmailTransport(Protocol):
    """Where e-mails are handed over."""

    def send(self, message: Message) -> None:
        """Hands one message over; blocks.

        Raises:
            NotNow: trying again may help.
            Never: it cannot.
        """


def transport_of(settings: Settings) -> EmailTransport:
    """SMTP when `smtp_url` is set, else files in the outbox folder."""
    if settings.smtp_url is not None:
        return SmtpTransport(settings.smtp_url.get_secret_value())
    return FolderTransport(settings.email_outbox_dir or settings.data_dir / "outbox")


def write_email(
    text: EmailText, *, delivery_id: UUID, to: str, sender: str, locale: str
) -> Message:
    """The message as it travels; its Message-ID is the same at each try of the delivery.

    A receiver that drops repeated ids shows the message once, even when the process died
    between the server's acceptance and our note of it.

    Written with `email.mime`: `EmailMessage` loses a space where it folds a long subject in
    Vietnamese, and takes several times as long.
    """
    message = MIMEMultipart("alternative")
    message["Message-ID"] = f"<{delivery_id}@{Address(addr_spec=sender).domain}>"
    message["Date"] = format_datetime(utc_now())
    message["From"] = sender
    message["To"] = str(Address(addr_spec=to))
    message["Subject"] = Header(text.subject, "utf-8", header_name="Subject").encode()
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834: no out-of-office answers, please
    message["Content-Language"] = locale
    message.attach(MIMEText(text.text, "plain", "utf-8"))
    message.attach(MIMEText(text.html, "html", "utf-8"))
    return message


class SmtpTransport:
    """An SMTP server: `smtp://user:password@host:port`, or `smtps://` for TLS from the start.

    Over `smtp://` STARTTLS is used when the server offers it, and demanded before a password is
    shown to a server that is not on this machine.

    Args:
        url: of the server.
        timeout_s: longest wait for each answer of the server, seconds.
    """

    def __init__(self, url: str, timeout_s: float = TIMEOUT_S) -> None:
        self._server = urlsplit(url)
        self._timeout_s = timeout_s

    def send(self, message: Message) -> None:
        """Hands one message over on a connection of its own.

        Raises:
            NotNow: no server, no answer, not signed in, or a 4xx answer.
            Never: a 5xx answer to this message.
        """
        with _classified(), self._connected() as client:
            client.send_message(message)

    @contextmanager
    def _connected(self) -> Iterator[smtplib.SMTP]:
        try:
            client = self._open()
        except (OSError, smtplib.SMTPException) as error:
            raise NotNow(_code(error)) from None
        with closing(client):
            yield client
            with suppress(OSError, smtplib.SMTPException):  # accepted is accepted
                client.quit()

    def _open(self) -> smtplib.SMTP:
        server, host = self._server, self._server.hostname or "localhost"
        secure = ssl.create_default_context()
        if server.scheme == "smtps":
            client: smtplib.SMTP = smtplib.SMTP_SSL(
                host, server.port or 465, timeout=self._timeout_s, context=secure
            )
        else:
            client = smtplib.SMTP(host, server.port or 25, timeout=self._timeout_s)
        try:
            self._prepare(client, server, secure, host)
        except BaseException:
            client.close()
            raise
        return client

    def _prepare(
        self, client: smtplib.SMTP, server: SplitResult, secure: ssl.SSLContext, host: str
    ) -> None:
        client.ehlo_or_helo_if_needed()
        encrypted = server.scheme == "smtps"
        if not encrypted and client.has_extn("starttls"):
            client.starttls(context=secure)
            encrypted = True
        if server.username:
            if not encrypted and host not in LOOPBACK:
                raise NotNow("server_without_tls")
            client.login(unquote(server.username), unquote(server.password or ""))


class FolderTransport:
    """A folder of `.eml` files, one per delivery; sending again overwrites the same file."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def send(self, message: Message) -> None:
        """Writes the file in one step.

        Raises:
            NotNow: the folder cannot be written.
        """
        name = message["Message-ID"].strip("<>").partition("@")[0]
        try:
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            unfinished = self._folder / f".{name}.{os.getpid()}"
            unfinished.write_bytes(bytes(message))
            unfinished.replace(self._folder / f"{name}.eml")
        except OSError as error:
            raise NotNow(_code(error)) from None


@contextmanager
def _classified() -> Iterator[None]:
    """Tells refusals of the message (5xx) from everything that may pass."""
    try:
        yield
    except smtplib.SMTPRecipientsRefused as error:
        raise _refused(max(code for code, _ in error.recipients.values())) from None
    except smtplib.SMTPResponseException as error:
        raise _refused(error.smtp_code) from None
    except smtplib.SMTPNotSupportedError:
        raise Never("address_not_supported") from None
    except (OSError, smtplib.SMTPException) as error:
        raise NotNow(_code(error)) from None


def _refused(code: int) -> Exception:
    return Never(f"smtp_{code}") if code >= 500 else NotNow(f"smtp_{code}")


def _code(error: Exception) -> str:
    """A code for the log: texts of servers may repeat addresses."""
    if isinstance(error, smtplib.SMTPResponseException):
        return f"smtp_{error.smtp_code}"
    return type(error).__name__
