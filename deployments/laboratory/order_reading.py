"""Reading orders, their history and the worklist; each read is one audit row."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection

from deployments.access import Permission, Principal
from deployments.laboratory import mapping
from deployments.laboratory.desk import Desk
from deployments.laboratory.errors import OrderNotFound, PatientNotFound
from deployments.laboratory.order_schemas import (
    LabHistory,
    LabOrder,
    LabOrderQuery,
    WorklistItem,
    WorklistQuery,
)
from deployments.laboratory.recording import OBJECT, write_audit
from deployments.pagination import Page, decode_cursor, page_of
from storage.laboratory import orders
from storage.laboratory.orders import OrderFilter, WorkFilter

READERS = (
    Permission.LABORATORY_READ_OWN,
    Permission.LABORATORY_READ,
    Permission.LABORATORY_READ_ANY,
)


class OrderReading:
    """What may be seen of orders.

    Args:
        desk: the tools of the replica.
    """

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def get(self, principal: Principal, order_id: UUID) -> LabOrder:
        """One order with its tests and specimens.

        Raises:
            OrderNotFound: none that the caller may know of.
            CannotCheck: only medical records could say, and does not answer.
        """
        snapshot = await self._desk.catalogue.current()
        await self._check(principal, order_id)

        def work(connection: Connection) -> LabOrder:
            row = orders.find(connection, order_id)
            if row is None:
                raise OrderNotFound
            now = self._desk.clock()
            kind = OBJECT["order"]
            write_audit(connection, principal, "order.read", kind, order_id, now, row.patient_id)
            tests = orders.tests_of(connection, order_id)
            specimens = orders.specimens_of(connection, order_id)
            return mapping.order(row, tests, specimens, snapshot, now)

        return await self._desk.database.transact(work, keyed=False)

    async def get_history(self, principal: Principal, order_id: UUID) -> LabHistory:
        """Every step of an order, its tests and its specimens.

        Raises:
            OrderNotFound: none that the caller may know of.
            CannotCheck: only medical records could say, and does not answer.
        """
        patient_id = await self._check(principal, order_id)

        def work(connection: Connection) -> LabHistory:
            now = self._desk.clock()
            kind = OBJECT["order"]
            write_audit(connection, principal, "order.history", kind, order_id, now, patient_id)
            moves = [mapping.move(row) for row in orders.history(connection, order_id)]
            return LabHistory(moves=moves)

        return await self._desk.database.transact(work, keyed=False)

    async def list_page(self, principal: Principal, query: LabOrderQuery) -> Page[LabOrder]:
        """Orders, newest first; see `LabOrderQuery`.

        Raises:
            PatientNotFound: none that the caller may know of.
            CannotCheck: only medical records could say, and does not answer.
            InvalidCursor: of another list.
        """
        wanted = await self._allowed(principal, query)
        snapshot = await self._desk.catalogue.current()

        def work(connection: Connection) -> Page[LabOrder]:
            now = self._desk.clock()
            rows = orders.list_page(connection, wanted, query.limit + 1)
            page = page_of(rows, query.limit, lambda row: (row.id,))
            ids = [row.id for row in page.items]
            tests = orders.of_orders(connection, "tests", ids)
            specimens = orders.of_orders(connection, "specimens", ids)
            kind = OBJECT["order"]
            write_audit(connection, principal, "order.list", kind, None, now, wanted.patient_id)
            shown = [
                mapping.order(row, tests[row.id], specimens[row.id], snapshot, now)
                for row in page.items
            ]
            return Page[LabOrder](items=shown, next_cursor=page.next_cursor)

        return await self._desk.database.transact(work, keyed=False)

    async def worklist(self, principal: Principal, query: WorklistQuery) -> Page[WorklistItem]:
        """Open tests, the first due first.

        Raises:
            InvalidCursor: of another list.
        """
        principal.require(Permission.LABORATORY_READ_ANY)
        after = None
        if query.cursor:
            due_at, test_id = decode_cursor(query.cursor, datetime.fromisoformat, UUID)
            after = (due_at, test_id)
        wanted = WorkFilter(query.department, query.priority, query.status, after)
        snapshot = await self._desk.catalogue.current()

        def work(connection: Connection) -> Page[WorklistItem]:
            now = self._desk.clock()
            rows = orders.worklist(connection, wanted, query.limit + 1)
            page = page_of(rows, query.limit, lambda row: (row.due_at.isoformat(), row.id))
            kind = OBJECT["test"]
            write_audit(connection, principal, "worklist.list", kind, None, now, None)
            shown = [mapping.work(row, snapshot, now) for row in page.items]
            return Page[WorklistItem](items=shown, next_cursor=page.next_cursor)

        return await self._desk.database.transact(work, keyed=False)

    async def _allowed(self, principal: Principal, query: LabOrderQuery) -> OrderFilter:
        before = decode_cursor(query.cursor, UUID)[0] if query.cursor else None
        patient_id = query.patient_id
        if patient_id is None and not principal.has(*READERS[1:]):
            patient_id = principal.user_id
        if patient_id is not None:
            await self._desk.sight.check(
                principal, patient_id, OBJECT["order"], refusal=PatientNotFound
            )
        own = patient_id is None and not principal.has(Permission.LABORATORY_READ_ANY)
        practitioner_id = principal.user_id if own else None
        return OrderFilter(patient_id, practitioner_id, query.status, before)

    async def _check(self, principal: Principal, order_id: UUID) -> UUID:
        row = await self._desk.database.read(lambda c: orders.find(c, order_id))
        patient_id: UUID | None = row.patient_id if row else None
        await self._desk.sight.check(principal, patient_id, OBJECT["order"])
        if patient_id is None:
            raise OrderNotFound
        return patient_id
