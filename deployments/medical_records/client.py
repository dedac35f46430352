"""How other services ask medical records, over its deployment handle."""

from uuid import UUID

from deployments.access import Principal
from deployments.calls import Remote
from deployments.medical_records.schemas import SafetyFacts


class MedicalRecordsClient:
    """Typed calls; each refusal is raised here as the `DomainError` it was there."""

    def __init__(self, remote: Remote) -> None:
        self._remote = remote

    async def get_safety_facts(
        self, principal: Principal, patient_id: UUID, *, order_id: UUID | None = None
    ) -> SafetyFacts:
        """What must be known of a patient before a drug is prescribed or handed out.

        Args:
            principal: who prescribes or hands out.
            patient_id: the patient.
            order_id: the prescription that the caller works on, which then is the treatment
                relation; only another service can say so.

        Raises:
            RecordNotFound: no such patient, or none that the caller may know of.
            Unavailable: medical records does not answer.
        """
        found: SafetyFacts = await self._remote.call(
            "get_safety_facts", principal, patient_id, order_id, retry=True
        )
        return found
