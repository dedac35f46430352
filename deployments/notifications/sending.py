"""Sends what is due by e-mail: any number of replicas, each message by one of them at a time.

At least once: a message that the server accepted is sent again only when the process died before
it could note that, and then under the same Message-ID.
"""

import asyncio
import random
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from email.message import Message
from typing import Any, Final, Protocol
from uuid import UUID

from sqlalchemy import Connection, Row

from deployments.clock import Clock, utc_now
from deployments.errors import Unavailable
from deployments.logs import fault, get_logger
from deployments.notifications import rules
from deployments.notifications.composing import EmailOrder
from deployments.notifications.email import EmailTransport, Never, NotNow, write_email
from deployments.notifications.rendering import Reader, render_email
from deployments.notifications.workflows import WORKFLOWS
from deployments.users.errors import InvalidOneTimeToken
from deployments.users.schemas import OneTimeLink
from storage.database import Database
from storage.notifications import deliveries, recording
from storage.notifications.recording import Step

log = get_logger("notifications")

AT_ONCE: Final = 4
LEASE: Final = timedelta(seconds=120)
"""Longer than all time-outs of one hand-over together."""
POLL_S: Final = 1.0


class Links(Protocol):
    """Where one-time links come from; `UsersClient` is one."""

    async def one_time_link(self, token_id: UUID) -> OneTimeLink:
        """The link.

        Raises:
            InvalidOneTimeToken: used, replaced or too old.
        """


@dataclass(frozen=True)
class Outcome:
    """How a try ended: `sent`, `skipped`, `failed` (for good) or `delayed`, and why."""

    status: str
    reason: str | None = None


class EmailSender:
    """The sending loop of one replica.

    Args:
        database: the service's.
        links: one-time links, asked for at the moment of sending.
        transport: where messages are handed over.
        sender: address in From.
        home: where a reader signs in.
        clock: the time.
    """

    def __init__(
        self,
        database: Database,
        links: Links,
        transport: EmailTransport,
        *,
        sender: str,
        home: str,
        clock: Clock = utc_now,
    ) -> None:
        self._database = database
        self._links = links
        self._transport = transport
        self._sender = sender
        self._home = home
        self._clock = clock
        self._woken = asyncio.Event()
        self._threads = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="email")

    def wake(self) -> None:
        """Something was queued: look now instead of at the next poll."""
        self._woken.set()

    async def run(self) -> None:
        """Sends until cancelled, which lets what is under way finish.

        Otherwise each orderly stop could leave a message that was sent and not noted.
        """
        while True:
            self._woken.clear()
            batch = asyncio.create_task(self.send_due())
            try:
                sent = await asyncio.shield(batch)
            except asyncio.CancelledError:
                await batch
                raise
            if sent < AT_ONCE:
                await self._rest()

    async def send_due(self) -> int:
        """Tries what is due, up to `AT_ONCE` messages side by side; returns how many."""
        now = self._clock()
        rows: Sequence[Row[Any]] = await self._database.transact(
            lambda connection: deliveries.claim(connection, now, LEASE, AT_ONCE), keyed=False
        )
        await asyncio.gather(*(self._deliver(row) for row in rows))
        return len(rows)

    async def _rest(self) -> None:
        try:
            async with asyncio.timeout(POLL_S * random.uniform(0.8, 1.2)):  # noqa: S311
                await self._woken.wait()
        except TimeoutError:
            pass

    async def _deliver(self, row: Row[Any]) -> None:
        outcome = await self._try(row)
        held = await self._database.transact(
            lambda connection: self._note(connection, row, outcome), keyed=False
        )
        if not held:
            log.warning("lease lost while sending", extra={"delivery_id": str(row.id)})

    async def _try(self, row: Row[Any]) -> Outcome:
        obsolete = self._why_obsolete(row)
        if obsolete is not None:
            return Outcome("skipped", obsolete)
        try:
            message = await self._write(row)
            loop = asyncio.get_running_loop()
            await loop.run_in_executor(self._threads, self._transport.send, message)
        except InvalidOneTimeToken:
            return Outcome("skipped", "link_expired")
        except Unavailable as error:
            return Outcome("delayed", error.code)
        except NotNow as error:
            return Outcome("delayed", str(error.args[0]))
        except Never as error:
            return Outcome("failed", str(error.args[0]))
        except Exception as error:  # noqa: BLE001  # the other messages must go on
            log.error(  # noqa: TRY400  # the text of a validation error repeats names
                "e-mail cannot be written", extra={"delivery_id": str(row.id), **fault(error)}
            )
            return Outcome("failed", type(error).__name__)
        return Outcome("sent")

    def _why_obsolete(self, row: Row[Any]) -> str | None:
        if row.known_version is None:
            return None
        return rules.why_obsolete(
            row.appointment_version,
            rules.Visit(row.known_version, row.known_status, row.known_start),
            reminds=WORKFLOWS[row.workflow].reminds,
            now=self._clock(),
        )

    async def _write(self, row: Row[Any]) -> Message:
        order = EmailOrder.model_validate(row.message)
        facts = order.facts
        if order.token_id is not None:
            link = await self._links.one_time_link(order.token_id)
            facts = facts | {"url": link.url, "expires_at": link.expires_at}
        text = render_email(
            WORKFLOWS[row.workflow],
            row.template_version,
            Reader(row.locale, order.time_zone),
            facts,
            self._home,
        )
        return write_email(
            text, delivery_id=row.id, to=order.to, sender=self._sender, locale=row.locale
        )

    def _note(self, connection: Connection, row: Row[Any], outcome: Outcome) -> bool:
        """Writes the outcome and its log line; False when somebody else holds the lease."""
        now = self._clock()
        status, reason = outcome.status, outcome.reason
        if status == "delayed" and rules.is_dead(row.attempts):
            status = "dead"
        if status == "delayed":
            wait = rules.wait_before_retry(row.attempts, random.random())  # noqa: S311
            held = deliveries.postpone(
                connection, row.id, row.attempts, now + wait, reason or status
            )
        else:
            held = deliveries.settle(
                connection, row.id, row.attempts, status=status, at=now, error=reason
            )
        if held:
            step = Step(row.recipient_id, row.channel, status, reason)
            recording.log(connection, row.event_id, now, [step])
        return held
