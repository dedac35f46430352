"""Routes below `/api/v1/pharmacy` about prescriptions."""

from typing import Annotated
from uuid import UUID

from fastapi import Depends, Query

from deployments.access import Permission
from deployments.gateway.dependencies import Caller, IfMatch, service_of
from deployments.gateway.policy import policy
from deployments.gateway.problems import declared
from deployments.gateway.route import gateway_router
from deployments.medical_records.errors import EncounterRefused, EncounterStatusRefused
from deployments.pagination import InvalidCursor, Page
from deployments.pharmacy import errors
from deployments.pharmacy.access import READERS
from deployments.pharmacy.prescription_schemas import (
    Answer,
    CheckRequest,
    CheckResult,
    Draft,
    Ending,
    PharmacistNote,
    Prescription,
    PrescriptionHistory,
    PrescriptionQuery,
    PrescriptionRequest,
    Revision,
    Signing,
)
from deployments.pharmacy.service import PharmacyService

router = gateway_router(tags=["prescriptions"])
Service = Annotated[PharmacyService, Depends(service_of(PharmacyService))]

NOT_CHECKED = (
    errors.PatientNotFound,
    errors.MedicationNotFound,
    errors.MedicationRetired,
    errors.NotPrescribable,
    errors.CannotCheck,
)
NOT_SIGNED = (
    *NOT_CHECKED,
    errors.DuplicateTherapy,
    errors.Contraindicated,
    errors.OverrideNeeded,
    errors.UnknownOverride,
    errors.OwnPrescription,
)
NOT_MOVED = (
    errors.PrescriptionNotFound,
    errors.ChangedMeanwhile,
    errors.MoveNotAllowed,
    errors.CannotCheck,
    errors.OwnPrescription,
)
NOT_VERIFIED = (*NOT_MOVED, errors.Expired)
NOT_READ = (errors.PrescriptionNotFound, errors.CannotCheck)
PRESCRIBE = Permission.PHARMACY_PRESCRIBE
VERIFY = Permission.PHARMACY_VERIFY


@router.post("/checks", responses=declared(*NOT_CHECKED))
@policy(PRESCRIBE, cost=5, idempotent=False)
async def check(body: CheckRequest, caller: Caller, service: Service) -> CheckResult:
    """What the safety check says to these items; nothing is written."""
    return await service.checking.check(caller, body)


@router.post(
    "/prescriptions",
    status_code=201,
    responses=declared(*NOT_SIGNED, EncounterRefused, EncounterStatusRefused),
)
@policy(PRESCRIBE, cost=10)
async def prescribe(body: PrescriptionRequest, caller: Caller, service: Service) -> Prescription:
    """Write a draft, or sign at once with `sign`."""
    return await service.prescribing.prescribe(caller, body)


@router.get(
    "/prescriptions",
    responses=declared(errors.PatientNotFound, errors.CannotCheck, InvalidCursor),
)
@policy(*READERS)
async def list_prescriptions(
    caller: Caller, service: Service, query: Annotated[PrescriptionQuery, Query()]
) -> Page[Prescription]:
    """Your own; a patient's whom you treat; or, by `fulfilment`, the pharmacist's worklist."""
    return await service.reading.list_page(caller, query)


@router.get("/prescriptions/{prescription_id}", responses=declared(*NOT_READ))
@policy(*READERS)
async def get_prescription(prescription_id: UUID, caller: Caller, service: Service) -> Prescription:
    """One prescription, with the findings of its check unless you are the patient."""
    return await service.reading.get(caller, prescription_id)


@router.get("/prescriptions/{prescription_id}/history", responses=declared(*NOT_READ))
@policy(*READERS)
async def get_prescription_history(
    prescription_id: UUID, caller: Caller, service: Service
) -> PrescriptionHistory:
    """Every move of a prescription, with who and why."""
    return await service.reading.get_history(caller, prescription_id)


@router.put(
    "/prescriptions/{prescription_id}",
    responses=declared(*NOT_CHECKED, *NOT_MOVED, EncounterRefused, EncounterStatusRefused),
)
@policy(PRESCRIBE, cost=10)
async def rewrite_prescription(
    prescription_id: UUID, body: Draft, caller: Caller, service: Service, if_match: IfMatch
) -> Prescription:
    """Replace what your draft says; what is signed is revised instead."""
    return await service.prescribing.rewrite(caller, prescription_id, body, if_match)


@router.post(
    "/prescriptions/{prescription_id}/sign", responses=declared(*NOT_SIGNED, *NOT_MOVED[:3])
)
@policy(PRESCRIBE, cost=10)
async def sign(
    prescription_id: UUID, body: Signing, caller: Caller, service: Service, if_match: IfMatch
) -> Prescription:
    """Sign your draft; from then on it is never changed."""
    return await service.prescribing.sign(caller, prescription_id, body, if_match)


@router.post(
    "/prescriptions/{prescription_id}/revise",
    status_code=201,
    responses=declared(*NOT_SIGNED, *NOT_MOVED[:3]),
)
@policy(PRESCRIBE, cost=10)
async def revise(
    prescription_id: UUID, body: Revision, caller: Caller, service: Service, if_match: IfMatch
) -> Prescription:
    """Sign a new prescription in place of this one, which is stopped."""
    return await service.continuing.revise(caller, prescription_id, body, if_match)


@router.post(
    "/prescriptions/{prescription_id}/renew",
    status_code=201,
    responses=declared(*NOT_SIGNED, *NOT_MOVED[:3]),
)
@policy(PRESCRIBE, cost=10)
async def renew(
    prescription_id: UUID, body: Signing, caller: Caller, service: Service, if_match: IfMatch
) -> Prescription:
    """Sign the same once more."""
    return await service.continuing.renew(caller, prescription_id, body, if_match)


@router.post("/prescriptions/{prescription_id}/hold", responses=declared(*NOT_MOVED))
@policy(PRESCRIBE, cost=5)
async def hold_prescription(
    prescription_id: UUID, body: Ending, caller: Caller, service: Service, if_match: IfMatch
) -> Prescription:
    """Let a prescription rest; nothing is handed out."""
    return await service.moves.hold(caller, prescription_id, body, if_match)


@router.post(
    "/prescriptions/{prescription_id}/resume",
    responses=declared(
        *NOT_MOVED, errors.Contraindicated, errors.OverrideNeeded, errors.UnknownOverride
    ),
)
@policy(PRESCRIBE, cost=10)
async def resume_prescription(
    prescription_id: UUID,
    caller: Caller,
    service: Service,
    if_match: IfMatch,
    body: Signing | None = None,
) -> Prescription:
    """Go on with a prescription that rested, after checking it again."""
    return await service.continuing.resume(caller, prescription_id, body or Signing(), if_match)


@router.post("/prescriptions/{prescription_id}/stop", responses=declared(*NOT_MOVED))
@policy(PRESCRIBE, cost=5)
async def stop_prescription(
    prescription_id: UUID, body: Ending, caller: Caller, service: Service, if_match: IfMatch
) -> Prescription:
    """End a prescription, whatever was handed out."""
    return await service.moves.stop(caller, prescription_id, body, if_match)


@router.post("/prescriptions/{prescription_id}/cancel", responses=declared(*NOT_MOVED))
@policy(PRESCRIBE, cost=5)
async def cancel_prescription(
    prescription_id: UUID, body: Ending, caller: Caller, service: Service, if_match: IfMatch
) -> Prescription:
    """Take back a draft, or a prescription of which nothing was handed out."""
    return await service.moves.cancel(caller, prescription_id, body, if_match)


@router.post("/prescriptions/{prescription_id}/entered-in-error", responses=declared(*NOT_MOVED))
@policy(PRESCRIBE, cost=5)
async def enter_prescription_in_error(
    prescription_id: UUID, body: Ending, caller: Caller, service: Service, if_match: IfMatch
) -> Prescription:
    """The prescription should never have been written; it stays, and says so."""
    return await service.moves.enter_in_error(caller, prescription_id, body, if_match)


@router.post("/prescriptions/{prescription_id}/verify", responses=declared(*NOT_VERIFIED))
@policy(VERIFY, cost=5)
async def verify(
    prescription_id: UUID, caller: Caller, service: Service, if_match: IfMatch
) -> Prescription:
    """The prescription is right and may be handed out."""
    return await service.verification.verify(caller, prescription_id, if_match)


@router.post("/prescriptions/{prescription_id}/query", responses=declared(*NOT_VERIFIED))
@policy(VERIFY, cost=5)
async def query_prescriber(
    prescription_id: UUID,
    body: PharmacistNote,
    caller: Caller,
    service: Service,
    if_match: IfMatch,
) -> Prescription:
    """Ask the prescriber something; nothing is handed out until they answer."""
    return await service.verification.query(caller, prescription_id, body, if_match)


@router.post("/prescriptions/{prescription_id}/answer", responses=declared(*NOT_MOVED))
@policy(PRESCRIBE, cost=5)
async def answer_pharmacist(
    prescription_id: UUID, body: Answer, caller: Caller, service: Service, if_match: IfMatch
) -> Prescription:
    """Answer what the pharmacist asked."""
    return await service.verification.answer(caller, prescription_id, body, if_match)


@router.post("/prescriptions/{prescription_id}/reject", responses=declared(*NOT_VERIFIED))
@policy(VERIFY, cost=5)
async def reject(
    prescription_id: UUID,
    body: PharmacistNote,
    caller: Caller,
    service: Service,
    if_match: IfMatch,
) -> Prescription:
    """Refuse to hand it out; the prescriber revises or stops it."""
    return await service.verification.reject(caller, prescription_id, body, if_match)
