"""Invoices and their lines: read, locked, settled."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal
from uuid import UUID

from sqlalchemy import Connection, RowMapping, case, insert, select, update

from storage.billing.invoice_tables import INVOICES, LINES

Party = Literal["patient", "payer"]
"""Who owes: each has a share of the invoice, and what of it is settled."""
OWED: Final = {"patient": INVOICES.c.patient_share, "payer": INVOICES.c.payer_share}
SETTLED: Final = {"patient": INVOICES.c.patient_settled, "payer": INVOICES.c.payer_settled}


def add(connection: Connection, values: Mapping[str, Any]) -> RowMapping:
    """Writes an invoice; what is not given is zero or absent."""
    zero = dict.fromkeys(
        ("total", "tax", "credited", "patient_share", "payer_share", "patient_settled",
         "payer_settled"),
        0,
    )  # fmt: skip
    row = {"status": "draft", "version": 1, **zero, **values}
    return connection.execute(insert(INVOICES).returning(*INVOICES.columns), row).mappings().one()


def add_lines(connection: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Writes the lines of a draft that is being issued."""
    connection.execute(insert(LINES), list(rows))


def find(connection: Connection, invoice_id: UUID) -> RowMapping | None:
    """The invoice, or None."""
    query = select(INVOICES).where(INVOICES.c.id == invoice_id)
    return connection.execute(query).mappings().first()


def lock(connection: Connection, invoice_id: UUID) -> RowMapping | None:
    """The invoice, locked until the end of the transaction, or None."""
    query = select(INVOICES).where(INVOICES.c.id == invoice_id).with_for_update()
    return connection.execute(query).mappings().first()


def lines(connection: Connection, invoice_id: UUID) -> Sequence[RowMapping]:
    """Its lines, in their order."""
    query = select(LINES).where(LINES.c.invoice_id == invoice_id).order_by(LINES.c.position)
    return connection.execute(query).mappings().all()


def settle(
    connection: Connection, invoice_id: UUID, party: Party, amount: int, at: datetime
) -> RowMapping | None:
    """Adds to what a party settled, in one guarded UPDATE; the row afterwards.

    The status follows: balanced when all that was not credited is settled, else issued.

    Returns:
        None when there is no such issued invoice, or the party would have settled less than
        nothing or more than its share.
    """
    mine, share = SETTLED[party], OWED[party]
    others = SETTLED["payer" if party == "patient" else "patient"]
    due = INVOICES.c.total - INVOICES.c.credited
    statement = (
        update(INVOICES)
        .where(
            INVOICES.c.id == invoice_id,
            INVOICES.c.status.in_(("issued", "balanced")),
            (mine + amount).between(0, share),
        )
        .values(
            {
                mine.name: mine + amount,
                "status": case((mine + amount + others == due, "balanced"), else_="issued"),
                "updated_at": at,
                "version": INVOICES.c.version + 1,
            }
        )
        .returning(*INVOICES.columns)
    )
    return connection.execute(statement).mappings().first()


def find_drafts(connection: Connection, patient_id: UUID, currency: str) -> Sequence[RowMapping]:
    """The drafts of a patient, oldest first, locked until the end of the transaction."""
    query = (
        select(INVOICES)
        .where(
            INVOICES.c.patient_id == patient_id,
            INVOICES.c.currency == currency,
            INVOICES.c.status == "draft",
        )
        .order_by(INVOICES.c.id)
        .with_for_update()
    )
    return connection.execute(query).mappings().all()


def change(
    connection: Connection, invoice_id: UUID, at: datetime, values: Mapping[str, Any]
) -> RowMapping:
    """Writes values into an invoice that the caller has locked."""
    statement = (
        update(INVOICES)
        .where(INVOICES.c.id == invoice_id)
        .values(updated_at=at, version=INVOICES.c.version + 1, **values)
        .returning(*INVOICES.columns)
    )
    return connection.execute(statement).mappings().one()


@dataclass(frozen=True)
class Filter:
    """Which invoices are listed; None filters nothing."""

    patient_id: UUID | None = None
    status: str | None = None
    issued: bool = False
    before: UUID | None = None


def list_page(connection: Connection, wanted: Filter, limit: int) -> Sequence[RowMapping]:
    """Invoices, newest first."""
    query = select(INVOICES)
    if wanted.patient_id is not None:
        query = query.where(INVOICES.c.patient_id == wanted.patient_id)
    if wanted.status is not None:
        query = query.where(INVOICES.c.status == wanted.status)
    if wanted.issued:
        query = query.where(INVOICES.c.status != "draft")
    if wanted.before is not None:
        query = query.where(INVOICES.c.id < wanted.before)
    return connection.execute(query.order_by(INVOICES.c.id.desc()).limit(limit)).mappings().all()


def reallocate(
    connection: Connection,
    invoice_id: UUID,
    *,
    to_patient: int,
    written_off: int,
    payer_settled: int,
    patient_settled: int,
    at: datetime,
) -> RowMapping:
    """Moves what is owed between the parties after a payer's answer, in one UPDATE.

    The lines stay as they were issued; `written_off` counts as credited. CHECKs refuse shares
    below what is settled. The caller holds the lock of the invoice.

    Args:
        connection: in the transaction that posts the same to the ledger.
        invoice_id: an issued one.
        to_patient: from the payer's share to the patient's; negative moves back.
        written_off: from the payer's share to nobody; negative takes a write-off back.
        payer_settled: what the payer settled more, or less when negative.
        patient_settled: the same of the patient.
        at: when.
    """
    table = INVOICES.c
    settled = table.patient_settled + table.payer_settled + payer_settled + patient_settled
    balanced = settled == table.total - table.credited - written_off
    statement = (
        update(INVOICES)
        .where(table.id == invoice_id)
        .values(
            patient_share=table.patient_share + to_patient,
            payer_share=table.payer_share - to_patient - written_off,
            credited=table.credited + written_off,
            payer_settled=table.payer_settled + payer_settled,
            patient_settled=table.patient_settled + patient_settled,
            status=case((balanced, "balanced"), else_="issued"),
            updated_at=at,
            version=table.version + 1,
        )
        .returning(*INVOICES.columns)
    )
    return connection.execute(statement).mappings().one()
