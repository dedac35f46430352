"""Issuing an invoice: its lines are frozen, its number is taken, the ledger is posted."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, RowMapping

from deployments.access import Permission, Principal
from deployments.billing import mapping
from deployments.billing.accounts import Area
from deployments.billing.desk import Desk
from deployments.billing.drafting import Priced, price_draft
from deployments.billing.errors import (
    ChangedMeanwhile,
    DiscountUndecided,
    InvoiceNotFound,
    NotDraft,
    NothingToIssue,
    Unpriced,
)
from deployments.billing.events import InvoiceIssued
from deployments.billing.insurance import Insurance, Owed
from deployments.billing.numbering import Series, legal_number
from deployments.billing.posting import invoice_entry
from deployments.billing.pricing import Line
from deployments.billing.recording import INVOICE, write_audit
from deployments.billing.schemas import Invoice
from deployments.errors import FieldError
from deployments.publishing import publish
from storage.billing import charges, invoices, ledger, numbers
from storage.columns import new_id


class Issuing:
    """Turns drafts into invoices.

    Args:
        desk: the tools of the replica.
        insurance: knows which payer's prices hold and who pays what.
    """

    def __init__(self, desk: Desk, insurance: Insurance) -> None:
        self._desk = desk
        self._insurance = insurance

    async def issue(
        self, principal: Principal, invoice_id: UUID, expected: int | None = None
    ) -> Invoice:
        """Issues a draft.

        Raises:
            InvoiceNotFound: no such invoice.
            ChangedMeanwhile: it is not in the expected version.
            NotDraft: it was issued before.
            NothingToIssue: nothing on it is billable.
            Unpriced: no price list says what something on it costs.
            DiscountUndecided: somebody asked for a discount, and nobody decided.
        """
        principal.require(Permission.BILLING_ISSUE)
        row = await self._desk.database.read(lambda c: invoices.find(c, invoice_id))
        if row is None:
            raise InvoiceNotFound
        patient_id = row["patient_id"]

        def work(connection: Connection) -> Invoice:
            charges.lock_patient(connection, patient_id)
            invoice = invoices.lock(connection, invoice_id)
            if invoice is None:
                raise InvoiceNotFound
            if expected is not None and invoice["version"] != expected:
                raise ChangedMeanwhile
            issued = self.issue_locked(connection, principal, invoice)
            return mapping.invoice(issued, invoices.lines(connection, invoice_id))

        return await self._desk.database.transact(work)

    def issue_locked(
        self, connection: Connection, principal: Principal, invoice: RowMapping
    ) -> RowMapping:
        """Issues a draft whose patient and row are locked; the counter is locked last."""
        if invoice["status"] != "draft":
            raise NotDraft
        now = self._desk.clock()
        day = self._desk.day_of(now)
        payer_id = self._insurance.find_payer(
            connection, invoice["patient_id"], invoice["day"] or day
        )
        priced = price_draft(connection, self._desk, invoice, payer_id)
        check_issuable(priced, charges.discounts_of(connection, invoice["id"]))
        lines, payer_id = self._divided(connection, invoice, priced, now)
        invoices.add_lines(connection, lines)
        charges.bill(connection, invoice["id"], now)
        values = {
            "status": "balanced" if sum(line["total"] for line in lines) == 0 else "issued",
            "total": sum(line["total"] for line in lines),
            "tax": sum(line["tax"] for line in lines),
            "patient_share": sum(line["patient_share"] for line in lines),
            "payer_share": sum(line["payer_share"] for line in lines),
            "payer_id": payer_id,
            "issued_at": now,
            "issued_by": principal.user_id,
            "due_on": day + timedelta(days=self._desk.settings.due_days),
        }
        self._post(connection, principal, invoice, payer_id, lines, now)
        sequence = numbers.take(connection, Series.INVOICE.value, day.year)
        number = legal_number(Series.INVOICE, day.year, sequence)
        issued = invoices.change(connection, invoice["id"], now, values | {"number": number})
        event = {
            "invoice_id": invoice["id"],
            "patient_id": invoice["patient_id"],
            "number": number,
            "due_on": issued["due_on"],
        }
        publish(connection, InvoiceIssued(occurred_at=now, **event))
        return issued

    def _divided(
        self,
        connection: Connection,
        invoice: RowMapping,
        priced: Sequence[Priced],
        now: datetime,
    ) -> tuple[list[dict[str, Any]], UUID | None]:
        """The rows of the lines, and who pays what of them."""
        rows = [
            line_row(invoice["id"], place, one, one.line)
            for place, one in enumerate(priced, 1)
            if one.line is not None
        ]
        owed = [
            Owed(Area(row["area"]), row["code"], row["performed_at"], row["total"]) for row in rows
        ]
        division = self._insurance.divide(connection, invoice, owed, now)
        for row, payer in zip(rows, division.payer, strict=True):
            row |= {"payer_share": payer, "patient_share": row["total"] - payer}
        return rows, division.payer_id

    def _post(
        self,
        connection: Connection,
        principal: Principal,
        invoice: RowMapping,
        payer_id: UUID | None,
        lines: Sequence[dict[str, Any]],
        now: datetime,
    ) -> None:
        if any(line["base"] for line in lines):  # what is free of charge is not in the ledger
            ledger.post(
                connection,
                kind="invoice",
                source_kind=INVOICE,
                source_id=invoice["id"],
                currency=invoice["currency"],
                lines=invoice_entry(invoice["id"], invoice["patient_id"], payer_id, lines),
                at=now,
                actor_id=principal.user_id,
            )
        write_audit(
            connection,
            principal,
            action="invoice.issue",
            object_type=INVOICE,
            object_id=invoice["id"],
            at=now,
            patient_id=invoice["patient_id"],
        )


def check_issuable(priced: Sequence[Priced], discounts: Sequence[RowMapping]) -> None:
    """Passes when every charge has a price and every discount is decided.

    Raises:
        NothingToIssue: nothing on it is billable.
        Unpriced: no price list says what something on it costs.
        DiscountUndecided: somebody asked for a discount, and nobody decided.
    """
    if not priced:
        raise NothingToIssue
    faults = [
        FieldError(f"/charges/{place}", "unpriced", f"no price for {one.charge['code']!r}")
        for place, one in enumerate(priced)
        if one.line is None
    ]
    if faults:
        raise Unpriced("no price list says what this costs on its day", faults)
    if any(one["status"] == "requested" for one in discounts):
        raise DiscountUndecided


def line_row(invoice_id: UUID, place: int, one: Priced, line: Line) -> dict[str, Any]:
    """The row of a line, without its shares."""
    same = ("charge_item_id", "area", "code", "performed_at", "performer_id", "quantity")
    return {
        "id": new_id(),
        "invoice_id": invoice_id,
        "position": place,
        **{name: one.charge[name] for name in same},
        "name_en": one.name_en,
        "name_vi": one.name_vi,
        **{name: getattr(line, name) for name in COMPONENTS},
    }


COMPONENTS = (
    "unit_price",
    "base",
    "surcharge",
    "discount",
    "exemption",
    "tax_percent",
    "tax",
    "total",
)
