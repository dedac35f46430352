"""What medical records knows of a patient, asked each time: facts of safety are never kept."""

from typing import Protocol
from uuid import UUID

from deployments.access import Principal
from deployments.errors import NotFound, Unavailable
from deployments.medical_records.schemas import SafetyFacts
from deployments.pharmacy.errors import CannotCheck, PatientNotFound


class Records(Protocol):
    """What is asked of medical records; `MedicalRecordsClient` answers it."""

    async def get_safety_facts(
        self, principal: Principal, patient_id: UUID, *, order_id: UUID | None = None
    ) -> SafetyFacts:
        """What must be known of a patient before a drug is prescribed or handed out."""


class Patients:
    """Asks medical records about patients.

    Args:
        records: medical records.
    """

    def __init__(self, records: Records) -> None:
        self._records = records

    async def get_facts(
        self, principal: Principal, patient_id: UUID, *, order_id: UUID | None = None
    ) -> SafetyFacts:
        """What the safety check must know of the patient.

        Args:
            principal: who prescribes or hands out.
            patient_id: the patient.
            order_id: the prescription that is the reason to ask, when it is one.

        Raises:
            PatientNotFound: no such patient, or none that the caller treats.
            CannotCheck: medical records does not answer.
        """
        try:
            return await self._records.get_safety_facts(principal, patient_id, order_id=order_id)
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
