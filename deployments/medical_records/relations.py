"""Who treats whom, and how long it lets them read: visits, encounters and orders decide."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection

from deployments.appointments.events import AppointmentEvent
from deployments.laboratory.events import OrderEvent
from deployments.medical_records.settings import RecordsSettings
from deployments.pharmacy.events import PrescriptionEvent
from storage.medical_records import relations


def note_visit(
    connection: Connection, settings: RecordsSettings, visit: AppointmentEvent, *, takes_place: bool
) -> None:
    """A visit lets its doctor read from the booking until some days after it, unless cancelled."""
    ends_at = visit.end + settings.after_appointment if takes_place else visit.occurred_at
    relations.note(
        connection,
        patient_id=visit.patient_id,
        practitioner_id=visit.practitioner_id,
        kind="appointment",
        source_id=visit.appointment_id,
        starts_at=visit.occurred_at,
        ends_at=ends_at,
        version=visit.version,
    )


def note_order(
    connection: Connection,
    settings: RecordsSettings,
    order: PrescriptionEvent | OrderEvent,
    *,
    ended: bool,
) -> None:
    """Whoever prescribed or ordered tests reads until some days after that has ended."""
    relations.note(
        connection,
        patient_id=order.patient_id,
        practitioner_id=order.practitioner_id,
        kind="order",
        source_id=order.aggregate_id,
        starts_at=order.occurred_at,
        ends_at=order.occurred_at + settings.after_order if ended else None,
        version=order.version,
    )


def begin_encounter(
    connection: Connection,
    *,
    patient_id: UUID,
    practitioner_ids: Collection[UUID],
    encounter_id: UUID,
    at: datetime,
) -> None:
    """Participants of an encounter read until some days after it is finished."""
    for practitioner_id in practitioner_ids:
        relations.note(
            connection,
            patient_id=patient_id,
            practitioner_id=practitioner_id,
            kind="encounter",
            source_id=encounter_id,
            starts_at=at,
        )


def finish_encounter(
    connection: Connection, settings: RecordsSettings, encounter_id: UUID, at: datetime
) -> None:
    """The encounter is over: its participants still read for some days."""
    relations.end(connection, "encounter", encounter_id, at + settings.after_encounter)


def cancel_encounter(connection: Connection, encounter_id: UUID, at: datetime) -> None:
    """The encounter did not take place: it lets nobody read any more."""
    relations.end(connection, "encounter", encounter_id, at)
