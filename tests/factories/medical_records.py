"""People and treatment relations for tests of medical records."""

from datetime import UTC, date, datetime, timedelta
from uuid import UUID, uuid4

from sqlalchemy import Connection, insert

from deployments.access import Principal, Role
from deployments.users.errors import PatientNotFound, PractitionerNotFound
from deployments.users.schemas import PatientBrief, Practitioner
from storage.medical_records.tables import TreatmentRelation

NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)


def principal(*roles: Role, user_id: UUID | None = None) -> Principal:
    return Principal(
        user_id=user_id or uuid4(),
        roles=frozenset(roles),
        token_id="test",
        issued_at=NOW,
        expires_at=NOW + timedelta(days=3650),
    )


class FakeUsers:
    """The users service, as far as medical records asks it."""

    def __init__(self) -> None:
        self.patients: dict[UUID, PatientBrief] = {}
        self.staff: dict[UUID, Practitioner] = {}

    def add_patient(
        self, *, birth_date: date | None = date(1990, 5, 17), gender: str | None = "female"
    ) -> Principal:
        patient = principal(Role.PATIENT)
        self.patients[patient.user_id] = PatientBrief(
            id=patient.user_id,
            name="Nguyễn Thị Mai",
            active=True,
            medical_record_number=f"MRN-{patient.user_id.hex[:8]}",
            birth_date=birth_date,
            gender=gender,
        )
        return patient

    def add_staff(self, role: Role = Role.DOCTOR) -> Principal:
        person = principal(role)
        self.staff[person.user_id] = Practitioner.model_construct(
            id=person.user_id, name="Dr. Test", active=True, roles=[role], specialties=[]
        )
        return person

    async def patient_exists(self, patient_id):
        return patient_id in self.patients

    async def get_patient_brief(self, patient_id):
        if patient_id not in self.patients:
            raise PatientNotFound
        return self.patients[patient_id]

    async def find_practitioner(self, practitioner_id):
        if practitioner_id not in self.staff:
            raise PractitionerNotFound
        return self.staff[practitioner_id]

    async def find_practitioners(self, specialty=None, department=None, ids=None):
        return [one for one in self.staff.values() if ids is None or one.id in ids]


def relate(connection: Connection, patient: Principal, staff: Principal, **values) -> UUID:
    """Lets a member of the staff read a chart, by an encounter unless told otherwise."""
    relation = {
        "patient_id": patient.user_id,
        "practitioner_id": staff.user_id,
        "kind": "encounter",
        "source_id": uuid4(),
        "starts_at": NOW - timedelta(days=1),
        "ends_at": None,
        "version": 0,
        **values,
    }
    connection.execute(insert(TreatmentRelation).values(**relation))
    return relation["source_id"]
