"""Routes below `/api/v1/billing` about price lists."""

from typing import Annotated
from uuid import UUID

from fastapi import Body, Depends, Query

from deployments.access import Permission
from deployments.billing import errors
from deployments.billing.price_schemas import (
    Price,
    PriceFileReceipt,
    PriceList,
    PriceListRequest,
    PriceLists,
    PriceListVersion,
    PriceQuery,
    Publication,
)
from deployments.billing.service import BillingService
from deployments.gateway.dependencies import Caller, service_of
from deployments.gateway.policy import policy
from deployments.gateway.problems import declared
from deployments.gateway.route import gateway_router
from deployments.pagination import InvalidCursor, Page

router = gateway_router(tags=["price lists"])
Service = Annotated[BillingService, Depends(service_of(BillingService))]
MANAGE = Permission.BILLING_MANAGE_PRICES
SEE = (Permission.BILLING_READ, MANAGE)


@router.get("/price-lists")
@policy(*SEE)
async def list_price_lists(caller: Caller, service: Service) -> PriceLists:
    """Every price list with its versions."""
    return await service.prices.all_lists(caller)


@router.post("/price-lists", status_code=201, responses=declared(errors.PriceListExists))
@policy(MANAGE, cost=5)
async def add_price_list(body: PriceListRequest, caller: Caller, service: Service) -> PriceList:
    """Add a price list: the public one of a currency, or a payer's own."""
    return await service.prices.add_list(caller, body)


@router.post(
    "/price-lists/{list_id}/versions",
    status_code=201,
    responses=declared(errors.PriceListNotFound, errors.PriceFileInvalid),
)
@policy(MANAGE, cost=20)
async def send_price_file(
    list_id: UUID,
    body: Annotated[bytes, Body(media_type="text/csv", max_length=1_000_000)],
    caller: Caller,
    service: Service,
) -> PriceFileReceipt:
    """The next version as CSV: kind,code,name_en,name_vi,price. It holds once it is published."""
    return await service.prices.read_file(caller, list_id, body)


@router.post(
    "/price-list-versions/{version_id}/publish",
    responses=declared(errors.PriceListNotFound, errors.PricesPublished, errors.ValidityOverlaps),
)
@policy(MANAGE, cost=5)
async def publish_prices(
    version_id: UUID, body: Publication, caller: Caller, service: Service
) -> PriceListVersion:
    """Let a version hold from a day on; the one before it ends the day before."""
    return await service.prices.publish(caller, version_id, body)


@router.get("/price-list-versions/{version_id}/prices", responses=declared(InvalidCursor))
@policy(*SEE)
async def list_prices(
    version_id: UUID, caller: Caller, service: Service, query: Annotated[PriceQuery, Query()]
) -> Page[Price]:
    """The prices of a version, by kind and code."""
    return await service.prices.list_prices(caller, version_id, query)
