"""How other services ask medical records, over its deployment handle."""

from typing import ClassVar, Protocol
from uuid import UUID

from deployments.access import Principal
from deployments.calls import Remote
from deployments.errors import NotFound, Unavailable
from deployments.medical_records.schemas import SafetyFacts


class MedicalRecordsClient:
    """Typed calls; each refusal is raised here as the `DomainError` it was there."""

    def __init__(self, remote: Remote) -> None:
        self._remote = remote

    async def get_safety_facts(
        self,
        principal: Principal,
        patient_id: UUID,
        *,
        order_id: UUID | None = None,
        encounter_id: UUID | None = None,
    ) -> SafetyFacts:
        """What must be known of a patient before a drug is prescribed or handed out.

        Args:
            principal: who prescribes or hands out.
            patient_id: the patient.
            order_id: the prescription that the caller works on, which then is the treatment
                relation; only another service can say so.
            encounter_id: in which something is ordered.

        Raises:
            RecordNotFound: no such patient, or none that the caller may know of.
            EncounterRefused, EncounterStatusRefused: no such encounter, or one that is over.
            Unavailable: medical records does not answer.
        """
        found: SafetyFacts = await self._remote.call(
            "get_safety_facts", principal, patient_id, order_id, encounter_id, retry=True
        )
        return found


class Records(Protocol):
    """What is asked of medical records; `MedicalRecordsClient` answers it."""

    async def get_safety_facts(
        self,
        principal: Principal,
        patient_id: UUID,
        *,
        order_id: UUID | None = None,
        encounter_id: UUID | None = None,
    ) -> SafetyFacts:
        """As `MedicalRecordsClient` has it."""


class KnownPatients:
    """Asks medical records about patients, each time: facts of safety are never kept.

    A service subclasses it with refusals of its own.

    Args:
        records: medical records.

    Attributes:
        not_found: raised for no such patient, or none that the caller treats.
        cannot_check: raised when medical records does not answer.
    """

    not_found: ClassVar[type[NotFound]]
    cannot_check: ClassVar[type[Unavailable]]

    def __init__(self, records: Records) -> None:
        self._records = records

    async def get_facts(
        self,
        principal: Principal,
        patient_id: UUID,
        *,
        order_id: UUID | None = None,
        encounter_id: UUID | None = None,
    ) -> SafetyFacts:
        """Sex, date of birth, and what a safety check must know of the patient.

        Args:
            principal: who orders, prescribes or hands out.
            patient_id: the patient.
            order_id: the prescription that is the reason to ask, when it is one.
            encounter_id: in which something is ordered.

        Raises:
            EncounterRefused, EncounterStatusRefused: no such encounter, or one that is over.
            NotFound: as `not_found`.
            Unavailable: as `cannot_check`.
        """
        try:
            return await self._records.get_safety_facts(
                principal, patient_id, order_id=order_id, encounter_id=encounter_id
            )
        except NotFound:
            raise self.not_found from None
        except Unavailable:
            words = "medical records does not answer; nothing was written"
            raise self.cannot_check(words) from None

    async def treats(self, principal: Principal, patient_id: UUID) -> bool:
        """Whether medical records lets the caller know of the patient.

        Raises:
            Unavailable: as `cannot_check`.
        """
        try:
            await self.get_facts(principal, patient_id)
        except self.not_found:
            return False
        return True
