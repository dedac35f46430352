"""Reading invoices and credit notes; each read is one audit row.

Who works in billing sees all of them, a patient their own that are issued.
"""

from uuid import UUID

from sqlalchemy import Connection, RowMapping

from deployments.access import Permission, Principal
from deployments.billing import credit_mapping, mapping
from deployments.billing.credit_schemas import CreditNote, CreditNoteQuery, CreditNoteSummary
from deployments.billing.desk import Desk
from deployments.billing.drafting import Priced, price_draft
from deployments.billing.errors import CreditNoteNotFound, InvoiceNotFound
from deployments.billing.insurance import Insurance
from deployments.billing.recording import INVOICE, write_audit
from deployments.billing.schemas import Invoice, InvoiceQuery, InvoiceSummary
from deployments.billing.sight import check_sight, may_see
from deployments.pagination import Page, decode_cursor, page_of
from storage.billing import credit_notes, invoices
from storage.billing.invoices import Filter


class InvoiceReading:
    """What may be seen of invoices.

    Args:
        desk: the tools of the replica.
        insurance: knows which payer's prices a draft has.
    """

    def __init__(self, desk: Desk, insurance: Insurance) -> None:
        self._desk = desk
        self._insurance = insurance

    async def get(self, principal: Principal, invoice_id: UUID) -> Invoice:
        """One invoice with its lines; of a draft, what they would be now.

        Raises:
            InvoiceNotFound: none that the caller may know of.
        """
        found = await self._desk.database.read(lambda c: invoices.find(c, invoice_id))
        await self._check(principal, found, "draft", InvoiceNotFound)

        def work(connection: Connection) -> Invoice:
            row = invoices.find(connection, invoice_id)
            if row is None:
                raise InvoiceNotFound
            self._audit(connection, principal, "invoice.read", row["patient_id"], invoice_id)
            lines = invoices.lines(connection, invoice_id)
            return mapping.invoice(row, lines, self._draft(connection, row))

        return await self._desk.database.transact(work, keyed=False)

    async def list_page(self, principal: Principal, query: InvoiceQuery) -> Page[InvoiceSummary]:
        """Invoices, newest first.

        Raises:
            InvoiceNotFound: of a patient that the caller may not know of.
            InvalidCursor: of another list.
        """
        own = not principal.has(Permission.BILLING_READ)
        patient_id = query.patient_id or (principal.user_id if own else None)
        if own and (patient_id is None or not may_see(principal, patient_id)):
            await check_sight(self._desk, principal, None, INVOICE, InvoiceNotFound)
        wanted = Filter(
            patient_id=patient_id,
            status=query.status and query.status.value,
            issued=own,
            before=decode_cursor(query.cursor, UUID)[0] if query.cursor else None,
        )

        def work(connection: Connection) -> Page[InvoiceSummary]:
            rows = invoices.list_page(connection, wanted, query.limit + 1)
            page = page_of(rows, query.limit, lambda row: (row["id"],))
            self._audit(connection, principal, "invoice.list", patient_id, None)
            shown = [mapping.summary(row) for row in page.items]
            return Page[InvoiceSummary](items=shown, next_cursor=page.next_cursor)

        return await self._desk.database.transact(work, keyed=False)

    async def get_credit_note(self, principal: Principal, note_id: UUID) -> CreditNote:
        """One credit note with its lines.

        Raises:
            CreditNoteNotFound: none that the caller may know of.
        """
        found = await self._desk.database.read(lambda c: credit_notes.find(c, note_id))
        await self._check(principal, found, "draft", CreditNoteNotFound)

        def work(connection: Connection) -> CreditNote:
            row = credit_notes.find(connection, note_id)
            if row is None:
                raise CreditNoteNotFound
            self._audit(connection, principal, "credit_note.read", row["patient_id"], note_id)
            return credit_mapping.credit_note(row, credit_notes.note_lines(connection, note_id))

        return await self._desk.database.transact(work, keyed=False)

    async def list_credit_notes(
        self, principal: Principal, query: CreditNoteQuery
    ) -> Page[CreditNoteSummary]:
        """Credit notes without their lines, newest first.

        Raises:
            InvalidCursor: of another list.
        """
        principal.require(Permission.BILLING_READ)
        before = decode_cursor(query.cursor, UUID)[0] if query.cursor else None

        def work(connection: Connection) -> Page[CreditNoteSummary]:
            rows = credit_notes.list_page(
                connection,
                patient_id=query.patient_id,
                invoice_id=query.invoice_id,
                status=query.status and query.status.value,
                before=before,
                limit=query.limit + 1,
            )
            page = page_of(rows, query.limit, lambda row: (row["id"],))
            self._audit(connection, principal, "credit_note.list", query.patient_id, None)
            shown = [credit_mapping.summary(row) for row in page.items]
            return Page[CreditNoteSummary](items=shown, next_cursor=page.next_cursor)

        return await self._desk.database.transact(work, keyed=False)

    async def _check(
        self,
        principal: Principal,
        row: RowMapping | None,
        hidden: str,
        refusal: type[InvoiceNotFound] | type[CreditNoteNotFound],
    ) -> None:
        """Passes for billing, and for the patient when it is no draft."""
        shown = row is not None and (
            row["status"] != hidden or principal.has(Permission.BILLING_READ)
        )
        patient_id = row["patient_id"] if row is not None and shown else None
        await check_sight(self._desk, principal, patient_id, INVOICE, refusal)

    def _draft(self, connection: Connection, row: RowMapping) -> list[Priced]:
        if row["status"] != "draft":
            return []
        day = row["day"] or self._desk.day_of(self._desk.clock())
        payer_id = self._insurance.find_payer(connection, row["patient_id"], day)
        return price_draft(connection, self._desk, row, payer_id)

    def _audit(
        self,
        connection: Connection,
        principal: Principal,
        action: str,
        patient_id: UUID | None,
        object_id: UUID | None,
    ) -> None:
        write_audit(
            connection,
            principal,
            action=action,
            object_type=INVOICE,
            object_id=object_id,
            at=self._desk.clock(),
            patient_id=patient_id,
        )
