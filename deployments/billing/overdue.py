"""What happens when a patient does not pay: reminders by themselves, and giving up by hand.

The ladder waits while a payer has not answered, because what the patient owes may still change.
Any number of replicas may run it: rows that another one works on are skipped, and a step is taken
once.
"""

import asyncio
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import Connection, RowMapping

from deployments.access import Permission, Principal
from deployments.billing import mapping
from deployments.billing.accounts import Account
from deployments.billing.charge_schemas import Reason
from deployments.billing.desk import Desk
from deployments.billing.errors import InvoiceNotFound, NotIssued
from deployments.billing.events import InvoiceOverdue
from deployments.billing.recording import INVOICE, write_audit
from deployments.billing.schemas import Invoice
from deployments.billing.settling import settle
from deployments.publishing import publish
from storage.billing import invoices, ledger, overdue
from storage.billing.ledger import Line
from storage.columns import new_id

BATCH: Final = 100


class Overdue:
    """The ladder of reminders, and the write-off.

    Args:
        desk: the tools of the replica.
    """

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def run(self) -> None:
        """Takes steps that are due until cancelled."""
        while True:
            while await self.take_steps() == BATCH:
                pass
            await asyncio.sleep(self._desk.settings.overdue_look_s)

    async def take_steps(self) -> int:
        """Takes steps that are due; returns how many."""

        def work(connection: Connection) -> int:
            now, settings = self._desk.clock(), self._desk.settings
            today = self._desk.day_of(now)
            due = overdue.lock_due(
                connection, settings.overdue_days, today, settings.time_zone, BATCH
            )
            for row in due:
                if overdue.take_step(connection, row["id"], row["step"], now):
                    event = InvoiceOverdue(
                        occurred_at=now,
                        invoice_id=row["id"],
                        patient_id=row["patient_id"],
                        number=row["number"],
                        step=row["step"],
                        due_on=row["due_on"],
                    )
                    publish(connection, event)
            return len(due)

        return await self._desk.database.transact(work, keyed=False)

    async def write_off(self, principal: Principal, invoice_id: UUID, request: Reason) -> Invoice:
        """Gives up on what a patient still owes of an invoice.

        Raises:
            InvoiceNotFound: no such invoice.
            NotIssued: nothing is owed by the patient.
        """
        principal.require(Permission.BILLING_APPROVE)

        def work(connection: Connection) -> Invoice:
            now = self._desk.clock()
            row = invoices.lock(connection, invoice_id)
            if row is None:
                raise InvoiceNotFound
            owed = row["patient_share"] - row["patient_settled"]
            if row["status"] != "issued" or not owed:
                raise NotIssued
            _post(connection, principal, row, owed, now)
            settled = settle(connection, invoice_id, party="patient", amount=owed, at=now)
            write_audit(
                connection,
                principal,
                action=f"invoice.write_off {request.reason[:60]}",
                object_type=INVOICE,
                object_id=invoice_id,
                at=now,
                patient_id=row["patient_id"],
            )
            return mapping.invoice(settled, invoices.lines(connection, invoice_id))

        return await self._desk.database.transact(work)


def _post(
    connection: Connection, principal: Principal, invoice: RowMapping, owed: int, now: datetime
) -> None:
    invoice_id = invoice["id"]
    lines = [
        Line(Account.BAD_DEBT.value, owed, invoice_id=invoice_id),
        Line(Account.RECEIVABLE_PATIENT.value, -owed, invoice["patient_id"], invoice_id),
    ]
    ledger.post(
        connection,
        kind="write_off",
        source_kind=INVOICE,
        source_id=new_id(),
        currency=invoice["currency"],
        lines=lines,
        at=now,
        actor_id=principal.user_id,
    )
