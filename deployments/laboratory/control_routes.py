"""Routes below `/api/v1/laboratory` about quality control."""

from typing import Annotated
from uuid import UUID
from zoneinfo import ZoneInfo

from fastapi import Depends, Query, Response

from deployments.access import Permission
from deployments.gateway.dependencies import Caller, service_of
from deployments.gateway.policy import policy
from deployments.gateway.problems import declared
from deployments.gateway.route import gateway_router
from deployments.laboratory import errors
from deployments.laboratory.control_chart import draw
from deployments.laboratory.control_schemas import (
    Closing,
    ControlChart,
    ControlLot,
    ControlLotRequest,
    ControlLots,
    ControlRun,
    ControlRunQuery,
    ControlRunRequest,
    Violation,
    ViolationQuery,
)
from deployments.laboratory.controls import READERS
from deployments.laboratory.service import LaboratoryService
from deployments.pagination import InvalidCursor, Page

router = gateway_router(tags=["quality control"])
Service = Annotated[LaboratoryService, Depends(service_of(LaboratoryService))]
MANAGE = Permission.LABORATORY_MANAGE
WORK = Permission.LABORATORY_WORK


@router.post(
    "/control-lots",
    status_code=201,
    responses=declared(errors.TestTypeNotFound, errors.ControlLotInUse),
)
@policy(MANAGE, cost=5)
async def add_control_lot(body: ControlLotRequest, caller: Caller, service: Service) -> ControlLot:
    """Add a lot of control material for a parameter on an analyzer."""
    return await service.controls.add_lot(caller, body)


@router.get("/control-lots")
@policy(*READERS)
async def list_control_lots(
    caller: Caller, service: Service, active: Annotated[bool, Query()] = True
) -> ControlLots:
    """Lots in use, or those that were."""
    return await service.controls.list_lots(caller, active=active)


@router.post("/control-lots/{lot_id}/retire", responses=declared(errors.ControlNotFound))
@policy(MANAGE, cost=5)
async def retire_control_lot(lot_id: UUID, caller: Caller, service: Service) -> ControlLot:
    """The lot is used up."""
    return await service.controls.retire_lot(caller, lot_id)


@router.post(
    "/control-runs", status_code=201, responses=declared(errors.ControlNotFound, errors.WrongTime)
)
@policy(WORK, cost=5)
async def add_control_run(body: ControlRunRequest, caller: Caller, service: Service) -> ControlRun:
    """A measurement of a control; the answer says which rules of Westgard it breaks."""
    return await service.controls.add_run(caller, body)


@router.get("/control-runs", responses=declared(errors.ControlNotFound, InvalidCursor))
@policy(*READERS)
async def list_control_runs(
    caller: Caller, service: Service, query: Annotated[ControlRunQuery, Query()]
) -> Page[ControlRun]:
    """Measurements of a lot, newest first, with the rules that they broke."""
    return await service.controls.list_runs(caller, query)


@router.get("/control-charts/{lot_id}", responses=declared(errors.ControlNotFound))
@policy(*READERS)
async def get_control_chart(lot_id: UUID, caller: Caller, service: Service) -> ControlChart:
    """The Levey-Jennings chart of a lot, as data."""
    return await service.controls.chart(caller, lot_id)


@router.get(
    "/control-charts/{lot_id}/picture",
    responses=declared(errors.ControlNotFound),
    response_class=Response,
)
@policy(*READERS)
async def get_control_picture(lot_id: UUID, caller: Caller, service: Service) -> Response:
    """The Levey-Jennings chart of a lot, as a picture (SVG)."""
    chart = await service.controls.chart(caller, lot_id)
    zone = ZoneInfo(service.desk.settings.time_zone)
    return Response(draw(chart, zone), media_type="image/svg+xml")


@router.get("/qc-violations", responses=declared(InvalidCursor))
@policy(*READERS)
async def list_violations(
    caller: Caller, service: Service, query: Annotated[ViolationQuery, Query()]
) -> Page[Violation]:
    """Rules that controls broke; open rejections hold results."""
    return await service.controls.list_violations(caller, query)


@router.post(
    "/qc-violations/{violation_id}/close",
    responses=declared(errors.ControlNotFound, errors.MoveNotAllowed),
)
@policy(WORK, cost=5)
async def close_violation(
    violation_id: UUID, body: Closing, caller: Caller, service: Service
) -> Violation:
    """Say what was done about it; results are no longer held."""
    return await service.controls.close(caller, violation_id, body)
