"""Who may see what is billed. What a caller may not know of looks like what does not exist."""

from uuid import UUID

from deployments.access import Permission, Principal
from deployments.billing.desk import Desk
from deployments.errors import NotFound
from deployments.journal import audit_row

READERS = (Permission.BILLING_READ_OWN, Permission.BILLING_READ)


def may_see(principal: Principal, patient_id: UUID) -> bool:
    """Whether the caller works in billing, or is the patient."""
    if principal.has(Permission.BILLING_READ):
        return True
    return principal.has(Permission.BILLING_READ_OWN) and principal.user_id == patient_id


async def check_sight(
    desk: Desk,
    principal: Principal,
    patient_id: UUID | None,
    kind: str,
    refusal: type[NotFound],
) -> None:
    """Passes for billing and for the patient; a denial is audited.

    Args:
        desk: the tools of the replica.
        principal: who asks.
        patient_id: of the thing asked for; None when there is no such thing.
        kind: FHIR resource type of the thing, for the audit row.
        refusal: raised when the answer is no.

    Raises:
        NotFound: as `refusal`, when absent and when forbidden: all alike.
    """
    if patient_id is not None and may_see(principal, patient_id):
        return
    row = audit_row(
        principal,
        "billing.read",
        kind,
        None,
        desk.clock(),
        patient_id=patient_id,
        outcome="denied",
    )
    await desk.journal.write(row)
    raise refusal
