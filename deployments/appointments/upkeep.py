"""What happens by itself: holds expire, reminders fall due. Any number of replicas may run it."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

from sqlalchemy import Connection

from deployments.appointments import mapping
from deployments.appointments.cancellation import HOLD_EXPIRED
from deployments.appointments.desk import Desk
from deployments.appointments.events import AppointmentReminderDue
from deployments.appointments.recording import step
from deployments.appointments.reminders import ReminderKind, ReminderStatus, is_worth_sending
from deployments.appointments.taking import SYSTEM
from deployments.appointments.transitions import AppointmentStatus, Move
from deployments.publishing import publish
from storage.appointments import bookings, reminders

BATCH: Final = 200


class Upkeep:
    """The loops of one replica; rows that another replica works on are skipped."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def run_sweeper(self) -> None:
        """Expires holds until cancelled."""
        await _repeat(self.expire_holds, self._desk.settings.sweep_every_s)

    async def run_reminders(self) -> None:
        """Sends reminders until cancelled."""
        await _repeat(self.send_reminders, self._desk.settings.remind_every_s)

    async def expire_holds(self) -> int:
        """Frees holds whose lease has ended; returns how many, at most a batch."""

        def work(connection: Connection) -> int:
            now = self._desk.clock()
            line = step(SYSTEM, Move.EXPIRE, now, from_status=AppointmentStatus.PENDING)
            return bookings.expire_holds(connection, line, HOLD_EXPIRED, BATCH)

        return await self._desk.database.transact(work, keyed=False)

    async def send_reminders(self) -> int:
        """Publishes reminders that are due, each once; returns how many it settled."""

        def work(connection: Connection) -> int:
            now = self._desk.clock()
            due, late = [], []
            events = []
            for row in reminders.claim_due(connection, now, BATCH):
                values = dict(row)
                reminder_id, kind = values.pop("reminder_id"), ReminderKind(values.pop("kind"))
                if not is_worth_sending(kind, values["start"], now):
                    late.append(reminder_id)
                    continue
                due.append(reminder_id)
                about = mapping.appointment(values)
                events.append(mapping.event(AppointmentReminderDue, about, now, kind=kind))
            reminders.settle(connection, due, ReminderStatus.SENT, now)
            reminders.settle(connection, late, ReminderStatus.SKIPPED, now)
            publish(connection, *events)
            return len(due) + len(late)

        return await self._desk.database.transact(work, keyed=False)


async def _repeat(work: Callable[[], Awaitable[int]], pause_s: float) -> None:
    """Works off full batches at once, and rests after the last."""
    while True:
        while await work() == BATCH:
            pass
        await asyncio.sleep(pause_s)
