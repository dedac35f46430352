"""FHIR Location, Schedule and Appointment, case by case."""

from datetime import UTC, date, datetime, time
from typing import Any
from uuid import UUID, uuid4

import pytest

from deployments.importer import vocabulary
from deployments.importer.fhir import visits
from deployments.importer.fhir.shape import NotTaken
from deployments.importer.fhir.visits import Place
from tests.factories.importer import appointment, coded, location, role, schedule

WHO, WHOM = uuid4(), uuid4()
ROOM = Place(UUID(int=1), "Phòng 1", is_room=True, part_of=None)
HO_CHI_MINH = "Asia/Ho_Chi_Minh"


def hours(*available: dict[str, Any], **fields: Any) -> list[tuple[int, time, time, int]]:
    roles = [role(availableTime=list(available), **fields)]
    taken = visits.schedule(
        schedule(), practitioner_id=WHOM, roles=roles, at=ROOM, time_zone=HO_CHI_MINH
    )
    return [(one.weekday, one.start, one.end, one.slot_minutes) for one in taken.weekly]


def test_a_place_has_the_same_id_at_every_import() -> None:
    first, again = visits.place(location()), visits.place(location(name="Renamed"))

    assert first.id == again.id != visits.place(location("l2")).id
    assert not first.is_room
    assert visits.place(location(physicalType=coded("any", "ro"))).is_room


def test_schedule_has_the_hours_of_its_roles_while_the_horizon_lasts() -> None:
    taken = visits.schedule(
        schedule(), practitioner_id=WHOM, roles=[role()], at=ROOM, time_zone=HO_CHI_MINH
    )

    assert taken.practitioner_id == WHOM
    assert [one.weekday for one in taken.weekly] == [1, 5]
    first = taken.weekly[0]
    assert (first.start, first.end, first.slot_minutes) == (time(7, 30), time(11, 30), 15)
    assert (first.valid_from, first.valid_until) == (date(2026, 1, 5), date(2028, 1, 5))
    assert (first.time_zone, first.location_id, first.location_name) == (
        HO_CHI_MINH, ROOM.id, "Phòng 1",
    )  # fmt: skip


def test_shapes_of_available_time() -> None:
    minutes = {"url": vocabulary.SLOT_MINUTES, "valuePositiveInt": 20}
    times = {"availableStartTime": "22:00:00", "availableEndTime": "06:00:00"}

    assert len(hours(times)) == 7
    assert hours({"daysOfWeek": ["sun"], "allDay": True}) == [(7, time(0), time(0), 15)]
    assert hours({"daysOfWeek": ["tue"], **times}, extension=[minutes]) == [
        (2, time(22), time(6), 20)
    ]


@pytest.mark.parametrize(
    ("available", "reason"),
    [
        ({"daysOfWeek": ["monday"], "allDay": True}, "availableTime.daysOfWeek"),
        ({"daysOfWeek": ["mon"]}, "start: Field required"),
        ({"daysOfWeek": ["mon"], "availableStartTime": "9", "availableEndTime": "x"}, "start:"),
    ],
)
def test_hours_that_are_refused(available: dict[str, Any], reason: str) -> None:
    with pytest.raises(NotTaken, match=reason):
        hours(available)


@pytest.mark.parametrize(
    ("fields", "roles", "reason"),
    [
        ({"active": False}, [role()], "active"),
        ({}, [], "availableTime: none"),
        ({"identifier": None}, [role()], "no identifier"),
    ],
)
def test_schedules_that_are_refused(
    fields: dict[str, Any], roles: list[dict[str, Any]], reason: str
) -> None:
    with pytest.raises(NotTaken, match=reason):
        visits.schedule(
            schedule(**fields), practitioner_id=WHOM, roles=roles, at=None, time_zone=HO_CHI_MINH
        )


@pytest.mark.parametrize(
    ("fields", "taken"),
    [
        ({}, {"status": "booked", "reason_code": "consultation", "comment": None}),
        ({}, {"start": datetime(2026, 12, 1, 2, tzinfo=UTC), "location_name": "Phòng 1"}),
        ({"reasonCode": [coded(vocabulary.VISIT_REASON, "vaccination")]},
         {"reason_code": "vaccination"}),
        ({"appointmentType": coded("http://terminology.hl7.org/CodeSystem/v2-0276", "FOLLOWUP")},
         {"reason_code": "follow-up"}),
        ({"appointmentType": coded("any", "other")}, {"reason_code": "consultation"}),
        ({"status": "cancelled", "cancelationReason": coded(vocabulary.HL7_CANCELLATION, "pat")},
         {"status": "cancelled", "cancellation_code": "pat"}),
        ({"description": "first", "comment": "second"}, {"comment": "second"}),
        ({"status": "checked-in"}, {"status": "checked-in"}),
    ],
)  # fmt: skip
def test_appointment(fields: dict[str, Any], taken: dict[str, Any]) -> None:
    visit = visits.appointment(appointment(**fields), patient_id=WHO, practitioner_id=WHOM, at=ROOM)

    assert (visit.patient_id, visit.practitioner_id) == (WHO, WHOM)
    assert {name: getattr(visit, name) for name in taken} == taken


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"identifier": None}, "no identifier"),
        ({"status": "maybe"}, "status: Input should be"),
        ({"start": None}, "start: Field required"),
        ({"start": "2026-12-01T09:00:00"}, "start: Input should have timezone info"),
        ({"end": "2026-12-01T08:00:00+07:00"}, "resource: not valid"),
        ({"start": "1026-12-01T08:00:00+07:00"}, "start: not valid"),
    ],
)
def test_appointments_that_are_refused(fields: dict[str, Any], reason: str) -> None:
    with pytest.raises(NotTaken) as refused:
        visits.appointment(appointment(**fields), patient_id=WHO, practitioner_id=WHOM, at=None)

    assert str(refused.value).startswith(reason)


def test_leave_is_told_to_be_left_out() -> None:
    assert list(visits.left_out(role())) == []
    [told] = visits.left_out(role(notAvailable=[{"description": "Tết"}]))
    assert told.startswith("notAvailable")
