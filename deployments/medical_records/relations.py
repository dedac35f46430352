"""Who treats whom, and how long it lets them read: visits, encounters and orders decide."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection

from deployments.medical_records.settings import RecordsSettings
from storage.medical_records import relations


def begin_visit(
    connection: Connection,
    settings: RecordsSettings,
    *,
    patient_id: UUID,
    practitioner_id: UUID,
    appointment_id: UUID,
    booked_at: datetime,
    end: datetime,
) -> None:
    """A booked visit lets its doctor read from the booking until some days after it."""
    relations.note(
        connection,
        patient_id=patient_id,
        practitioner_id=practitioner_id,
        kind="appointment",
        source_id=appointment_id,
        starts_at=booked_at,
        ends_at=end + settings.after_appointment,
    )


def cancel_visit(connection: Connection, appointment_id: UUID, at: datetime) -> None:
    """A cancelled visit lets nobody read any more."""
    relations.end(connection, "appointment", appointment_id, at)


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


def begin_order(
    connection: Connection,
    *,
    patient_id: UUID,
    practitioner_id: UUID,
    prescription_id: UUID,
    at: datetime,
) -> None:
    """Whoever prescribed reads until some days after the prescription has ended."""
    relations.note(
        connection,
        patient_id=patient_id,
        practitioner_id=practitioner_id,
        kind="order",
        source_id=prescription_id,
        starts_at=at,
    )


def end_order(
    connection: Connection, settings: RecordsSettings, prescription_id: UUID, at: datetime
) -> None:
    """The prescription has ended."""
    relations.end(connection, "order", prescription_id, at + settings.after_order)
