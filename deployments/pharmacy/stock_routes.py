"""Routes below `/api/v1/pharmacy` about stock: places, batches, levels, documents, register."""

from typing import Annotated
from uuid import UUID

from fastapi import Depends, Query

from deployments.access import Permission
from deployments.gateway.dependencies import Caller, IfMatch, service_of
from deployments.gateway.policy import policy
from deployments.gateway.problems import declared
from deployments.gateway.route import gateway_router
from deployments.pagination import InvalidCursor, Page
from deployments.pharmacy import errors, stock_errors
from deployments.pharmacy.document_schemas import (
    DocumentQuery,
    DocumentReason,
    StockDocument,
    StockDocumentRequest,
)
from deployments.pharmacy.stock_schemas import (
    Batch,
    BatchQuery,
    BatchReason,
    LedgerQuery,
    RegisterEntry,
    RegisterQuery,
    ReorderPoint,
    ReorderPointRequest,
    ReorderQuery,
    StockLevel,
    StockLocation,
    StockLocationList,
    StockLocationRequest,
    StockMovement,
    StockQuery,
)
from deployments.pharmacy.stock_service import StockService

router = gateway_router(tags=["stock"])
Service = Annotated[StockService, Depends(service_of(StockService, "stock"))]

NOT_TURNED = (stock_errors.BatchNotFound, errors.ChangedMeanwhile, errors.MoveNotAllowed)
NOT_MOVED = (stock_errors.StockDocumentNotFound, errors.ChangedMeanwhile, errors.MoveNotAllowed)
NOT_MADE = (
    stock_errors.LocationNotFound,
    stock_errors.BatchNotFound,
    errors.MedicationNotFound,
    stock_errors.BatchNotUsable,
    stock_errors.LotMismatch,
    stock_errors.QuantityNotPossible,
)
NOT_APPROVED = (
    stock_errors.SamePerson,
    stock_errors.BatchNotUsable,
    stock_errors.OutOfStock,
    stock_errors.TooMuchStock,
    stock_errors.StockMoved,
    stock_errors.WitnessNeeded,
)


@router.get("/locations")
@policy(Permission.PHARMACY_READ)
async def list_locations(caller: Caller, service: Service) -> StockLocationList:
    """Every place where stock lies."""
    return await service.stock.list_locations(caller)


@router.post("/locations", status_code=201, responses=declared(stock_errors.LocationCodeInUse))
@policy(Permission.PHARMACY_MANAGE_FORMULARY, cost=5)
async def add_location(
    body: StockLocationRequest, caller: Caller, service: Service
) -> StockLocation:
    """Add a place: store, dispensary, ward, or quarantine."""
    return await service.stock.add_location(caller, body)


@router.get("/stock", responses=declared(InvalidCursor))
@policy(Permission.PHARMACY_READ, cost=2)
async def list_levels(
    caller: Caller, service: Service, query: Annotated[StockQuery, Query()]
) -> Page[StockLevel]:
    """What lies where, by batch."""
    return await service.stock.list_levels(caller, query)


@router.get("/stock/ledger", responses=declared(InvalidCursor))
@policy(Permission.PHARMACY_READ, cost=2)
async def list_ledger(
    caller: Caller, service: Service, query: Annotated[LedgerQuery, Query()]
) -> Page[StockMovement]:
    """Every movement of a batch at a place, oldest first."""
    return await service.stock.list_ledger(caller, query)


@router.get("/stock/reorder-points", responses=declared(InvalidCursor))
@policy(Permission.PHARMACY_READ, cost=2)
async def list_reorder_points(
    caller: Caller, service: Service, query: Annotated[ReorderQuery, Query()]
) -> Page[ReorderPoint]:
    """Below how much places order more, and which are below."""
    return await service.stock.list_reorder_points(caller, query)


@router.put(
    "/stock/reorder-points",
    responses=declared(
        stock_errors.LocationNotFound, errors.MedicationNotFound, stock_errors.QuantityNotPossible
    ),
)
@policy(Permission.PHARMACY_APPROVE_STOCK, cost=5)
async def set_reorder_point(
    body: ReorderPointRequest, caller: Caller, service: Service
) -> ReorderPoint:
    """Set below how much of a medication a place orders more."""
    return await service.stock.set_reorder_point(caller, body)


@router.get("/stock/batches", responses=declared(InvalidCursor))
@policy(Permission.PHARMACY_READ, cost=2)
async def list_batches(
    caller: Caller, service: Service, query: Annotated[BatchQuery, Query()]
) -> Page[Batch]:
    """Batches, those that expire first in front."""
    return await service.stock.list_batches(caller, query)


@router.get("/stock/batches/{batch_id}", responses=declared(stock_errors.BatchNotFound))
@policy(Permission.PHARMACY_READ)
async def get_batch(batch_id: UUID, caller: Caller, service: Service) -> Batch:
    """One batch."""
    return await service.stock.get_batch(caller, batch_id)


@router.post("/stock/batches/{batch_id}/quarantine", responses=declared(*NOT_TURNED))
@policy(Permission.PHARMACY_STOCK, cost=5)
async def quarantine(
    batch_id: UUID, body: BatchReason, caller: Caller, service: Service, if_match: IfMatch
) -> Batch:
    """Keep a batch from patients until it is released."""
    return await service.stock.quarantine(caller, batch_id, body, if_match)


@router.post("/stock/batches/{batch_id}/release", responses=declared(*NOT_TURNED))
@policy(Permission.PHARMACY_APPROVE_STOCK, cost=5)
async def release(
    batch_id: UUID, body: BatchReason, caller: Caller, service: Service, if_match: IfMatch
) -> Batch:
    """Give a batch free that was kept apart."""
    return await service.stock.release(caller, batch_id, body, if_match)


@router.get("/stock-documents", responses=declared(InvalidCursor))
@policy(Permission.PHARMACY_READ, cost=2)
async def list_documents(
    caller: Caller, service: Service, query: Annotated[DocumentQuery, Query()]
) -> Page[StockDocument]:
    """Receipts, transfers, counts, adjustments and disposals, newest first."""
    return await service.documents.list_page(caller, query)


@router.post("/stock-documents", status_code=201, responses=declared(*NOT_MADE))
@policy(Permission.PHARMACY_STOCK, cost=10)
async def make_document(
    body: StockDocumentRequest, caller: Caller, service: Service
) -> StockDocument:
    """Make a stock document; stock moves when another person approves it."""
    return await service.documents.make(caller, body)


@router.get(
    "/stock-documents/{document_id}", responses=declared(stock_errors.StockDocumentNotFound)
)
@policy(Permission.PHARMACY_READ)
async def get_document(document_id: UUID, caller: Caller, service: Service) -> StockDocument:
    """One stock document."""
    return await service.documents.get(caller, document_id)


@router.post("/stock-documents/{document_id}/submit", responses=declared(*NOT_MOVED))
@policy(Permission.PHARMACY_STOCK, cost=5)
async def submit(
    document_id: UUID, caller: Caller, service: Service, if_match: IfMatch
) -> StockDocument:
    """Put a document before a second person."""
    return await service.documents.submit(caller, document_id, if_match)


@router.post(
    "/stock-documents/{document_id}/approve", responses=declared(*NOT_MOVED, *NOT_APPROVED)
)
@policy(Permission.PHARMACY_APPROVE_STOCK, cost=10)
async def approve(
    document_id: UUID, caller: Caller, service: Service, if_match: IfMatch
) -> StockDocument:
    """Approve another person's document: stock moves."""
    return await service.documents.approve(caller, document_id, if_match)


@router.post(
    "/stock-documents/{document_id}/reject",
    responses=declared(*NOT_MOVED, stock_errors.SamePerson),
)
@policy(Permission.PHARMACY_APPROVE_STOCK, cost=5)
async def reject(
    document_id: UUID, body: DocumentReason, caller: Caller, service: Service, if_match: IfMatch
) -> StockDocument:
    """Refuse another person's document."""
    return await service.documents.reject(caller, document_id, body.reason, if_match)


@router.post("/stock-documents/{document_id}/cancel", responses=declared(*NOT_MOVED))
@policy(Permission.PHARMACY_STOCK, cost=5)
async def cancel(
    document_id: UUID, body: DocumentReason, caller: Caller, service: Service, if_match: IfMatch
) -> StockDocument:
    """Take a document back that nobody has decided on."""
    return await service.documents.cancel(caller, document_id, body.reason, if_match)


@router.post(
    "/stock-documents/{document_id}/receive",
    responses=declared(*NOT_MOVED, stock_errors.SamePerson, stock_errors.TooMuchStock),
)
@policy(Permission.PHARMACY_STOCK, cost=5)
async def receive(
    document_id: UUID, caller: Caller, service: Service, if_match: IfMatch
) -> StockDocument:
    """A transfer has arrived."""
    return await service.documents.receive(caller, document_id, if_match)


@router.post(
    "/stock-documents/{document_id}/return",
    responses=declared(*NOT_MOVED, stock_errors.TooMuchStock),
)
@policy(Permission.PHARMACY_STOCK, cost=5)
async def give_back(
    document_id: UUID, body: DocumentReason, caller: Caller, service: Service, if_match: IfMatch
) -> StockDocument:
    """A transfer turns round and lies again where it came from."""
    return await service.documents.give_back(caller, document_id, body.reason, if_match)


@router.post(
    "/stock-documents/{document_id}/witness",
    responses=declared(
        stock_errors.StockDocumentNotFound, errors.MoveNotAllowed, stock_errors.SamePerson
    ),
)
@policy(Permission.PHARMACY_WITNESS, cost=5)
async def witness(document_id: UUID, caller: Caller, service: Service) -> StockDocument:
    """Sign as a second person that it is as the document says."""
    return await service.documents.witness(caller, document_id)


@router.get("/controlled-register", responses=declared(InvalidCursor))
@policy(Permission.PHARMACY_DISPENSE, Permission.PHARMACY_STOCK, cost=2)
async def list_register(
    caller: Caller, service: Service, query: Annotated[RegisterQuery, Query()]
) -> Page[RegisterEntry]:
    """The register of a controlled drug at a place, by number."""
    return await service.register.list_page(caller, query)
