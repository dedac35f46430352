"""Reading invoices; each read is one audit row."""

from uuid import UUID

from sqlalchemy import Connection, RowMapping

from deployments.access import Principal
from deployments.billing import mapping
from deployments.billing.desk import Desk
from deployments.billing.errors import InvoiceNotFound
from deployments.billing.recording import INVOICE, write_audit
from deployments.billing.schemas import Invoice
from deployments.billing.sight import check_sight
from storage.billing import invoices


class InvoiceReading:
    """What may be seen of invoices.

    Args:
        desk: the tools of the replica.
    """

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def get(self, principal: Principal, invoice_id: UUID) -> Invoice:
        """One invoice with its lines.

        Raises:
            InvoiceNotFound: none that the caller may know of.
        """
        await self._find_known(principal, invoice_id)

        def work(connection: Connection) -> Invoice:
            row = invoices.find(connection, invoice_id)
            if row is None:
                raise InvoiceNotFound
            write_audit(
                connection,
                principal,
                action="invoice.read",
                object_type=INVOICE,
                object_id=invoice_id,
                at=self._desk.clock(),
                patient_id=row["patient_id"],
            )
            return mapping.invoice(row, invoices.lines(connection, invoice_id))

        return await self._desk.database.transact(work, keyed=False)

    async def _find_known(self, principal: Principal, invoice_id: UUID) -> RowMapping:
        row = await self._desk.database.read(lambda c: invoices.find(c, invoice_id))
        patient_id = row["patient_id"] if row else None
        await check_sight(self._desk, principal, patient_id, INVOICE, InvoiceNotFound)
        if row is None:
            raise InvoiceNotFound
        return row
