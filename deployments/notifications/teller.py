"""Tells announcements, in batches that nobody has to wait for."""

import asyncio
import random
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Connection, Row

from deployments.access import Role
from deployments.clock import Clock, utc_now
from deployments.errors import DomainError
from deployments.logs import get_logger
from deployments.notifications.composing import compose
from deployments.notifications.drafts import Telling
from deployments.notifications.endpoint_schemas import AnnouncementText, AnnouncementTexts
from deployments.notifications.events import Announced
from deployments.notifications.gathering import gather
from deployments.notifications.hearing import Directory, Told
from deployments.notifications.reaching import Means
from deployments.notifications.telling import write
from deployments.notifications.workflows import ANNOUNCEMENT
from storage.database import Database
from storage.notifications import announcements

log = get_logger("notifications")

BATCH: Final = 50
"""People told in one transaction: a few milliseconds of composing, a few of writing."""
LEASE: Final = timedelta(seconds=30)
POLL_S: Final = 2.0
EVERYBODY: Final = "everybody"


class Teller:
    """The loop that tells announcements; any number of replicas may run one.

    Args:
        database: the service's.
        users: who knows everybody.
        told: wakes live connections and the sender.
        means: what the house can reach people by.
        clock: the time.
    """

    def __init__(
        self,
        database: Database,
        users: Directory,
        *,
        told: Told,
        means: Means,
        clock: Clock = utc_now,
    ) -> None:
        self._database = database
        self._users = users
        self._told = told
        self._means = means
        self._clock = clock
        self._woken = asyncio.Event()

    def wake(self) -> None:
        """Something was announced: look now instead of at the next poll."""
        self._woken.set()

    async def run(self) -> None:
        """Tells until cancelled."""
        while True:
            self._woken.clear()
            if not await self.tell_due():
                await self._rest()

    async def _rest(self) -> None:
        try:
            async with asyncio.timeout(POLL_S * random.uniform(0.8, 1.2)):  # noqa: S311
                await self._woken.wait()
        except TimeoutError:
            pass

    async def tell_due(self) -> bool:
        """Tells one announcement to the end, unless it is stopped; False when there is none."""
        now = self._clock()
        row = await self._database.transact(
            lambda connection: announcements.claim(connection, now, LEASE), keyed=False
        )
        if row is None:
            return False
        try:
            await self._tell(row)
        except DomainError as error:
            log.warning("announcement interrupted", extra={"error": error.code})
        return True

    async def _tell(self, row: Row[Any]) -> None:
        audience = await self._audience(row.audience)
        told_up_to = row.told_up_to
        left = [id_ for id_ in audience if told_up_to is None or id_ > told_up_to]
        for start in range(0, len(left), BATCH):
            batch = left[start : start + BATCH]
            told = await self._tell_batch(row, told_up_to, batch)
            if told is None:
                return
            self._told(told)
            told_up_to = batch[-1]
        now = self._clock()
        await self._database.transact(
            lambda connection: _ended(connection, row.id, now), keyed=False
        )

    async def _audience(self, audience: str) -> list[UUID]:
        """Ids in the order of the database, which compares them as bytes, as Python does."""
        roles = [role for role in Role if role is not Role.SERVICE]
        wanted = roles if audience == EVERYBODY else [Role(audience)]
        members = await asyncio.gather(*(self._users.list_members(role) for role in wanted))
        return sorted({user_id for of_role in members for user_id in of_role})

    async def _tell_batch(
        self, row: Row[Any], told_up_to: UUID | None, batch: Sequence[UUID]
    ) -> Collection[UUID] | None:
        """Tells some; None when it was stopped, or is told by somebody else."""
        contacts = await self._users.get_contacts(batch)
        people = await self._database.read(
            lambda connection: gather(connection, contacts, self._means)
        )
        telling, texts = Telling(), AnnouncementTexts.model_validate(row.texts)
        for user_id, contact in contacts.items():
            one = compose(_said(row, user_id, texts.of(contact.locale)), [ANNOUNCEMENT], people)
            telling.drafts += one.drafts
            telling.omissions += one.omissions
        event, now = _said(row, batch[0], texts.en), self._clock()

        def work(connection: Connection) -> Collection[UUID] | None:
            moved = announcements.advance(
                connection,
                row.id,
                from_=told_up_to,
                to=batch[-1],
                told=len(telling.drafts),
                leased_until=now + LEASE,
            )
            return write(connection, event, telling, now) if moved else None

        return await self._database.transact(work, keyed=False)


def _said(row: Row[Any], user_id: UUID, text: AnnouncementText) -> Announced:
    return Announced(
        event_id=row.id,
        announcement_id=row.id,
        user_id=user_id,
        subject=text.title,
        message=text.text,
    )


def _ended(connection: Connection, announcement_id: UUID, now: datetime) -> None:
    announcements.end(connection, announcement_id, "told", now)
