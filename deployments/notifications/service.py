"""The inbox and its counters, tickets for live connections, dead letters."""

import hashlib
import secrets
from collections.abc import Callable, Collection, Sequence
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Connection, Row

from deployments.access import Permission, Principal
from deployments.clock import Clock, utc_now
from deployments.journal import audit_row
from deployments.notifications.errors import (
    DeliveryNotDead,
    DeliveryNotFound,
    NotificationNotFound,
    TicketRefused,
)
from deployments.notifications.live import Position
from deployments.notifications.schemas import (
    DeadLetter,
    InboxCounters,
    Notification,
    WsTicket,
)
from deployments.pagination import Page, PageRequest, decode_cursor, page_of
from storage import audit
from storage.database import Database
from storage.notifications import deliveries, recording, repository, tickets

TICKET_LIFE: Final = timedelta(seconds=30)
"""Rule R28."""
GIVEN_UP: Final = {"failed", "dead"}
LONGEST_TICKET: Final = 100


class NotificationService:
    """What people and operators do with notifications.

    Args:
        database: the service's.
        requeued: wakes the e-mail sender of this replica.
        clock: the time.
    """

    def __init__(
        self,
        database: Database,
        *,
        requeued: Callable[[], None] = lambda: None,
        clock: Clock = utc_now,
    ) -> None:
        self._database = database
        self._requeued = requeued
        self._clock = clock

    async def list_inbox(
        self, caller: Principal, page: PageRequest, *, unread: bool = False
    ) -> Page[Notification]:
        """The caller's inbox, newest first, without what was archived."""
        caller.require(Permission.NOTIFICATIONS_READ_OWN)
        below = decode_cursor(page.cursor, int)[0] if page.cursor else None
        rows = await self._database.read(
            lambda connection: repository.list_inbox(
                connection, caller.user_id, below=below, unread=unread, limit=page.limit + 1
            )
        )
        return page_of([_notification(row) for row in rows], page.limit, lambda it: (it.number,))

    async def count(self, caller: Principal) -> InboxCounters:
        """How many are unread."""
        caller.require(Permission.NOTIFICATIONS_READ_OWN)
        return await self._database.read(lambda connection: _counters(connection, caller.user_id))

    async def read(self, caller: Principal, notification_id: UUID) -> Notification:
        """Marks one as read; again changes nothing.

        Raises:
            NotificationNotFound: it is not in the caller's inbox.
        """
        return await self._change(caller, notification_id, repository.mark_read)

    async def archive(self, caller: Principal, notification_id: UUID) -> Notification:
        """Puts one away, and marks it as read; again changes nothing.

        Raises:
            NotificationNotFound: it is not in the caller's inbox.
        """
        return await self._change(caller, notification_id, repository.archive)

    async def read_all(self, caller: Principal) -> InboxCounters:
        """Marks everything as read that is in the inbox now."""
        caller.require(Permission.NOTIFICATIONS_UPDATE_OWN)
        now = self._clock()

        def work(connection: Connection) -> InboxCounters:
            repository.mark_read(connection, caller.user_id, now)
            return _counters(connection, caller.user_id)

        return await self._database.transact(work)

    async def issue_ticket(self, caller: Principal) -> WsTicket:
        """A ticket for one live connection of the caller, good for 30 s."""
        caller.require(Permission.NOTIFICATIONS_READ_OWN)
        ticket, now = secrets.token_urlsafe(32), self._clock()
        until = now + TICKET_LIFE
        await self._database.transact(
            lambda connection: tickets.save(
                connection, hash_of(ticket), caller.model_dump(mode="json"), now, until
            ),
            keyed=False,
        )
        return WsTicket(ticket=ticket, expires_at=until)

    async def redeem_ticket(self, ticket: str) -> Principal:
        """Whom the ticket lets in; it lets nobody in a second time.

        Raises:
            TicketRefused: unknown, used or expired.
        """
        now = self._clock()
        found = None
        if len(ticket) <= LONGEST_TICKET and ticket.isascii():
            found = await self._database.transact(
                lambda connection: tickets.take(connection, hash_of(ticket), now), keyed=False
            )
        if found is None:
            raise TicketRefused("get a new ticket")
        return Principal.model_validate(found)

    async def counters_of(self, recipients: Sequence[UUID]) -> dict[UUID, InboxCounters]:
        """Unread count and newest number of each; people never told are left out."""
        found = await self._database.read(
            lambda connection: repository.counters_of(connection, recipients)
        )
        return {
            recipient_id: InboxCounters(unread=unread, last_number=last_number)
            for recipient_id, (unread, last_number) in found.items()
        }

    async def newer_than(
        self, positions: Collection[Position], limit: int
    ) -> dict[Position, list[Notification]]:
        """For each position up to `limit` notifications above it, in order."""
        rows = await self._database.read(
            lambda connection: repository.newer_than(connection, list(positions), limit)
        )
        found: dict[Position, list[Notification]] = {position: [] for position in positions}
        for row in rows:
            found[row.recipient_id, row.after].append(_notification(row))
        return found

    async def list_dead_letters(self, caller: Principal, page: PageRequest) -> Page[DeadLetter]:
        """Deliveries that were given up, the latest first."""
        caller.require(Permission.NOTIFICATIONS_OPERATE)
        below = decode_cursor(page.cursor, datetime.fromisoformat, UUID) if page.cursor else None
        rows = await self._database.read(
            lambda connection: deliveries.list_given_up(connection, below, page.limit + 1)
        )
        letters = [_dead_letter(row) for row in rows]
        return page_of(letters, page.limit, lambda it: (it.given_up_at, it.id))

    async def replay(self, caller: Principal, delivery_id: UUID) -> DeadLetter:
        """Puts a dead delivery back in line with all its attempts.

        Raises:
            DeliveryNotFound: there is none with this id.
            DeliveryNotDead: it was not given up.
        """
        caller.require(Permission.NOTIFICATIONS_OPERATE)
        now = self._clock()

        def work(connection: Connection) -> DeadLetter:
            row = deliveries.find(connection, delivery_id)
            if row is None:
                raise DeliveryNotFound
            if row.status not in GIVEN_UP:
                raise DeliveryNotDead(f"it is {row.status}")
            deliveries.requeue(connection, delivery_id, now)
            step = recording.Step(row.recipient_id, row.channel, "replayed", workflow=row.workflow)
            recording.log(connection, row.event_id, now, [step])
            _audit_replay(connection, caller, delivery_id, now)
            return _dead_letter(row).model_copy(
                update={"status": "queued", "attempts": 0, "given_up_at": None}
            )

        letter = await self._database.transact(work)
        self._requeued()
        return letter

    async def _change(
        self,
        caller: Principal,
        notification_id: UUID,
        change: Callable[[Connection, UUID, datetime, UUID], object],
    ) -> Notification:
        caller.require(Permission.NOTIFICATIONS_UPDATE_OWN)
        now = self._clock()

        def work(connection: Connection) -> Notification:
            change(connection, caller.user_id, now, notification_id)
            row = repository.find(connection, caller.user_id, notification_id)
            if row is None:
                raise NotificationNotFound
            return _notification(row)

        return await self._database.transact(work)


def hash_of(ticket: str) -> bytes:
    """What is stored of a ticket."""
    return hashlib.sha256(ticket.encode()).digest()


def _counters(connection: Connection, user_id: UUID) -> InboxCounters:
    unread, last_number = repository.counters(connection, user_id)
    return InboxCounters(unread=unread, last_number=last_number)


def _notification(row: Row[Any]) -> Notification:
    return Notification(
        id=row.id,
        number=row.number,
        workflow=row.workflow,
        locale=row.locale,
        title=row.title,
        body=row.body,
        data=row.data,
        status="read" if row.read_at else "delivered",
        created_at=row.created_at,
        read_at=row.read_at,
        archived_at=row.archived_at,
    )


def _dead_letter(row: Row[Any]) -> DeadLetter:
    return DeadLetter(
        id=row.id,
        event_id=row.event_id,
        recipient_id=row.recipient_id,
        workflow=row.workflow,
        channel=row.channel,
        status=row.status,
        attempts=row.attempts,
        last_error=row.last_error,
        created_at=row.created_at,
        given_up_at=row.settled_at,
    )


def _audit_replay(
    connection: Connection, caller: Principal, delivery_id: UUID, now: datetime
) -> None:
    row = audit_row(caller, "notifications.replay", "Delivery", delivery_id, now)
    audit.write_rows(connection, [row])
