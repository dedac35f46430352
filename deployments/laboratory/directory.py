"""What medical records knows of a patient: who it is, and who treats whom."""

from typing import Protocol
from uuid import UUID

from deployments.access import Principal
from deployments.errors import NotFound, Unavailable
from deployments.laboratory.errors import CannotCheck, PatientNotFound
from deployments.medical_records.schemas import SafetyFacts


class Records(Protocol):
    """What is asked of medical records; `MedicalRecordsClient` answers it."""

    async def get_safety_facts(
        self, principal: Principal, patient_id: UUID, *, order_id: UUID | None = None
    ) -> SafetyFacts:
        """What must be known of a patient, for somebody who treats them."""


class Patients:
    """Asks medical records about patients.

    Args:
        records: medical records.
    """

    def __init__(self, records: Records) -> None:
        self._records = records

    async def get_facts(self, principal: Principal, patient_id: UUID) -> SafetyFacts:
        """Sex, date of birth and more of a patient whom the caller treats.

        Raises:
            PatientNotFound: no such patient, or none that the caller treats.
            CannotCheck: medical records does not answer.
        """
        try:
            return await self._records.get_safety_facts(principal, patient_id)
        except NotFound:
            raise PatientNotFound from None
        except Unavailable:
            raise CannotCheck("medical records does not answer; nothing was written") from None

    async def treats(self, principal: Principal, patient_id: UUID) -> bool:
        """Whether medical records lets the caller know of the patient.

        Raises:
            CannotCheck: medical records does not answer.
        """
        try:
            await self.get_facts(principal, patient_id)
        except PatientNotFound:
            return False
        return True
