"""Taking over the stock that another system holds; each receipt once, by identifier."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection

from deployments.access import Permission, Principal
from deployments.pharmacy import stock_effects
from deployments.pharmacy.errors import MedicationNotFound
from deployments.pharmacy.quantities import check_quantity
from deployments.pharmacy.stock import add_location
from deployments.pharmacy.stock_desk import StockDesk
from deployments.pharmacy.stock_documents import add
from deployments.pharmacy.stock_making import Line, check_lines, get_batch
from deployments.pharmacy.stock_schemas import (
    ImportedStockLine,
    ImportedStockReceipt,
    StockImportReceipt,
    StockLocationRequest,
)
from deployments.pharmacy.stock_states import DocumentKind, DocumentMove, DocumentStatus
from storage.database import ConstraintViolated
from storage.pharmacy import locations, stock, stock_documents


class StockImports:
    """Operations of the importer."""

    def __init__(self, desk: StockDesk) -> None:
        self._desk = desk

    async def import_receipt(
        self, principal: Principal, imported: ImportedStockReceipt
    ) -> StockImportReceipt:
        """Takes in stock as one completed receipt; a second time it changes nothing.

        Raises:
            MedicationNotFound: no medication has the code.
            LotMismatch: a lot is known with another last day.
            QuantityNotPossible: a part of something that is counted, or a lot on two lines.
            TooMuchStock: no place holds so much.
        """
        principal.require(Permission.PHARMACY_IMPORT)

        def work(connection: Connection) -> StockImportReceipt:
            name = imported.identifier
            known = stock_documents.find_by_identifier(connection, name.system, name.value)
            if known is not None:
                return StockImportReceipt(id=known["id"], outcome="unchanged")
            document_id = self._take_in(connection, principal, imported)
            return StockImportReceipt(id=document_id, outcome="created")

        try:
            return await self._desk.database.transact(work)
        except ConstraintViolated:  # the same receipt, or a place of it, was taken in meanwhile
            return await self._desk.database.transact(work)

    def _take_in(
        self, connection: Connection, principal: Principal, imported: ImportedStockReceipt
    ) -> UUID:
        now = self._desk.clock()
        values = {
            "kind": DocumentKind.RECEIPT.value,
            "status": DocumentStatus.COMPLETED.value,
            "destination_id": self._location(connection, principal, imported.location),
            "identifier_system": imported.identifier.system,
            "identifier_value": imported.identifier.value,
        }
        lines = [
            _line(connection, line, now, f"/lines/{place}")
            for place, line in enumerate(imported.lines)
        ]
        check_lines(lines)
        made = add(connection, self._desk, principal, values, lines)
        row = stock_documents.find(connection, made.id)
        assert row is not None  # noqa: S101  # written above
        written = stock_documents.list_lines(connection, [made.id])
        stock_effects.apply(connection, self._desk, principal, DocumentMove.APPROVE, row, written)
        return made.id

    def _location(
        self, connection: Connection, principal: Principal, wanted: StockLocationRequest
    ) -> UUID:
        row = locations.find_by(connection, "code", wanted.code)
        if row is not None:
            known: UUID = row["id"]
            return known
        return add_location(connection, self._desk, principal, wanted).id


def _line(connection: Connection, line: ImportedStockLine, now: datetime, pointer: str) -> Line:
    medication = stock.find_medication(connection, "code", line.medication_code)
    if medication is None:
        raise MedicationNotFound(f"no medication has the code {line.medication_code}")
    check_quantity(line.quantity, medication["unit"], f"{pointer}/quantity")
    batch = get_batch(connection, medication["id"], line.model_dump(), now)
    return {"batch_id": batch["id"], "quantity": line.quantity, "counted_sequence": None}
