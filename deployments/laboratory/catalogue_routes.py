"""Routes below `/api/v1/laboratory` about what can be measured."""

from typing import Annotated
from uuid import UUID

from fastapi import Depends, Path, Query

from deployments.access import Permission
from deployments.gateway.dependencies import Caller, IfMatch, service_of
from deployments.gateway.policy import policy
from deployments.gateway.problems import declared
from deployments.gateway.route import gateway_router
from deployments.laboratory import errors
from deployments.laboratory.catalogue_schemas import (
    TestType,
    TestTypeDetails,
    TestTypeQuery,
    TestTypeRequest,
)
from deployments.laboratory.service import LaboratoryService
from deployments.pagination import InvalidCursor, Page

router = gateway_router(tags=["laboratory catalogue"])
Service = Annotated[LaboratoryService, Depends(service_of(LaboratoryService))]
NOT_CHANGED = (errors.TestTypeNotFound, errors.TestTypeChanged)
NOT_SAVED = (errors.CodeInUse, errors.CatalogueInvalid)


@router.get("/test-types", responses=declared(InvalidCursor))
@policy(Permission.LABORATORY_READ_CATALOGUE)
async def list_test_types(
    caller: Caller, service: Service, query: Annotated[TestTypeQuery, Query()]
) -> Page[TestType]:
    """Search tests and panels as you type, in English or Vietnamese."""
    return await service.test_types.list_page(caller, query)


@router.post("/test-types", status_code=201, responses=declared(*NOT_SAVED))
@policy(Permission.LABORATORY_MANAGE, cost=5)
async def add_test_type(body: TestTypeRequest, caller: Caller, service: Service) -> TestType:
    """Add a test or a panel; limits with a gap or an overlap of ages are refused."""
    return await service.test_types.add(caller, body)


@router.get("/test-types/{test_type_id}", responses=declared(errors.TestTypeNotFound))
@policy(Permission.LABORATORY_READ_CATALOGUE)
async def get_test_type(
    test_type_id: Annotated[str, Path(max_length=36)], caller: Caller, service: Service
) -> TestType:
    """A test or panel by id or code, in use or retired."""
    return await service.test_types.get(caller, test_type_id)


@router.put("/test-types/{test_type_id}", responses=declared(*NOT_CHANGED, *NOT_SAVED))
@policy(Permission.LABORATORY_MANAGE, cost=5)
async def change_test_type(
    test_type_id: UUID, body: TestTypeDetails, caller: Caller, service: Service, if_match: IfMatch
) -> TestType:
    """Change a test or panel; what it measures stays, with its units."""
    return await service.test_types.change(caller, test_type_id, body, if_match)


@router.post("/test-types/{test_type_id}/retire", responses=declared(*NOT_CHANGED))
@policy(Permission.LABORATORY_MANAGE, cost=5)
async def retire_test_type(
    test_type_id: UUID, caller: Caller, service: Service, if_match: IfMatch
) -> TestType:
    """Take a test or panel out of use; it cannot be ordered any more."""
    return await service.test_types.set_active(
        caller, test_type_id, active=False, expected=if_match
    )


@router.post("/test-types/{test_type_id}/reinstate", responses=declared(*NOT_CHANGED))
@policy(Permission.LABORATORY_MANAGE, cost=5)
async def reinstate_test_type(
    test_type_id: UUID, caller: Caller, service: Service, if_match: IfMatch
) -> TestType:
    """Put a retired test or panel back into use."""
    return await service.test_types.set_active(caller, test_type_id, active=True, expected=if_match)
