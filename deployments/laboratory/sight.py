"""Who may see what the laboratory knows of a patient; one gate for every read."""

from uuid import UUID

from deployments.access import Permission, Principal
from deployments.clock import Clock
from deployments.errors import NotFound
from deployments.journal import Journal, audit_row
from deployments.laboratory.directory import Patients
from deployments.laboratory.errors import OrderNotFound


class Sight:
    """The gate.

    Args:
        patients: who treats whom.
        journal: takes the audit row of a denial.
        clock: tells the time.
    """

    def __init__(self, patients: Patients, journal: Journal, clock: Clock) -> None:
        self._patients = patients
        self._journal = journal
        self._clock = clock

    async def check(
        self,
        principal: Principal,
        patient_id: UUID | None,
        kind: str,
        *,
        refusal: type[NotFound] = OrderNotFound,
    ) -> None:
        """Passes for the patient, the laboratory, and those who treat the patient.

        Whether a patient may see a certain result yet is the caller's to check.

        Args:
            principal: who asks.
            patient_id: of the thing asked for; None when there is no such thing.
            kind: FHIR resource type of the thing, for the audit row.
            refusal: raised when the answer is no.

        Raises:
            NotFound: as `refusal`, when absent and when forbidden: all alike.
            CannotCheck: medical records does not answer.
        """
        if patient_id is not None and await self._may_see(principal, patient_id):
            return
        row = audit_row(
            principal,
            "laboratory.read",
            kind,
            None,
            self._clock(),
            patient_id=patient_id,
            outcome="denied",
        )
        await self._journal.write(row)
        raise refusal

    async def _may_see(self, principal: Principal, patient_id: UUID) -> bool:
        if principal.has(Permission.LABORATORY_READ_ANY):
            return True
        if principal.has(Permission.LABORATORY_READ_OWN) and principal.user_id == patient_id:
            return True
        if principal.has(Permission.LABORATORY_READ):
            return await self._patients.treats(principal, patient_id)
        return False
