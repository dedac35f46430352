"""Routes below `/api/v1/laboratory` about critical values."""

from typing import Annotated
from uuid import UUID

from fastapi import Depends, Query

from deployments.access import Permission
from deployments.gateway.dependencies import Caller, service_of
from deployments.gateway.policy import policy
from deployments.gateway.problems import declared
from deployments.gateway.route import gateway_router
from deployments.laboratory import errors
from deployments.laboratory.alert_schemas import Acknowledgement, AlertQuery, Call, CriticalAlert
from deployments.laboratory.service import LaboratoryService
from deployments.pagination import InvalidCursor, Page

router = gateway_router(tags=["critical values"])
Service = Annotated[LaboratoryService, Depends(service_of(LaboratoryService))]
NOT_READ = (errors.AlertNotFound, errors.CannotCheck)
ACKNOWLEDGE = Permission.LABORATORY_ACKNOWLEDGE


@router.get(
    "/alerts", responses=declared(errors.PatientNotFound, errors.CannotCheck, InvalidCursor)
)
@policy(ACKNOWLEDGE)
async def list_alerts(
    caller: Caller, service: Service, query: Annotated[AlertQuery, Query()]
) -> Page[CriticalAlert]:
    """Critical values: yours, those of a patient, or all of them in the laboratory."""
    return await service.alerts.list_page(caller, query)


@router.get("/alerts/{alert_id}", responses=declared(*NOT_READ))
@policy(ACKNOWLEDGE)
async def get_alert(alert_id: UUID, caller: Caller, service: Service) -> CriticalAlert:
    """One critical value, with who was told of it when."""
    return await service.alerts.get(caller, alert_id)


@router.post(
    "/alerts/{alert_id}/acknowledge",
    responses=declared(*NOT_READ, errors.MoveNotAllowed, errors.WrongReadBack, errors.NobodyTold),
)
@policy(ACKNOWLEDGE, cost=5)
async def acknowledge_alert(
    alert_id: UUID, body: Acknowledgement, caller: Caller, service: Service
) -> CriticalAlert:
    """Read the value back, and say what is done; refused when it is not the value."""
    return await service.alerts.acknowledge(caller, alert_id, body)


@router.post("/alerts/{alert_id}/calls", responses=declared(*NOT_READ))
@policy(ACKNOWLEDGE, cost=5)
async def note_call(alert_id: UUID, body: Call, caller: Caller, service: Service) -> CriticalAlert:
    """Somebody was called by telephone."""
    return await service.alerts.note_call(caller, alert_id, body)
