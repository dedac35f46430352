"""Credit notes: the only way in which an issued invoice changes. One asks, another decides.

- A `reversal` is drafted by itself when something that is billed is undone.
- A `correction` takes lines back so that they are billed anew, on a draft that opens with it.
- An `allowance` lets amounts off; what was done stays billed.
An invoice is cancelled when all of it is credited.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, RowMapping

from deployments.access import Permission, Principal
from deployments.billing import credit_mapping, payer_parts
from deployments.billing.charging import reconcile
from deployments.billing.credit_amounts import wanted_lines, write_amounts
from deployments.billing.credit_rules import Parts
from deployments.billing.credit_rules import divide as divide_credit
from deployments.billing.credit_schemas import CreditNote, CreditNoteKind, CreditNoteRequest
from deployments.billing.desk import Desk
from deployments.billing.errors import (
    AlreadyDecided,
    ChangedMeanwhile,
    CreditNoteNotFound,
    CreditNotePending,
    InvoiceNotFound,
    NotIssued,
    OverCredit,
    OwnRequest,
)
from deployments.billing.events import CreditNoteIssued
from deployments.billing.numbering import Series, legal_number
from deployments.billing.posting import credit_entry
from deployments.billing.recording import INVOICE, write_audit
from deployments.publishing import publish
from storage.billing import charges, credit_notes, invoices, ledger, numbers

CREDIT_NOTE = "CreditNote"


class Crediting:
    """Asks for credit notes, issues and rejects them.

    Args:
        desk: the tools of the replica.
    """

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def request(
        self, principal: Principal, invoice_id: UUID, request: CreditNoteRequest
    ) -> CreditNote:
        """Drafts a correction or an allowance; without lines, of everything that is left.

        Raises:
            InvoiceNotFound: no such invoice.
            NotIssued: it is a draft, or cancelled.
            OverCredit: more than was billed and not credited yet.
            CreditNotePending: one of this kind waits for a decision.
        """
        principal.require(Permission.BILLING_ISSUE)

        def work(connection: Connection) -> CreditNote:
            now = self._desk.clock()
            invoice = invoices.lock(connection, invoice_id)
            if invoice is None:
                raise InvoiceNotFound
            if invoice["status"] not in {"issued", "balanced"}:
                raise NotIssued
            if credit_notes.find_draft(connection, invoice_id, request.kind.value):
                raise CreditNotePending
            values = {
                "kind": request.kind.value,
                "invoice_id": invoice_id,
                "patient_id": invoice["patient_id"],
                "currency": invoice["currency"],
                "reason": request.reason.value,
                "text": request.text,
                "requested_by": principal.user_id,
            }
            note = credit_notes.add(connection, values, now)
            lines = credit_notes.lines_of(connection, invoice_id)
            for line_id, wanted in wanted_lines(request, lines).items():
                credit_notes.set_line(connection, note["id"], line_id, **wanted)
            _audit(connection, principal, "credit_note.request", note, now)
            return credit_mapping.credit_note(note, credit_notes.note_lines(connection, note["id"]))

        return await self._desk.database.transact(work)

    async def issue(
        self, principal: Principal, note_id: UUID, expected: int | None = None
    ) -> CreditNote:
        """Issues a draft that somebody else, or billing itself, has asked for.

        Raises:
            CreditNoteNotFound: no such credit note.
            AlreadyDecided: it was issued or rejected before.
            OwnRequest: the caller asked for it.
            OverCredit: more than was billed and not credited meanwhile.
            ChangedMeanwhile: it is not in the expected version.
        """
        principal.require(Permission.BILLING_APPROVE)
        patient_id = await self._patient_of(note_id)

        def work(connection: Connection) -> CreditNote:
            charges.lock_patient(connection, patient_id)
            note = self._lock_draft(connection, principal, note_id, expected)
            issued = self._issue(connection, principal, note)
            return credit_mapping.credit_note(issued, credit_notes.note_lines(connection, note_id))

        return await self._desk.database.transact(work)

    async def reject(self, principal: Principal, note_id: UUID) -> CreditNote:
        """Turns a draft down; it stays, and says so.

        Raises:
            DomainError: as `issue`.
        """
        principal.require(Permission.BILLING_APPROVE)

        def work(connection: Connection) -> CreditNote:
            now = self._desk.clock()
            note = self._lock_draft(connection, principal, note_id, None)
            decided = {"status": "rejected", "decided_by": principal.user_id}
            row = credit_notes.change(connection, note_id, now, decided)
            _audit(connection, principal, "credit_note.reject", note, now)
            return credit_mapping.credit_note(row, credit_notes.note_lines(connection, note_id))

        return await self._desk.database.transact(work)

    async def _patient_of(self, note_id: UUID) -> UUID:
        row = await self._desk.database.read(lambda c: credit_notes.find(c, note_id))
        if row is None:
            raise CreditNoteNotFound
        return UUID(str(row["patient_id"]))

    def _lock_draft(
        self, connection: Connection, principal: Principal, note_id: UUID, expected: int | None
    ) -> RowMapping:
        note = credit_notes.find(connection, note_id, lock=True)
        if note is None:
            raise CreditNoteNotFound
        if expected is not None and note["version"] != expected:
            raise ChangedMeanwhile
        if note["status"] != "draft":
            raise AlreadyDecided
        if note["requested_by"] == principal.user_id:
            raise OwnRequest
        return note

    def _issue(self, connection: Connection, principal: Principal, note: RowMapping) -> RowMapping:
        now = self._desk.clock()
        invoice = invoices.lock(connection, note["invoice_id"])
        if invoice is None or invoice["status"] not in {"issued", "balanced"}:
            raise NotIssued
        lines = write_amounts(connection, note)
        parts = _divided(invoice, lines)
        total = parts.patient + parts.payer
        _take_off(connection, invoice, parts, now)
        payer_parts.lower(connection, invoice["id"], parts.payer)
        if total:
            ledger.post(
                connection,
                kind="credit_note",
                source_kind=CREDIT_NOTE,
                source_id=note["id"],
                currency=note["currency"],
                lines=credit_entry(invoice, lines, parts),
                at=now,
                actor_id=principal.user_id,
            )
        _audit(connection, principal, "credit_note.issue", note, now)
        issued = self._number(connection, principal, note, lines, parts, now)
        if note["kind"] == CreditNoteKind.CORRECTION:
            self._bill_anew(connection, lines, now)
        return issued

    def _number(
        self,
        connection: Connection,
        principal: Principal,
        note: RowMapping,
        lines: Sequence[Mapping[str, Any]],
        parts: Parts,
        now: datetime,
    ) -> RowMapping:
        year = self._desk.day_of(now).year
        sequence = numbers.take(connection, Series.CREDIT_NOTE.value, year)
        number = legal_number(Series.CREDIT_NOTE, year, sequence)
        values = {
            "status": "issued",
            "number": number,
            "total": parts.patient + parts.payer,
            "tax": sum(line["tax"] for line in lines),
            "patient_part": parts.patient,
            "payer_part": parts.payer,
            "patient_surplus": parts.patient_surplus,
            "payer_surplus": parts.payer_surplus,
            "decided_by": principal.user_id,
            "issued_at": now,
        }
        event = {
            "invoice_id": note["invoice_id"],
            "patient_id": note["patient_id"],
            "credit_note_id": note["id"],
            "number": number,
            "kind": note["kind"],
        }
        publish(connection, CreditNoteIssued(occurred_at=now, **event))
        return credit_notes.change(connection, note["id"], now, values)

    def _bill_anew(
        self, connection: Connection, lines: Sequence[Mapping[str, Any]], now: datetime
    ) -> None:
        """What was credited to be corrected is charged again, on a draft."""
        for line in lines:
            charge = charges.find(connection, line["charge_item_id"])
            if charge is not None:
                source = charges.get_source(connection, charge["source_id"])
                reconcile(connection, self._desk, source, now)


def _divided(invoice: RowMapping, lines: Sequence[Mapping[str, Any]]) -> Parts:
    """Who owes how much less.

    Raises:
        OverCredit: a payer's contract took so much off that less than this is left.
    """
    amount = sum(line["total"] for line in lines)
    if amount > invoice["patient_share"] + invoice["payer_share"]:
        raise OverCredit
    return divide_credit(
        amount,
        patient_weight=sum(line["patient_share"] for line in lines),
        payer_weight=sum(line["payer_share"] for line in lines),
        patient_share=invoice["patient_share"],
        payer_share=invoice["payer_share"],
        patient_settled=invoice["patient_settled"],
        payer_settled=invoice["payer_settled"],
    )


def _take_off(connection: Connection, invoice: RowMapping, parts: Parts, now: datetime) -> None:
    """Lowers what is owed of an invoice, and what is settled of it beyond that."""
    credited = invoice["credited"] + parts.patient + parts.payer
    values = {
        "credited": credited,
        "patient_share": invoice["patient_share"] - parts.patient,
        "payer_share": invoice["payer_share"] - parts.payer,
        "patient_settled": invoice["patient_settled"] - parts.patient_surplus,
        "payer_settled": invoice["payer_settled"] - parts.payer_surplus,
    }
    due = invoice["total"] - credited
    settled = values["patient_settled"] + values["payer_settled"]
    status = "cancelled" if due == 0 else "balanced" if settled == due else "issued"
    invoices.change(connection, invoice["id"], now, values | {"status": status})


def _audit(
    connection: Connection, principal: Principal, action: str, note: RowMapping, now: datetime
) -> None:
    write_audit(
        connection,
        principal,
        action=action,
        object_type=INVOICE,
        object_id=note["invoice_id"],
        at=now,
        patient_id=note["patient_id"],
    )
