"""Patients and staff as users knows them."""

from collections.abc import Collection, Sequence
from typing import Protocol
from uuid import UUID

from deployments.errors import NotFound, Unavailable
from deployments.medical_records.errors import RecordNotFound
from deployments.users.codes import Specialty
from deployments.users.schemas import PatientBrief, Practitioner


class People(Protocol):
    """What is asked of the users service; `UsersClient` answers it."""

    async def patient_exists(self, patient_id: UUID) -> bool:
        """Whether an active patient has this id."""

    async def get_patient_brief(self, patient_id: UUID) -> PatientBrief:
        """Who a patient is."""

    async def find_practitioner(self, practitioner_id: UUID) -> Practitioner:
        """A member of the clinical staff, active or not."""

    async def find_practitioners(
        self,
        specialty: Specialty | None = None,
        department: str | None = None,
        ids: Sequence[UUID] | None = None,
    ) -> list[Practitioner]:
        """Active clinical staff that match everything given."""


class Directory:
    """Asks users, before any transaction.

    Args:
        people: the users service.
    """

    def __init__(self, people: People) -> None:
        self._people = people

    async def is_patient(self, patient_id: UUID) -> bool:
        """Whether an active patient has the id."""
        return await self._people.patient_exists(patient_id)

    async def get_patient(self, patient_id: UUID) -> PatientBrief:
        """Who a patient is.

        Raises:
            RecordNotFound: there is no such patient.
        """
        try:
            return await self._people.get_patient_brief(patient_id)
        except NotFound:
            raise RecordNotFound from None

    async def is_practitioner(self, practitioner_id: UUID) -> bool:
        """Whether somebody of the clinical staff has the id and works here."""
        try:
            return (await self._people.find_practitioner(practitioner_id)).active
        except NotFound:
            return False

    async def names(self, ids: Collection[UUID]) -> dict[UUID, str]:
        """Names of staff who work here; others are left out, and all while users is away."""
        if not ids:
            return {}
        try:
            found = await self._people.find_practitioners(ids=sorted(ids))
        except Unavailable:
            return {}
        return {one.id: one.name for one in found}
