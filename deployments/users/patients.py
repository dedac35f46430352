"""Finding and reading patients: by who treats or bills them, and by themselves."""

from uuid import UUID

from sqlalchemy import Connection

from deployments.access import Permission, Principal
from deployments.clock import Clock, utc_now
from deployments.pagination import Page, decode_cursor, page_of
from deployments.users import shapes
from deployments.users.account_schemas import Patient, PatientSearch
from deployments.users.errors import PatientNotFound
from deployments.users.journal import note_reading
from deployments.users.names import search_terms
from deployments.users.rules import patient_view
from deployments.users.schemas import PatientBrief
from storage.database import Database
from storage.users import addresses, directory
from storage.users.directory import PatientFilter


class Patients:
    """Reads patients' data; every reading by somebody else leaves an audit row, or fails."""

    def __init__(self, database: Database, clock: Clock = utc_now) -> None:
        self._database = database
        self._clock = clock

    async def search(self, caller: Principal, wanted: PatientSearch) -> Page[PatientBrief]:
        """Patients that match everything given, by name."""
        caller.require(Permission.USERS_READ_PATIENTS)
        after = decode_cursor(wanted.cursor, str, UUID) if wanted.cursor else None
        criteria = PatientFilter(
            terms=search_terms(wanted.name),
            medical_record_number=wanted.medical_record_number,
            birth_date=wanted.birth_date,
            phone=wanted.phone,
        )
        now = self._clock()

        def work(connection: Connection) -> Page[PatientBrief]:
            note_reading(connection, "patients-searched", actor=caller, at=now, patient_id=None)
            rows = directory.patients(connection, criteria, after, wanted.limit + 1)
            found = page_of(rows, wanted.limit, lambda row: (row.search_name, row.id))
            return Page(
                items=[shapes.patient_brief(row) for row in found.items],
                next_cursor=found.next_cursor,
            )

        return await self._database.transact(work, keyed=False)

    async def get(self, caller: Principal, patient_id: UUID) -> Patient:
        """A patient, as far as the caller's work needs it.

        Raises:
            PatientNotFound: there is none, or none that the caller may know of.
        """
        caller.require(Permission.USERS_READ_PATIENTS, Permission.USERS_READ_OWN)
        own = caller.user_id == patient_id
        allowed = own or caller.has(Permission.USERS_READ_PATIENTS)
        view, now = patient_view(caller.roles, own=own), self._clock()

        def work(connection: Connection) -> Patient | None:
            row = directory.find_patient(connection, patient_id) if allowed else None
            if not own:
                note_reading(
                    connection,
                    "patient-read",
                    actor=caller,
                    at=now,
                    patient_id=patient_id,
                    outcome="success" if row is not None else "denied",
                )
            if row is None:
                return None
            return shapes.patient(row, addresses.all_of(connection, patient_id), view)

        patient = await self._database.transact(work, keyed=False)
        if patient is None:
            raise PatientNotFound
        return patient

    async def exists(self, patient_id: UUID) -> bool:
        """Whether an active patient has this id, for another service."""
        row = await self._database.read(lambda conn: directory.find_patient(conn, patient_id))
        return row is not None and row.status == "active"

    async def get_brief(self, patient_id: UUID) -> PatientBrief:
        """Who a patient is, for another service.

        Raises:
            PatientNotFound: there is no such patient.
        """
        row = await self._database.read(lambda conn: directory.find_patient(conn, patient_id))
        if row is None:
            raise PatientNotFound
        return shapes.patient_brief(row)
