"""What medical records hears: visits and orders let people in, orders are what is taken."""

from collections.abc import Callable
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Connection

from deployments.appointments.events import (
    AppointmentBooked,
    AppointmentCancelled,
    AppointmentEvent,
    AppointmentImported,
    AppointmentRescheduled,
)
from deployments.events import Envelope, Event
from deployments.laboratory.events import (
    LabOrderEnded,
    LabOrderImported,
    LabOrderPlaced,
    LabOrderReopened,
    OrderEvent,
)
from deployments.listening import Handlers, hear_each
from deployments.medical_records import prescribed, relations
from deployments.medical_records.desk import Desk
from deployments.medical_records.encounter_orders import follow_laboratory, follow_prescription
from deployments.pharmacy.events import (
    PrescriptionAnswered,
    PrescriptionEnded,
    PrescriptionEvent,
    PrescriptionIssued,
    PrescriptionQueried,
    PrescriptionRejected,
    PrescriptionReopened,
)
from storage import outbox

TREATING: Final = frozenset({"booked", "arrived", "checked-in", "fulfilled"})
"""FHIR AppointmentStatus of visits that will take place or did."""

WAITED_FOR: Final = frozenset({"active", "on-hold"})
"""FHIR request-status of orders that are not over."""


class Listener:
    """The listening end of this service."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._handlers: Handlers = {
            AppointmentBooked: self._visit_booked,
            AppointmentImported: self._visit_imported,
            AppointmentRescheduled: self._visit_booked,
            AppointmentCancelled: self._visit_cancelled,
            PrescriptionIssued: self._prescribed,
            PrescriptionEnded: self._prescription_ended,
            PrescriptionReopened: self._prescription_reopened,
            PrescriptionQueried: self._prescription_discussed,
            PrescriptionAnswered: self._prescription_discussed,
            PrescriptionRejected: self._prescription_discussed,
            LabOrderPlaced: self._tests_ordered,
            LabOrderImported: self._tests_ordered,
            LabOrderReopened: self._tests_ordered,
            LabOrderEnded: self._tests_ordered,
        }

    async def hear(self, envelopes: list[Envelope]) -> list[str | None]:
        """Lets each event take effect once; None for each that did, else an error code."""
        return await hear_each(envelopes, self._handlers)

    async def _visit_booked(self, event: AppointmentEvent) -> None:
        await self._note_visit(event, takes_place=True)

    async def _visit_imported(self, event: AppointmentImported) -> None:
        await self._note_visit(event, takes_place=event.status in TREATING)

    async def _visit_cancelled(self, event: AppointmentCancelled) -> None:
        await self._note_visit(event, takes_place=False)

    async def _note_visit(self, event: AppointmentEvent, *, takes_place: bool) -> None:
        def work(connection: Connection) -> None:
            relations.note_visit(connection, self._desk.settings, event, takes_place=takes_place)

        await self._once(event, event.patient_id, work)

    async def _prescribed(self, event: PrescriptionIssued) -> None:
        def work(connection: Connection) -> None:
            relations.note_order(connection, self._desk.settings, event, ended=False)
            prescribed.take_prescription(connection, event, self._desk.clock())
            follow_prescription(connection, event)

        await self._once(event, event.patient_id, work)

    async def _prescription_ended(self, event: PrescriptionEnded) -> None:
        def work(connection: Connection) -> None:
            relations.note_order(connection, self._desk.settings, event, ended=True)
            prescribed.end_prescription(connection, event, self._desk.clock())
            follow_prescription(connection, event)

        await self._once(event, event.patient_id, work)

    async def _prescription_reopened(self, event: PrescriptionReopened) -> None:
        def work(connection: Connection) -> None:
            relations.note_order(connection, self._desk.settings, event, ended=False)
            prescribed.reopen_prescription(connection, event, self._desk.clock())
            follow_prescription(connection, event)

        await self._once(event, event.patient_id, work)

    async def _prescription_discussed(self, event: PrescriptionEvent) -> None:
        def work(connection: Connection) -> None:
            follow_prescription(connection, event)

        await self._once(event, event.patient_id, work)

    async def _tests_ordered(self, event: OrderEvent) -> None:
        ended = isinstance(event, LabOrderEnded)
        if isinstance(event, LabOrderImported):
            ended = event.status not in WAITED_FOR

        def work(connection: Connection) -> None:
            relations.note_order(connection, self._desk.settings, event, ended=ended)
            follow_laboratory(connection, event, ended=ended)

        await self._once(event, event.patient_id, work)

    async def _once(
        self, event: Event, patient_id: UUID, work: Callable[[Connection], Any]
    ) -> None:
        """Inbox row and effect in one transaction; what was heard before has no effect."""

        def attempt(connection: Connection) -> None:
            if outbox.receive(connection, event.event_id, event.name):
                work(connection)

        await self._desk.database.transact(attempt, keyed=False)
        await self._desk.changed(patient_id)
