"""Who may know of a prescription. What a caller may not know of looks like what does not exist."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from deployments.access import Permission, Principal
from deployments.journal import audit_row
from deployments.pharmacy.desk import Desk
from deployments.pharmacy.errors import PrescriptionNotFound
from deployments.pharmacy.mapping import Row
from deployments.pharmacy.recording import ORDER
from storage.pharmacy import prescriptions

PHARMACY = (Permission.PHARMACY_VERIFY, Permission.PHARMACY_DISPENSE, Permission.PHARMACY_WITNESS)
"""Their work lets them know of patients whom they do not treat."""
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


async def check_again(desk: Desk, principal: Principal, about: Mapping[str, Any]) -> None:
    """Passes when the caller may still know what they were answered about a patient.

    Raises:
        PrescriptionNotFound: they treated the patient, and do so no more; it is audited.
        CannotCheck: only medical records could say, and does not answer.
    """
    named = (about.get("patient_id"), about.get("practitioner_id"))
    if named[0] is None or str(principal.user_id) in map(str, named) or principal.has(*PHARMACY):
        return
    patient_id = UUID(str(named[0]))
    if not await desk.patients.treats(principal, patient_id):
        await deny(desk, principal, "answer_again", None, patient_id)
        raise PrescriptionNotFound


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
