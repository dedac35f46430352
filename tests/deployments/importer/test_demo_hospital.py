"""The checked-in hospital on real databases, loaded twice."""

import gzip
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Connection, Row, func, select, text

from deployments.access import Role
from deployments.errors import Forbidden
from deployments.importer import seed
from deployments.importer.adapters import services_on
from deployments.importer.seed import DATA, DEMO_PASSWORD, fill
from deployments.pharmacy.formulary_file import read_formulary
from deployments.settings import Settings
from deployments.users.service import UsersService
from storage.appointments.tables import Appointment, AppointmentReminder, DoctorAvailability
from storage.billing.insurance_tables import COVERAGES, PROVIDERS
from storage.database import Database
from storage.laboratory import tables as laboratory
from storage.medical_records.tables import (
    Allergy,
    Diagnosis,
    Encounter,
    Immunization,
    Medication,
    Procedure,
    VitalSign,
)
from storage.pharmacy import tables as medicines
from storage.pharmacy.tables import Prescription, StockBatch
from storage.users.tables import PatientProfile, User

NOW = datetime(2026, 11, 25, 3, 20, tzinfo=UTC)  # Wednesday, 10:20 in Ho Chi Minh City


class Hospital:
    def __init__(
        self,
        users: Database,
        appointments: Database,
        records: Database,
        medicines: Database,
        tests: Database,
        bills: Database,
        settings: Settings,
    ) -> None:
        self.users, self.appointments, self.settings = users, appointments, settings
        self.records, self.medicines, self.tests = records, medicines, tests
        self.bills = bills
        self.service = UsersService(users, settings)
        databases = (users, appointments, records, medicines, tests, bills)
        self.services = services_on(*databases, settings=settings, clock=lambda: NOW)
        self.people = self.services.people

    async def load(self, now: datetime = NOW) -> list[seed.DemoAccount]:
        return await fill(self.services, self.settings, now)

    async def visits(self) -> list[Row]:
        def work(connection: Connection) -> list[Row]:
            columns = (Appointment.identifier_value, Appointment.status, Appointment.version,
                       Appointment.start, Appointment.end, Appointment.updated_at)  # fmt: skip
            return list(connection.execute(select(*columns).order_by(Appointment.identifier_value)))

        return await self.appointments.read(work)

    async def count(self, database: Database, table: Any) -> int:
        query = select(func.count()).select_from(table)
        return await database.read(lambda connection: connection.execute(query).scalar_one())

    async def people_rows(self) -> list[Row]:
        columns = (User.id, User.roles, User.email, User.password_hash)
        return await self.users.read(
            lambda connection: list(connection.execute(select(*columns).order_by(User.id)))
        )


@pytest.fixture
async def hospital(
    users_database: Database,
    appointments_database: Database,
    medical_records_database: Database,
    pharmacy_database: Database,
    laboratory_database: Database,
    billing_database: Database,
    settings: Settings,
) -> AsyncIterator[Hospital]:
    return Hospital(
        users_database,
        appointments_database,
        medical_records_database,
        pharmacy_database,
        laboratory_database,
        billing_database,
        settings,
    )


@pytest.mark.timeout(300)  # everything is loaded twice
async def test_it_is_all_there_and_a_second_load_changes_nothing(hospital: Hospital) -> None:
    accounts = await hospital.load()

    await check_people(hospital)
    visits = await check_visits(hospital)
    await check_hours(hospital)
    await check_accounts(hospital, accounts)
    charts = await check_charts(hospital)
    await check_pharmacy(hospital)
    tested = await check_laboratory(hospital)
    await check_insurance(hospital)

    people = await hospital.people_rows()
    assert await hospital.load(NOW + timedelta(days=20)) == accounts
    assert await hospital.visits() == visits
    assert [row.id for row in await hospital.people_rows()] == [row.id for row in people]
    assert await check_charts(hospital) == charts
    await check_pharmacy(hospital)
    assert await check_laboratory(hospital) == tested
    await check_insurance(hospital)


def read_lines(kind: str) -> list[bytes]:
    return gzip.decompress((DATA / f"{kind}.ndjson.gz").read_bytes()).splitlines()


def lines_of(kind: str) -> int:
    return len(read_lines(kind))


async def check_charts(hospital: Hospital) -> dict[str, int]:
    """Everything in the files is in the charts, and each patient takes a drug once."""
    tables = {
        "Encounter": Encounter, "Condition": Diagnosis, "Procedure": Procedure,
        "AllergyIntolerance": Allergy, "Immunization": Immunization,
        "MedicationRequest": Medication, "Observation": VitalSign,
    }  # fmt: skip
    counts = {kind: await hospital.count(hospital.records, table) for kind, table in tables.items()}
    expected = {kind: lines_of(kind) for kind in tables}
    egfr = sum(b'"98979-8"' in line for line in read_lines("Observation.laboratory"))
    assert counts == expected | {"Observation": expected["Observation"] + egfr}
    taken = (
        select(Medication.patient_id, Medication.code)
        .where(Medication.status == "active", Medication.code.is_not(None))
        .group_by(Medication.patient_id, Medication.code)
        .having(func.count() > 1)
    )
    doubled = await hospital.records.read(lambda connection: connection.execute(taken).all())
    assert doubled == []
    return counts


async def check_pharmacy(hospital: Hospital) -> None:
    """Medicines of every kind in stock, some soon over, and orders that wait."""
    assert await hospital.count(hospital.medicines, medicines.Medication) == len(
        list(read_formulary())
    )
    assert await hospital.count(hospital.medicines, StockBatch) > 2 * len(list(read_formulary()))
    soon = NOW.date() + timedelta(days=30)
    batches = await hospital.medicines.read(
        lambda connection: connection.execute(select(StockBatch.expires_on)).scalars().all()
    )
    assert sum(NOW.date() <= day <= soon for day in batches) > 10
    assert sum(day < NOW.date() for day in batches) == 1
    waiting = await hospital.medicines.read(
        lambda connection: connection.execute(select(Prescription.fulfilment)).scalars().all()
    )
    assert len(waiting) == 3
    assert set(waiting) == {"received"}


async def check_laboratory(hospital: Hospital) -> dict[str, int]:
    """Months of results and controls, and work at every place of the bench."""
    tables = (laboratory.ORDERS, laboratory.TESTS, laboratory.SPECIMENS, laboratory.VALUES,
              laboratory.REPORTS, laboratory.CONTROL_RUNS, laboratory.VIOLATIONS)  # fmt: skip
    counts = {table.name: await hospital.count(hospital.tests, table) for table in tables}
    assert counts["parameter_results"] == lines_of("Observation.laboratory") + 1
    assert counts["lab_reports"] == lines_of("DiagnosticReport")

    def work(connection: Connection) -> None:
        every = {
            "specimens": {"requested", "collected", "in-transit", "received", "accepted",
                          "stored", "rejected", "disposed"},
            "lab_orders": {"active", "completed"},
            "lab_tests": {"not-started", "in-process", "technically-accepted", "released",
                          "rejected"},
        }  # fmt: skip
        for name, expected in every.items():
            found = connection.execute(text(f"SELECT DISTINCT status FROM {name}")).scalars()
            assert set(found) == expected
        rejected = connection.execute(
            text("SELECT rule FROM rule_violations WHERE severity = 'rejection' ORDER BY rule")
        ).scalars()
        assert list(rejected) == ["1-3s", "2-2s"]
        still_open = text("SELECT count(*) FROM rule_violations WHERE closed_at IS NULL")
        assert connection.execute(still_open).scalar_one() == 0
        assert connection.execute(text("SELECT count(*) FROM critical_alerts")).scalar_one() == 0
        late = text("SELECT count(*) FROM parameter_results WHERE observed_at > :now")
        assert connection.execute(late, {"now": NOW}).scalar_one() == 0

    await hospital.tests.read(work)
    return counts


async def check_insurance(hospital: Hospital) -> None:
    """Two insurers; six of seven patients are insured, some of them twice."""
    places = [place for place in range(lines_of("Patient")) if place % 7 != 6]
    twice = [place for place in places if place % 4 == 0]
    assert await hospital.count(hospital.bills, PROVIDERS) == 2
    assert await hospital.count(hospital.bills, COVERAGES) == len(places) + len(twice)


async def check_people(hospital: Hospital) -> None:
    roles = [row.roles[0] for row in await hospital.people_rows()]
    expected = {
        Role.PATIENT: 103, Role.DOCTOR: 14, Role.NURSE: 6, Role.PHARMACIST: 3,
        Role.LAB_TECHNICIAN: 3, Role.BILLING_OFFICER: 2, Role.ADMINISTRATOR: 1,
        Role.PRIVACY_OFFICER: 1,
    }  # fmt: skip
    assert {role: roles.count(role) for role in expected} == expected
    found = await hospital.people.find_practitioners()
    assert len(found) == 14 + 6 + 3 + 3
    assert all(one.department and one.languages for one in found)
    assert len({one.specialties[0] for one in found if one.specialties}) == 7
    complete = await hospital.users.read(
        lambda connection: connection.execute(
            select(func.count()).where(
                PatientProfile.emergency_contact.is_not(None),
                PatientProfile.blood_group.is_not(None),
            )
        ).scalar_one()
    )
    assert complete == 103


async def check_visits(hospital: Hospital) -> list[Row]:
    visits = await hospital.visits()
    statuses = [visit.status for visit in visits]
    assert set(statuses) == {"fulfilled", "booked", "cancelled", "noshow"}
    assert all(statuses.count(status) >= 30 for status in set(statuses))
    assert all(visit.end > NOW for visit in visits if visit.status == "booked")
    assert all(visit.end <= NOW for visit in visits if visit.status in {"fulfilled", "noshow"})
    assert sum(NOW < visit.start < NOW + timedelta(days=7) for visit in visits) >= 15
    assert visits[0].start < NOW - timedelta(days=150)
    return visits


async def check_hours(hospital: Hospital) -> None:
    doctors, reminders = await hospital.appointments.read(
        lambda connection: (
            connection.execute(
                select(func.count(DoctorAvailability.practitioner_id.distinct()))
            ).scalar_one(),
            connection.execute(select(func.count()).select_from(AppointmentReminder)).scalar_one(),
        )
    )
    assert doctors == 14
    assert reminders > 100


async def check_accounts(hospital: Hospital, accounts: list[seed.DemoAccount]) -> None:
    """Each of them can sign in, and the patients have a visit ahead."""
    assert {account.role for account in accounts} == set(Role) - {Role.SERVICE}
    assert len({account.email for account in accounts}) == len(accounts) == 11
    rows = {row.email: row for row in await hospital.people_rows()}
    for account in accounts:
        user = rows[account.email]
        assert await hospital.service.passwords.matches(user.password_hash, DEMO_PASSWORD)
        if account.role == Role.PATIENT:
            assert await booked_of(hospital, user.id) >= 1


async def booked_of(hospital: Hospital, patient_id: UUID) -> int:
    return await hospital.appointments.read(
        lambda connection: connection.execute(
            select(func.count()).where(
                Appointment.patient_id == patient_id, Appointment.status == "booked"
            )
        ).scalar_one()
    )


async def test_production_refuses_it(hospital: Hospital, settings: Settings) -> None:
    production = settings.model_copy(update={"environment": "production"})

    with pytest.raises(Forbidden):
        await fill(hospital.services, production, NOW)


def test_the_files_hold_no_codes_that_need_a_licence() -> None:
    for file in DATA.glob("*.ndjson.gz"):
        body = gzip.decompress(file.read_bytes())
        assert b"snomed" not in body
        assert b"ama-assn" not in body
    assert sum(file.stat().st_size for file in DATA.iterdir()) < 1_500_000
