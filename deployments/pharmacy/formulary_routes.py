"""Routes below `/api/v1/pharmacy` about the formulary."""

from typing import Annotated
from uuid import UUID

from fastapi import Depends, Query

from deployments.access import Permission
from deployments.gateway.dependencies import Caller, IfMatch, service_of
from deployments.gateway.policy import policy
from deployments.gateway.problems import declared
from deployments.gateway.route import gateway_router
from deployments.pagination import InvalidCursor, Page
from deployments.pharmacy import errors
from deployments.pharmacy.formulary_schemas import (
    Medication,
    MedicationDetails,
    MedicationQuery,
    MedicationRequest,
)
from deployments.pharmacy.service import PharmacyService

router = gateway_router(tags=["formulary"])
Service = Annotated[PharmacyService, Depends(service_of(PharmacyService))]
NOT_CHANGED = (errors.MedicationNotFound, errors.ChangedMeanwhile)


@router.get("/medications", responses=declared(InvalidCursor))
@policy(Permission.PHARMACY_READ_FORMULARY)
async def list_medications(
    caller: Caller, service: Service, query: Annotated[MedicationQuery, Query()]
) -> Page[Medication]:
    """Search the formulary as you type, by name or brand, in English or Vietnamese."""
    return await service.formulary.list_page(caller, query)


@router.post("/medications", status_code=201, responses=declared(errors.CodeInUse))
@policy(Permission.PHARMACY_MANAGE_FORMULARY, cost=5)
async def add_medication(body: MedicationRequest, caller: Caller, service: Service) -> Medication:
    """Add a medication to the formulary."""
    return await service.formulary.add(caller, body)


@router.get("/medications/{medication_id}", responses=declared(errors.MedicationNotFound))
@policy(Permission.PHARMACY_READ_FORMULARY)
async def get_medication(medication_id: UUID, caller: Caller, service: Service) -> Medication:
    """One medication, prescribed or retired."""
    return await service.formulary.get(caller, medication_id)


@router.put("/medications/{medication_id}", responses=declared(*NOT_CHANGED))
@policy(Permission.PHARMACY_MANAGE_FORMULARY, cost=5)
async def change_medication(
    medication_id: UUID,
    body: MedicationDetails,
    caller: Caller,
    service: Service,
    if_match: IfMatch,
) -> Medication:
    """Correct names, brands, schedule or pack size; what it consists of stays."""
    return await service.formulary.change(caller, medication_id, body, if_match)


@router.post("/medications/{medication_id}/retire", responses=declared(*NOT_CHANGED))
@policy(Permission.PHARMACY_MANAGE_FORMULARY, cost=5)
async def retire_medication(
    medication_id: UUID, caller: Caller, service: Service, if_match: IfMatch
) -> Medication:
    """Take a medication off the formulary; it is not prescribed any more."""
    return await service.formulary.retire(caller, medication_id, if_match)


@router.post("/medications/{medication_id}/reinstate", responses=declared(*NOT_CHANGED))
@policy(Permission.PHARMACY_MANAGE_FORMULARY, cost=5)
async def reinstate_medication(
    medication_id: UUID, caller: Caller, service: Service, if_match: IfMatch
) -> Medication:
    """Put a retired medication back."""
    return await service.formulary.reinstate(caller, medication_id, if_match)
