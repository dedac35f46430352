"""Taking over what another system knows."""

from datetime import date, time, timedelta

import pytest

from deployments.access import Principal, Role
from deployments.appointments.calendar_schemas import ImportedSchedule, WeeklyHoursRequest
from deployments.appointments.errors import (
    ConflictingImport,
    PatientBusy,
    PractitionerNotFound,
    ReasonNotFound,
    SlotTaken,
)
from deployments.appointments.events import AppointmentImported
from deployments.appointments.schemas import Identifier, ImportedAppointment
from deployments.appointments.transitions import AppointmentStatus
from deployments.errors import Forbidden
from deployments.notifications.workflows import BY_EVENT
from tests.factories import appointments as factory
from tests.factories.appointments import local

IMPORTER = Principal.for_service("importer")
PAST = date(2025, 3, 3)


def identifier(value):
    return Identifier(system="urn:test", value=value)


def visit(world, value, start, **values):
    defaults = {
        "identifier": identifier(value),
        "status": AppointmentStatus.FULFILLED,
        "patient_id": world.patient.user_id,
        "practitioner_id": world.doctor.user_id,
        "reason_code": "consultation",
        "start": start,
        "end": start + timedelta(minutes=20),
    }
    return ImportedAppointment(**(defaults | values))


async def test_the_past_is_taken_with_its_status_and_told_to_no_person(world, published):
    imports = world.service.imports
    receipt = await imports.import_appointment(IMPORTER, visit(world, "1", local(3, 7, PAST)))
    kept = await world.service.reading.get(world.patient, receipt.id)
    assert (receipt.outcome, kept.status, kept.start) == ("created", "fulfilled", local(3, 7, PAST))
    assert kept.identifier == identifier("1")
    (told,) = published
    assert isinstance(told, AppointmentImported)
    assert AppointmentImported not in BY_EVENT
    assert (told.appointment_id, told.status, told.start) == (receipt.id, kept.status, kept.start)


async def test_importing_again_changes_nothing_and_news_are_taken_over(world, rows):
    imports, booked = world.service.imports, AppointmentStatus.BOOKED
    first = visit(world, "1", local(10), status=booked)
    created = await imports.import_appointment(IMPORTER, first)
    again = await imports.import_appointment(IMPORTER, first)
    moved = visit(world, "1", local(11), status=booked)
    updated = await imports.import_appointment(IMPORTER, moved)
    assert {one.id for one in (created, again, updated)} == {created.id}
    assert [one.outcome for one in (again, updated)] == ["unchanged", "updated"]
    kept = await world.service.reading.get(world.patient, created.id)
    assert (kept.start, kept.version) == (local(11), 2)
    due = rows("SELECT due_at FROM appointment_reminders WHERE status = 'scheduled' ORDER BY 1")
    assert due[-1][0] == local(9)


async def test_overlaps_are_refused_whatever_their_age(world):
    imports, other = world.service.imports, world.people.add_patient()
    second = world.people.add_doctor()
    start = local(9, day=PAST)
    await imports.import_appointment(IMPORTER, visit(world, "1", start))
    with pytest.raises(SlotTaken):
        await imports.import_appointment(
            IMPORTER, visit(world, "2", start, patient_id=other.user_id)
        )
    with pytest.raises(PatientBusy):
        await imports.import_appointment(
            IMPORTER, visit(world, "3", start, practitioner_id=second.user_id)
        )
    cancelled = AppointmentStatus.CANCELLED
    await imports.import_appointment(IMPORTER, visit(world, "4", start, status=cancelled))
    with pytest.raises(SlotTaken):
        await imports.import_appointment(
            IMPORTER, visit(world, "4", start, status=AppointmentStatus.BOOKED)
        )


async def test_what_cannot_be_taken_is_refused(world):
    imports, other = world.service.imports, world.people.add_patient()
    await imports.import_appointment(IMPORTER, visit(world, "1", local(10)))
    with pytest.raises(ConflictingImport):
        await imports.import_appointment(
            IMPORTER, visit(world, "1", local(10), patient_id=other.user_id)
        )
    with pytest.raises(ReasonNotFound):
        await imports.import_appointment(
            IMPORTER, visit(world, "2", local(11), reason_code="unknown")
        )
    with pytest.raises(Forbidden):
        await imports.import_appointment(world.doctor, visit(world, "2", local(11)))
    with pytest.raises(ValueError, match="after start"):
        visit(world, "2", local(11), end=local(11))


async def test_an_imported_hold_lives_until_its_visit(world):
    pending = visit(world, "1", local(10), status=AppointmentStatus.PENDING)
    receipt = await world.service.imports.import_appointment(IMPORTER, pending)
    kept = await world.service.reading.get(world.patient, receipt.id)
    assert kept.hold_expires_at == kept.start


async def test_a_schedule_is_replaced_by_the_next_of_the_same_identifier(world):
    imports, doctor = world.service.imports, world.people.add_doctor()

    def schedule(*weekdays, doctor=doctor):
        return ImportedSchedule(
            identifier=identifier("s"),
            practitioner_id=doctor.user_id,
            weekly=[
                WeeklyHoursRequest(
                    weekday=weekday,
                    start=time(8),
                    end=time(12),
                    time_zone=factory.ZONE,
                    slot_minutes=30,
                    valid_from=date(2026, 1, 1),
                )
                for weekday in weekdays
            ],
        )

    outcomes = [
        (await imports.import_schedule(IMPORTER, one)).outcome
        for one in (schedule(1, 2), schedule(2, 1), schedule(3))
    ]
    assert outcomes == ["created", "unchanged", "updated"]
    kept = await world.service.calendar.get(doctor, None)
    assert [one.weekday for one in kept.weekly] == [3]
    with pytest.raises(PractitionerNotFound):
        await imports.import_schedule(IMPORTER, schedule(1, doctor=factory.principal(Role.DOCTOR)))
