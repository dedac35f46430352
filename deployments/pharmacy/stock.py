"""Places, batches, balances, the ledger, and reorder points."""

from datetime import date
from uuid import UUID

from sqlalchemy import Connection

from deployments.access import Permission, Principal
from deployments.pagination import Page, decode_cursor, page_of
from deployments.pharmacy.allocation import BatchStatus
from deployments.pharmacy.errors import ChangedMeanwhile, MedicationNotFound, MoveNotAllowed
from deployments.pharmacy.quantities import check_quantity
from deployments.pharmacy.recording import write_audit
from deployments.pharmacy.stock_desk import StockDesk, to_sequence
from deployments.pharmacy.stock_errors import BatchNotFound, LocationCodeInUse, LocationNotFound
from deployments.pharmacy.stock_moves import watch_levels
from deployments.pharmacy.stock_schemas import (
    Batch,
    BatchQuery,
    BatchReason,
    LedgerQuery,
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
from storage.columns import new_id
from storage.database import ConstraintViolated
from storage.pharmacy import locations, stock, stock_watch


class Stock:
    """Operations on places and batches, and everything that is read about stock."""

    def __init__(self, desk: StockDesk) -> None:
        self._desk = desk

    async def list_locations(self, principal: Principal) -> StockLocationList:
        """Every place, by code."""
        principal.require(Permission.PHARMACY_READ)
        rows = await self._desk.database.read(locations.list_all)
        return StockLocationList(items=[StockLocation.model_validate(dict(row)) for row in rows])

    async def add_location(
        self, principal: Principal, request: StockLocationRequest
    ) -> StockLocation:
        """Adds a place.

        Raises:
            LocationCodeInUse: another place has the code.
        """
        principal.require(Permission.PHARMACY_MANAGE_FORMULARY)

        def work(connection: Connection) -> StockLocation:
            return add_location(connection, self._desk, principal, request)

        try:
            return await self._desk.database.transact(work)
        except ConstraintViolated:
            raise LocationCodeInUse from None

    async def list_batches(self, principal: Principal, query: BatchQuery) -> Page[Batch]:
        """A page of batches, those that expire first in front.

        Raises:
            InvalidCursor: the cursor is not from this list.
        """
        principal.require(Permission.PHARMACY_READ)
        after = query.cursor and decode_cursor(query.cursor, date.fromisoformat, UUID)
        rows = await self._desk.database.read(
            lambda connection: stock.list_batches(
                connection,
                medication_id=query.medication_id,
                lot=query.lot,
                after=after or None,
                limit=query.limit + 1,
            )
        )
        found = [Batch.model_validate(dict(row)) for row in rows]
        return page_of(found, query.limit, lambda one: (one.expires_on, one.id))

    async def get_batch(self, principal: Principal, batch_id: UUID) -> Batch:
        """One batch.

        Raises:
            BatchNotFound: no such batch.
        """
        principal.require(Permission.PHARMACY_READ)
        row = await self._desk.database.read(
            lambda connection: stock.find_batch(connection, batch_id)
        )
        if row is None:
            raise BatchNotFound
        return Batch.model_validate(dict(row))

    async def quarantine(
        self,
        principal: Principal,
        batch_id: UUID,
        request: BatchReason,
        expected: int | None = None,
    ) -> Batch:
        """Keeps a batch from patients until it is released.

        Raises:
            BatchNotFound: no such batch.
            ChangedMeanwhile: it is not in the expected version.
            MoveNotAllowed: it is not available.
        """
        principal.require(Permission.PHARMACY_STOCK)
        target = BatchStatus.QUARANTINED
        return await self._turn(principal, batch_id, target, request.reason, expected)

    async def release(
        self,
        principal: Principal,
        batch_id: UUID,
        request: BatchReason,
        expected: int | None = None,
    ) -> Batch:
        """Gives a batch free again; a recalled one never.

        Raises:
            DomainError: as `quarantine`.
        """
        principal.require(Permission.PHARMACY_APPROVE_STOCK)
        target = BatchStatus.AVAILABLE
        return await self._turn(principal, batch_id, target, request.reason, expected)

    async def list_levels(self, principal: Principal, query: StockQuery) -> Page[StockLevel]:
        """A page of balances above zero.

        Raises:
            InvalidCursor: the cursor is not from this list.
        """
        principal.require(Permission.PHARMACY_READ)
        after = query.cursor and decode_cursor(query.cursor, UUID, UUID)
        rows = await self._desk.database.read(
            lambda connection: stock.list_balances(
                connection,
                location_id=query.location_id,
                medication_id=query.medication_id,
                after=after or None,
                limit=query.limit + 1,
            )
        )
        found = [StockLevel.model_validate(dict(row)) for row in rows]
        return page_of(found, query.limit, lambda one: (one.location_id, one.batch_id))

    async def list_ledger(self, principal: Principal, query: LedgerQuery) -> Page[StockMovement]:
        """A page of movements of a batch at a place, oldest first.

        Raises:
            InvalidCursor: the cursor is not from this list.
        """
        principal.require(Permission.PHARMACY_READ)
        (after,) = decode_cursor(query.cursor, to_sequence) if query.cursor else (0,)
        rows = await self._desk.database.read(
            lambda connection: stock.list_ledger(
                connection, query.location_id, query.batch_id, after=after, limit=query.limit + 1
            )
        )
        found = [StockMovement.model_validate(dict(row)) for row in rows]
        return page_of(found, query.limit, lambda one: (one.sequence,))

    async def set_reorder_point(
        self, principal: Principal, request: ReorderPointRequest
    ) -> ReorderPoint:
        """Sets below how much a place orders more; tells at once when it is below.

        Raises:
            LocationNotFound: no such place.
            MedicationNotFound: no such medication.
            QuantityNotPossible: a part of something that is counted.
        """
        principal.require(Permission.PHARMACY_APPROVE_STOCK)

        def work(connection: Connection) -> ReorderPoint:
            now = self._desk.clock()
            check_location(connection, request.location_id)
            medication = stock.find_medication(connection, "id", request.medication_id)
            if medication is None:
                raise MedicationNotFound
            check_quantity(request.minimum, medication["unit"], "/minimum")
            values = {**request.model_dump(), "updated_at": now}
            stock_watch.set_reorder_point(connection, values)
            pair = (request.location_id, request.medication_id)
            watch_levels(connection, self._desk, [pair], now)
            write_audit(
                connection,
                principal,
                action="set_reorder_point",
                object_type="Medication",
                object_id=request.medication_id,
                at=now,
            )
            (row,) = stock_watch.lock_reorder_points(connection, [pair])
            return ReorderPoint.model_validate(dict(row))

        return await self._desk.database.transact(work)

    async def list_reorder_points(
        self, principal: Principal, query: ReorderQuery
    ) -> Page[ReorderPoint]:
        """A page of reorder points.

        Raises:
            InvalidCursor: the cursor is not from this list.
        """
        principal.require(Permission.PHARMACY_READ)
        after = query.cursor and decode_cursor(query.cursor, UUID, UUID)
        rows = await self._desk.database.read(
            lambda connection: stock_watch.list_reorder_points(
                connection,
                location_id=query.location_id,
                after=after or None,
                limit=query.limit + 1,
            )
        )
        found = [ReorderPoint.model_validate(dict(row)) for row in rows]
        return page_of(found, query.limit, lambda one: (one.location_id, one.medication_id))

    async def _turn(
        self,
        principal: Principal,
        batch_id: UUID,
        target: BatchStatus,
        reason: str,
        expected: int | None,
    ) -> Batch:
        def work(connection: Connection) -> Batch:
            now = self._desk.clock()
            row = stock.find_batch(connection, batch_id, lock=True)
            if row is None:
                raise BatchNotFound
            check_version(row["version"], expected)
            if row["status"] in {target, BatchStatus.RECALLED}:
                raise MoveNotAllowed(f"the batch is {row['status']}")
            stock.change_batch(connection, batch_id, status=target, reason=reason, at=now)
            write_audit(
                connection,
                principal,
                action="release_batch" if target == BatchStatus.AVAILABLE else "quarantine_batch",
                object_type="Batch",
                object_id=batch_id,
                at=now,
            )
            changed = stock.find_batch(connection, batch_id)
            return Batch.model_validate(dict(changed or {}))

        return await self._desk.database.transact(work)


def add_location(
    connection: Connection, desk: StockDesk, principal: Principal, request: StockLocationRequest
) -> StockLocation:
    """Adds a place, in a transaction of the caller."""
    now = desk.clock()
    values = {"id": new_id(), "active": True, "created_at": now, **request.model_dump()}
    added = StockLocation.model_validate(dict(locations.add(connection, values)))
    write_audit(
        connection,
        principal,
        action="add_location",
        object_type="Location",
        object_id=added.id,
        at=now,
    )
    return added


def check_location(connection: Connection, location_id: UUID) -> StockLocation:
    """The place, if stock may lie there.

    Raises:
        LocationNotFound: no such place, or it is closed.
    """
    row = locations.find(connection, location_id)
    if row is None or not row["active"]:
        raise LocationNotFound
    return StockLocation.model_validate(dict(row))


def check_version(version: int, expected: int | None) -> None:
    """Passes when the caller expects this version, or none.

    Raises:
        ChangedMeanwhile: another version was expected.
    """
    if expected is not None and version != expected:
        raise ChangedMeanwhile(f"it is in version {version}")
