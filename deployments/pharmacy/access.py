"""Who may know of a prescription. What a caller may not know of looks like what does not exist."""

from uuid import UUID

from deployments.access import Permission, Principal
from deployments.journal import audit_row
from deployments.pharmacy.desk import Desk
from deployments.pharmacy.errors import PrescriptionNotFound
from deployments.pharmacy.mapping import Row
from deployments.pharmacy.recording import ORDER
from storage.pharmacy import prescriptions

READERS = (Permission.PHARMACY_READ_OWN, Permission.PHARMACY_READ)


async def find_known(
    desk: Desk, principal: Principal, prescription_id: UUID, action: str
) -> tuple[Row, str]:
    """The prescription and on what ground the caller may know of it.

    Patients know their own once it is signed, prescribers what they wrote, pharmacists all that
    is signed, and others what medical records lets them know of the patient. A denial is audited.

    Raises:
        PrescriptionNotFound: none that the caller may know of.
        CannotCheck: only medical records could say, and does not answer.
    """
    row = await desk.database.read(lambda c: prescriptions.find(c, prescription_id))
    basis = None if row is None else await _basis(desk, principal, row)
    if row is not None and basis is not None:
        return row, basis
    await deny(desk, principal, action, prescription_id, row["patient_id"] if row else None)
    raise PrescriptionNotFound


async def deny(
    desk: Desk,
    principal: Principal,
    action: str,
    prescription_id: UUID | None,
    patient_id: UUID | None,
) -> None:
    """Writes down that somebody asked for what is not theirs to know."""
    row = audit_row(
        principal,
        f"pharmacy.{action}",
        ORDER,
        prescription_id,
        desk.clock(),
        patient_id=patient_id,
        outcome="denied",
    )
    await desk.journal.write(row)


async def _basis(desk: Desk, principal: Principal, row: Row) -> str | None:
    if row["practitioner_id"] == principal.user_id:
        return "prescriber"
    if row["signed_at"] is None:
        return None
    if row["patient_id"] == principal.user_id and principal.has(Permission.PHARMACY_READ_OWN):
        return "own"
    if principal.has(Permission.PHARMACY_VERIFY):
        return "pharmacy"
    if not principal.has(Permission.PHARMACY_READ):
        return None
    treats = await desk.patients.treats(principal, row["patient_id"])
    return "treatment" if treats else None
