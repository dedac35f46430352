"""Statements of account, and what is on paper for patients and billing."""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import Connection

from deployments.access import Principal
from deployments.billing.accounts import Account
from deployments.billing.desk import Desk
from deployments.billing.errors import CreditNoteNotFound, InvoiceNotFound, PatientNotFound
from deployments.billing.invoice_reading import InvoiceReading
from deployments.billing.papers import House, print_credit_note, print_invoice, print_statement
from deployments.billing.recording import write_audit
from deployments.billing.sight import check_sight
from deployments.billing.statement_schemas import AccountMovement, Statement, StatementQuery
from deployments.schemas import Locale
from storage.billing import statements

OWED: Final = (
    Account.RECEIVABLE_PATIENT.value,
    Account.DEPOSITS.value,
    Account.REFUNDS_PAYABLE.value,
)
"""What a patient owes, less what we owe the patient."""


class Stating:
    """What is read of a patient's account, and printed.

    Args:
        desk: the tools of the replica.
        reading: reads invoices and credit notes.
    """

    def __init__(self, desk: Desk, reading: InvoiceReading) -> None:
        self._desk = desk
        self._reading = reading
        settings = desk.settings
        self._house = House(
            settings.hospital, settings.address, settings.tax_code, settings.time_zone
        )

    async def statement(
        self, principal: Principal, patient_id: UUID, query: StatementQuery
    ) -> Statement:
        """What a patient owed, what changed it, and what is left.

        Raises:
            PatientNotFound: none that the caller may know of.
        """
        await check_sight(self._desk, principal, patient_id, "Account", PatientNotFound)
        since = self._desk.begin_of(query.first_day)
        until = self._desk.begin_of(query.last_day + timedelta(days=1))

        def work(connection: Connection) -> Statement:
            write_audit(
                connection,
                principal,
                action="account.read",
                object_type="Account",
                object_id=None,
                at=self._desk.clock(),
                patient_id=patient_id,
            )
            whose = (patient_id, OWED, query.currency)
            balance = opening = statements.opening(connection, *whose, since)
            movements = []
            for row in statements.movements(connection, *whose, since, until):
                balance += int(row["amount"])
                shown = {name: row[name] for name in ("at", "kind", "number", "amount")}
                movements.append(AccountMovement(**shown, balance=balance))
            return Statement(
                patient_id=patient_id,
                currency=query.currency,
                first_day=query.first_day,
                last_day=query.last_day,
                opening=opening,
                movements=movements,
                closing=balance,
            )

        return await self._desk.database.transact(work, keyed=False)

    async def statement_document(
        self, principal: Principal, patient_id: UUID, query: StatementQuery, locale: Locale
    ) -> bytes:
        """The statement on paper (PDF).

        Raises:
            PatientNotFound: none that the caller may know of.
        """
        found = await self.statement(principal, patient_id, query)
        return await _printed(lambda: print_statement(found, self._house, locale))

    async def invoice_document(
        self, principal: Principal, invoice_id: UUID, locale: Locale
    ) -> bytes:
        """An issued invoice on paper (PDF).

        Raises:
            InvoiceNotFound: none that the caller may know of, or a draft, which is no paper.
        """
        found = await self._reading.get(principal, invoice_id)
        if found.number is None:
            raise InvoiceNotFound
        return await _printed(lambda: print_invoice(found, self._house, locale))

    async def credit_note_document(
        self, principal: Principal, note_id: UUID, locale: Locale
    ) -> bytes:
        """An issued credit note on paper (PDF).

        Raises:
            CreditNoteNotFound: none that the caller may know of, or a draft, which is no paper.
        """
        note = await self._reading.get_credit_note(principal, note_id)
        if note.number is None:
            raise CreditNoteNotFound
        invoice = await self._reading.get(principal, note.invoice_id)
        number = invoice.number or ""
        return await _printed(lambda: print_credit_note(note, number, self._house, locale))


async def _printed(make: Callable[[], bytes]) -> bytes:
    """In a thread: making a page takes longer than the event loop may be held up."""
    return await asyncio.to_thread(make)
