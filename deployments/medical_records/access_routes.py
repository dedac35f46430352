"""Routes about who may read a chart: records, consents, emergencies, who looked."""

from typing import Annotated
from uuid import UUID

from fastapi import Depends, Query

from deployments.access import Permission
from deployments.errors import Forbidden
from deployments.gateway.dependencies import Caller, IfMatch, PageQuery, service_of
from deployments.gateway.policy import policy
from deployments.gateway.problems import declared
from deployments.gateway.route import gateway_router
from deployments.medical_records import errors
from deployments.medical_records.access_schemas import (
    ChartAccess,
    Consent,
    ConsentRequest,
    EmergencyAccess,
    EmergencyReason,
    OpenedRecord,
    ReviewQuery,
    Verdict,
)
from deployments.medical_records.service import RecordsService
from deployments.pagination import InvalidCursor, Page

router = gateway_router(tags=["access"])
Service = Annotated[RecordsService, Depends(service_of(RecordsService))]
HIDDEN = declared(errors.RecordNotFound)
PAGED = declared(errors.RecordNotFound, InvalidCursor)
ENDED = declared(errors.RecordNotFound, errors.ChangedMeanwhile, errors.ConsentEnded)


@router.post("/patients/{patient_id}/record", status_code=201, responses=HIDDEN)
@policy(Permission.RECORDS_WRITE, cost=2)
async def open_record(patient_id: UUID, caller: Caller, service: Service) -> OpenedRecord:
    """Open a patient's medical record; the open one if it is."""
    return await service.charts.open(caller, patient_id)


@router.get("/patients/{patient_id}/record", responses=HIDDEN)
@policy(Permission.RECORDS_READ_OWN, Permission.RECORDS_READ_TREATED)
async def get_record(patient_id: UUID, caller: Caller, service: Service) -> OpenedRecord:
    """Since when a patient has a medical record."""
    return await service.charts.get(caller, patient_id)


@router.get("/patients/{patient_id}/accesses", responses=PAGED)
@policy(Permission.RECORDS_READ_OWN, Permission.RECORDS_REVIEW_ACCESS)
async def list_accesses(
    patient_id: UUID, caller: Caller, service: Service, page: PageQuery
) -> Page[ChartAccess]:
    """Who looked at a chart, changed it, or was refused; the latest first."""
    return await service.accesses.list_page(caller, patient_id, page)


@router.post(
    "/patients/{patient_id}/consents",
    status_code=201,
    responses=declared(errors.RecordNotFound, errors.ConsentNotPossible),
)
@policy(Permission.RECORDS_CONSENT_OWN, cost=5)
async def give_consent(
    patient_id: UUID, body: ConsentRequest, caller: Caller, service: Service
) -> Consent:
    """Let somebody read your chart, or forbid it."""
    return await service.consents.give(caller, patient_id, body)


@router.get("/patients/{patient_id}/consents", responses=PAGED)
@policy(Permission.RECORDS_CONSENT_OWN)
async def list_consents(
    patient_id: UUID, caller: Caller, service: Service, page: PageQuery
) -> Page[Consent]:
    """What you have said of your chart, the latest first."""
    return await service.consents.list_page(caller, patient_id, page)


@router.post("/patients/{patient_id}/consents/{consent_id}/revoke", responses=ENDED)
@policy(Permission.RECORDS_CONSENT_OWN, cost=5)
async def revoke_consent(
    patient_id: UUID, consent_id: UUID, caller: Caller, service: Service, if_match: IfMatch
) -> Consent:
    """Take a consent back."""
    return await service.consents.revoke(caller, patient_id, consent_id, if_match)


@router.post("/patients/{patient_id}/consents/{consent_id}/entered-in-error", responses=ENDED)
@policy(Permission.RECORDS_CONSENT_OWN, cost=5)
async def void_consent(
    patient_id: UUID, consent_id: UUID, caller: Caller, service: Service, if_match: IfMatch
) -> Consent:
    """Say that a consent should never have been given."""
    return await service.consents.revoke(caller, patient_id, consent_id, if_match, in_error=True)


@router.post("/patients/{patient_id}/break-glass", status_code=201, responses=HIDDEN)
@policy(Permission.RECORDS_BREAK_GLASS, cost=10)
async def break_glass(
    patient_id: UUID, body: EmergencyReason, caller: Caller, service: Service
) -> EmergencyAccess:
    """Open a chart in an emergency; it is told to the privacy officer and reviewed."""
    return await service.break_glass.start(caller, patient_id, body)


@router.post("/patients/{patient_id}/break-glass/end", responses=HIDDEN)
@policy(Permission.RECORDS_BREAK_GLASS, cost=5)
async def mend_glass(patient_id: UUID, caller: Caller, service: Service) -> EmergencyAccess:
    """Give an emergency access back before its time."""
    return await service.break_glass.end(caller, patient_id)


@router.get("/access-reviews", responses=declared(InvalidCursor))
@policy(Permission.RECORDS_REVIEW_ACCESS)
async def list_reviews(
    caller: Caller, service: Service, query: Annotated[ReviewQuery, Query()]
) -> Page[EmergencyAccess]:
    """Emergency accesses, judged or not; the latest first."""
    return await service.break_glass.list_reviews(caller, query)


@router.post(
    "/access-reviews/{access_id}/close",
    responses=declared(
        errors.RecordNotFound, errors.ChangedMeanwhile, errors.AccessClosed, Forbidden
    ),
)
@policy(Permission.RECORDS_REVIEW_ACCESS, cost=5)
async def close_review(
    access_id: UUID, body: Verdict, caller: Caller, service: Service, if_match: IfMatch
) -> EmergencyAccess:
    """Judge an emergency access."""
    return await service.break_glass.close_review(caller, access_id, body, if_match)
