"""The directory of practitioners: what every signed-in person may know of the clinical staff."""

from collections.abc import Sequence
from typing import Final
from uuid import UUID

from deployments.access import Permission, Principal
from deployments.pagination import Page, decode_cursor, page_of
from deployments.users import shapes
from deployments.users.account_schemas import PractitionerSearch, Specialties, SpecialtyName
from deployments.users.codes import SPECIALTY_NAMES, Specialty
from deployments.users.errors import PractitionerNotFound
from deployments.users.names import search_terms
from deployments.users.schemas import Practitioner
from storage.database import Database
from storage.users import directory
from storage.users.directory import PractitionerFilter

AT_ONCE: Final = 500


class Directory:
    """Finds practitioners."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def search(self, caller: Principal, wanted: PractitionerSearch) -> Page[Practitioner]:
        """Active clinical staff that match everything given, by name."""
        caller.require(Permission.USERS_READ_DIRECTORY)
        after = decode_cursor(wanted.cursor, str, UUID) if wanted.cursor else None
        criteria = PractitionerFilter(
            terms=search_terms(wanted.name),
            role=wanted.role,
            specialty=wanted.specialty,
            department=wanted.department,
            language=wanted.language,
        )
        rows = await self._database.read(
            lambda conn: directory.practitioners(conn, criteria, after, wanted.limit + 1)
        )
        found = page_of(rows, wanted.limit, lambda row: (row.search_name, row.id))
        return Page(
            items=[shapes.practitioner(row) for row in found.items],
            next_cursor=found.next_cursor,
        )

    async def get(self, caller: Principal, practitioner_id: UUID) -> Practitioner:
        """A member of the clinical staff.

        Raises:
            PractitionerNotFound: there is no such person.
        """
        caller.require(Permission.USERS_READ_DIRECTORY)
        return await self.find_practitioner(practitioner_id)

    async def find_practitioner(self, practitioner_id: UUID) -> Practitioner:
        """A member of the clinical staff, active or not, for another service.

        Raises:
            PractitionerNotFound: there is no such person.
        """
        row = await self._database.read(
            lambda conn: directory.find_practitioner(conn, practitioner_id)
        )
        if row is None:
            raise PractitionerNotFound
        return shapes.practitioner(row)

    async def find_practitioners(
        self, specialty: Specialty | None, department: str | None, ids: Sequence[UUID] | None
    ) -> list[Practitioner]:
        """Active clinical staff that match everything given, for another service."""
        wanted = PractitionerFilter(
            specialty=specialty,
            department=department,
            ids=None if ids is None else tuple(ids),
        )
        rows = await self._database.read(
            lambda conn: directory.practitioners(conn, wanted, None, AT_ONCE)
        )
        return [shapes.practitioner(row) for row in rows]

    def list_specialties(self, caller: Principal) -> Specialties:
        """Every specialty, in English and Vietnamese."""
        caller.require(Permission.USERS_READ_DIRECTORY)
        return Specialties(
            items=[
                SpecialtyName(code=code, english=english, vietnamese=vietnamese)
                for code, (english, vietnamese) in SPECIALTY_NAMES.items()
            ]
        )
