"""People, calendars and visits for tests of appointments."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID, uuid4

from sqlalchemy import Connection, insert, select

from deployments.access import Principal, Role
from deployments.users.errors import PractitionerNotFound
from deployments.users.schemas import Practitioner
from storage.appointments.tables import AppointmentReason, DoctorAvailability

NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)  # Monday, 09:00 in Ho Chi Minh City
ZONE = "Asia/Ho_Chi_Minh"
TOMORROW = date(2026, 11, 24)


def principal(*roles: Role, user_id: UUID | None = None) -> Principal:
    return Principal(
        user_id=user_id or uuid4(),
        roles=frozenset(roles),
        token_id="test",
        issued_at=NOW,
        expires_at=NOW + timedelta(days=3650),
    )


def patient(user_id: UUID | None = None) -> Principal:
    return principal(Role.PATIENT, user_id=user_id)


def local(hour: int, minute: int = 0, day: date = TOMORROW) -> datetime:
    """A time on the wall clock of the hospital (UTC+7, never another)."""
    return datetime.combine(day, time(hour, minute), UTC) - timedelta(hours=7)


class FakePeople:
    """The users service, as far as appointments asks it."""

    def __init__(self) -> None:
        self.doctors: dict[UUID, Practitioner] = {}
        self.patients: set[UUID] = set()
        self.asked = 0

    def add_doctor(
        self, *, active: bool = True, specialties: Sequence[str] = (), role: Role = Role.DOCTOR
    ) -> Principal:
        doctor = principal(role)
        self.doctors[doctor.user_id] = Practitioner.model_construct(
            id=doctor.user_id,
            name="Dr. Test",
            active=active,
            roles=[role],
            specialties=list(specialties),
            department=None,
            languages=["vi"],
            bio=None,
        )
        return doctor

    def add_patient(self) -> Principal:
        someone = patient()
        self.patients.add(someone.user_id)
        return someone

    async def find_practitioner(self, practitioner_id):
        self.asked += 1
        if practitioner_id not in self.doctors:
            raise PractitionerNotFound
        return self.doctors[practitioner_id]

    async def find_practitioners(self, specialty=None, department=None, ids=None):
        self.asked += 1
        return [
            one
            for one in self.doctors.values()
            if one.active
            and (ids is None or one.id in ids)
            and (specialty is None or specialty in one.specialties)
        ]

    async def patient_exists(self, patient_id):
        self.asked += 1
        return patient_id in self.patients


def reason_id(connection: Connection, code: str = "consultation") -> UUID:
    query = select(AppointmentReason.id).where(AppointmentReason.code == code)
    return connection.execute(query).scalar_one()


def add_reason(connection: Connection, **values) -> UUID:
    reason = {
        "id": uuid4(),
        "code": f"test-{uuid4()}",
        "display_en": "Test",
        "display_vi": "Test",
        "duration_minutes": 30,
        "buffer_before_minutes": 0,
        "buffer_after_minutes": 0,
        "minimum_notice_minutes": 0,
        "self_bookable": True,
        "active": True,
        "version": 1,
        "updated_at": NOW,
        **values,
    }
    connection.execute(insert(AppointmentReason).values(**reason))
    return reason["id"]


def add_hours(connection: Connection, practitioner_id: UUID, **values) -> None:
    """Opens every day of the week from 8 to 17 in the hospital's zone, unless told otherwise."""
    weekdays = values.pop("weekdays", range(1, 8))
    connection.execute(
        insert(DoctorAvailability).values(
            [
                {
                    "id": uuid4(),
                    "practitioner_id": practitioner_id,
                    "effect": "open",
                    "weekday": weekday,
                    "valid_from": date(2020, 1, 1),
                    "start": time(8),
                    "end": time(17),
                    "time_zone": ZONE,
                    "slot_minutes": 30,
                    "version": 1,
                    "updated_at": NOW,
                    **values,
                }
                for weekday in weekdays
            ]
        )
    )
