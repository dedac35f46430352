"""Who carries e-mail, SMS and push."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import Final, Protocol
from uuid import UUID

from deployments.errors import Unavailable
from deployments.notifications.codes import Channel, Priority
from deployments.notifications.email import EmailTransport, write_email
from deployments.notifications.letters import Letter
from deployments.notifications.outcomes import Needless, NotNow
from deployments.notifications.providers import PhoneMessage, Providers, reference_of
from deployments.notifications.rendering import render_email, render_short
from deployments.notifications.sending import SLOTS
from deployments.users.errors import InvalidOneTimeToken
from deployments.users.schemas import OneTimeLink
from storage.database import Database
from storage.notifications import standing

THREADS: Final = sum(SLOTS.values())
"""One for each message under way, so that an urgent one never waits for a thread."""


class Links(Protocol):
    """Where one-time links come from; `UsersClient` is one."""

    async def one_time_link(self, token_id: UUID) -> OneTimeLink:
        """The link.

        Raises:
            InvalidOneTimeToken: used, replaced or too old.
        """


class EmailCourier:
    """Writes e-mails and hands them to a server.

    Args:
        links: one-time links, asked for at the moment of sending.
        transport: where messages are handed over.
        sender: address in From.
        home: where a reader signs in.
    """

    def __init__(self, links: Links, transport: EmailTransport, *, sender: str, home: str) -> None:
        self._links = links
        self._transport = transport
        self._sender = sender
        self._home = home
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="email")

    async def deliver(self, letter: Letter) -> None:
        """Writes it, with the link that it is about, and hands it over.

        Raises:
            NotNow: trying again may help.
            Never: the server refuses it for good.
            Needless: the link was used or is too old.
        """
        facts = await self._facts(letter)
        text = render_email(letter.workflow, letter.edition, letter.reader, facts, self._home)
        message = write_email(
            text,
            delivery_id=letter.row.id,
            to=letter.order.to,
            sender=self._sender,
            locale=letter.edition.locale,
        )
        loop = asyncio.get_running_loop()
        await loop.run_in_executor(self._threads, self._transport.send, message)

    async def _facts(self, letter: Letter) -> dict[str, object]:
        order = letter.order
        if order.token_id is None:
            return order.facts
        try:
            link = await self._links.one_time_link(order.token_id)
        except InvalidOneTimeToken:
            raise Needless("link_expired") from None
        except Unavailable as error:
            raise NotNow(error.code) from None
        return order.facts | {"url": link.url, "expires_at": link.expires_at}


class SmsCourier:
    """Writes SMS and hands them to a provider.

    Args:
        providers: in the order in which they are tried.
        home: where a reader signs in.
    """

    def __init__(self, providers: Providers, *, home: str) -> None:
        self._providers = providers
        self._home = home

    async def deliver(self, letter: Letter) -> str:
        """Hands it over; the provider that took it. Raises as `Providers.hand_over` does."""
        text = render_short(
            letter.workflow, letter.edition, Channel.SMS, letter.reader, letter.order.facts
        )
        message = PhoneMessage(
            "/messages",
            reference_of(letter.row.id, letter.row.round),
            {"to": letter.order.to, "text": f"{text.title}: {text.body} {self._home}"},
        )
        return await _hand_over(self._providers, letter, message)


class PushCourier:
    """Writes push messages and hands them to a provider; forgets devices that are gone.

    Args:
        providers: in the order in which they are tried.
        database: the service's.
    """

    def __init__(self, providers: Providers, database: Database) -> None:
        self._providers = providers
        self._database = database

    async def deliver(self, letter: Letter) -> str:
        """Hands it over; the provider that took it.

        Raises:
            Needless: the person has read it in the inbox already.
            NotNow: trying again may help.
            Never: the provider refuses it for good.
        """
        if letter.row.read_at is not None:
            raise Needless("read")
        text = render_short(
            letter.workflow, letter.edition, Channel.PUSH, letter.reader, letter.order.facts
        )
        message = PhoneMessage(
            "/pushes",
            reference_of(letter.row.id, letter.row.round),
            {
                "tokens": letter.standing.granted(Channel.PUSH),
                "title": text.title,
                "body": text.body,
                "notification_id": str(letter.row.notification_id),
            },
            gone=self._forget,
        )
        return await _hand_over(self._providers, letter, message)

    async def _forget(self, tokens: list[str]) -> None:
        await self._database.transact(
            lambda connection: standing.answer(
                connection, Channel.PUSH, tokens, stop=True, source="provider"
            ),
            keyed=False,
        )


async def _hand_over(providers: Providers, letter: Letter, message: PhoneMessage) -> str:
    """An urgent message rather arrives twice than late."""
    urgent = letter.row.priority == Priority.URGENT
    return await providers.hand_over(message, held_by=letter.row.provider, may_double=urgent)
