"""What billing hears: what was done to patients becomes charges, what was undone reverses them.

Each event takes effect once (inbox row), together with what is charged for it.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Final
from uuid import UUID

from sqlalchemy import Connection

from deployments.appointments.events import (
    AppointmentCancelled,
    AppointmentEnteredInError,
    AppointmentEvent,
    AppointmentFulfilled,
    AppointmentNoShow,
)
from deployments.billing.accounts import Area
from deployments.billing.charge_rules import NONE, ONCE, is_late
from deployments.billing.charging import Movement, Source, State, hear
from deployments.billing.desk import Desk
from deployments.events import Envelope, Event
from deployments.laboratory.events import (
    LabOrderPlaced,
    OrderEvent,
    ResultsReleased,
    SpecimenReceived,
    SpecimenRejected,
    TestItem,
    TestsCancelled,
)
from deployments.listening import Handlers, hear_each
from deployments.pharmacy.events import (
    DispensingEvent,
    DispensingReturned,
    PrescriptionDispensed,
)
from storage import outbox

NO_SHOW: Final = "no-show"
LATE_CANCELLATION: Final = "late-cancellation"
STAT: Final = "stat"
News = Iterable[tuple[Source, State | Movement]]


class Listener:
    """The listening end of this service.

    Args:
        desk: the tools of the replica.
    """

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._handlers: Handlers = {
            AppointmentFulfilled: self._visit_fulfilled,
            AppointmentNoShow: self._visit_missed,
            AppointmentCancelled: self._visit_cancelled,
            AppointmentEnteredInError: self._visit_in_error,
            PrescriptionDispensed: self._dispensed,
            DispensingReturned: self._returned,
            LabOrderPlaced: self._tests_ordered,
            SpecimenReceived: self._tests_begun,
            ResultsReleased: self._tests_begun,
            SpecimenRejected: self._tests_ended,
            TestsCancelled: self._tests_ended,
        }

    async def hear(self, envelopes: list[Envelope]) -> list[str | None]:
        """Lets each event take effect once; None for each that did, else an error code."""
        return await hear_each(envelopes, self._handlers)

    async def _visit_fulfilled(self, event: AppointmentFulfilled) -> None:
        done_at = min(event.start, event.occurred_at)  # it may begin early, never later than now
        await self._once(event, [_visit(event, event.reason_code or "", ONCE, done_at)])

    async def _visit_missed(self, event: AppointmentNoShow) -> None:
        fee = ONCE if self._desk.settings.charge_no_show else NONE
        await self._once(event, [_visit(event, NO_SHOW, fee, event.start)])

    async def _visit_cancelled(self, event: AppointmentCancelled) -> None:
        late = is_late(
            by_patient=event.by_patient,
            cancelled_at=event.occurred_at,
            start=event.start,
            notice=self._desk.settings.cancellation_notice,
        )
        await self._once(
            event, [_visit(event, LATE_CANCELLATION, ONCE if late else NONE, event.start)]
        )

    async def _visit_in_error(self, event: AppointmentEnteredInError) -> None:
        await self._once(event, [_visit(event, event.reason_code or "", NONE, event.start)])

    async def _dispensed(self, event: PrescriptionDispensed) -> None:
        await self._once(event, _drugs(event, lambda quantity: Movement(done=quantity)))

    async def _returned(self, event: DispensingReturned) -> None:
        await self._once(event, _drugs(event, lambda quantity: Movement(undone=quantity)))

    async def _tests_ordered(self, event: LabOrderPlaced) -> None:
        urgent = event.priority == STAT
        await self._once(event, _tests(event, event.items, planned=True, urgent=urgent))

    async def _tests_begun(self, event: SpecimenReceived | ResultsReleased) -> None:
        await self._once(event, _tests(event, event.items, done=ONCE))

    async def _tests_ended(self, event: SpecimenRejected | TestsCancelled) -> None:
        await self._once(event, _tests(event, event.items))

    async def _once(self, event: Event, news: News) -> None:
        """Inbox row and effect in one transaction; what was heard before has no effect."""

        def attempt(connection: Connection) -> None:
            if outbox.receive(connection, event.event_id, event.name):
                for source, change in news:
                    hear(connection, self._desk, source, change)

        await self._desk.database.transact(attempt, keyed=False)


def _visit(event: AppointmentEvent, code: str, done: Decimal, at: datetime) -> tuple[Source, State]:
    source = Source(
        source_kind="Appointment",
        source_id=event.appointment_id,
        part_id=event.appointment_id,
        patient_id=event.patient_id,
        area=Area.CONSULTATION,
        kind="service",
        code=code,
        performed_at=at,
        performer_id=event.practitioner_id,
    )
    return source, State(version=event.version, planned=False, done=done)


def _drugs(event: DispensingEvent, moved: Callable[[Decimal], Movement]) -> News:
    """What was handed over or came back, each item of the prescription once."""
    quantities: dict[UUID, Decimal] = defaultdict(Decimal)
    for item in event.items:
        quantities[item.item_id] += item.quantity
    items = {item.item_id: item for item in event.items}
    return [
        (
            Source(
                source_kind="MedicationDispense",
                source_id=event.dispensing_id,
                part_id=item_id,
                patient_id=event.patient_id,
                area=Area.PHARMACY,
                kind="drug",
                code=items[item_id].code or "",
                performed_at=event.occurred_at,
                encounter_id=event.encounter_id,
            ),
            moved(quantity),
        )
        for item_id, quantity in quantities.items()
    ]


def _tests(
    event: OrderEvent,
    items: Sequence[TestItem],
    *,
    planned: bool = False,
    done: Decimal = NONE,
    urgent: bool = False,
) -> News:
    state = State(version=event.version, planned=planned, done=done)
    return [
        (
            Source(
                source_kind="ServiceRequest",
                source_id=event.order_id,
                part_id=item.test_id,
                patient_id=event.patient_id,
                area=Area.LABORATORY,
                kind="test",
                code=item.code,
                performed_at=event.occurred_at,
                performer_id=event.practitioner_id,
                encounter_id=event.encounter_id,
                panel=item.panel,
                urgent=urgent,
            ),
            state,
        )
        for item in items
    ]
