"""Credit notes: what was credited of a line, and drafts that wait for a decision."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import (
    Connection,
    Label,
    RowMapping,
    Select,
    case,
    delete,
    func,
    insert,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import insert as upsert

from storage.billing.charge_tables import CHARGES
from storage.billing.credit_tables import CREDIT_LINES, CREDIT_NOTES
from storage.billing.invoice_tables import INVOICES, LINES
from storage.columns import new_id


def _sum(column: Any, name: str) -> Label[Any]:
    return func.coalesce(func.sum(column), 0).label(name)


def _with_credits() -> Select[Any]:
    """Lines of invoices with what issued credit notes took of them; allowances take no quantity."""
    taken = (
        select(
            CREDIT_LINES.c.invoice_line_id,
            _sum(
                case((CREDIT_NOTES.c.kind != "allowance", CREDIT_LINES.c.quantity), else_=0),
                "credited_quantity",
            ),
            _sum(CREDIT_LINES.c.total, "credited_total"),
            _sum(CREDIT_LINES.c.tax, "credited_tax"),
        )
        .join(CREDIT_NOTES, CREDIT_NOTES.c.id == CREDIT_LINES.c.credit_note_id)
        .where(CREDIT_NOTES.c.status == "issued", CREDIT_LINES.c.invoice_line_id == LINES.c.id)
        .group_by(CREDIT_LINES.c.invoice_line_id)
        .lateral()
    )
    return select(
        LINES,
        *(
            func.coalesce(taken.c[name], 0).label(name)
            for name in ("credited_quantity", "credited_total", "credited_tax")
        ),
    ).outerjoin(taken, taken.c.invoice_line_id == LINES.c.id)


def lines_of(connection: Connection, invoice_id: UUID) -> Sequence[RowMapping]:
    """The lines of an invoice, in their order, with what was credited of each."""
    query = _with_credits().where(LINES.c.invoice_id == invoice_id).order_by(LINES.c.position)
    return connection.execute(query).mappings().all()


def lines_of_source(connection: Connection, source_row_id: UUID) -> Sequence[RowMapping]:
    """The lines that charge for a source, newest first, with what was credited of each."""
    query = (
        _with_credits()
        .add_columns(INVOICES.c.currency)
        .join(INVOICES, INVOICES.c.id == LINES.c.invoice_id)
        .join(CHARGES, CHARGES.c.id == LINES.c.charge_item_id)
        .where(CHARGES.c.source_id == source_row_id)
        .order_by(LINES.c.id.desc())
    )
    return connection.execute(query).mappings().all()


def add(connection: Connection, values: Mapping[str, Any], at: datetime) -> RowMapping:
    """Writes a draft without amounts.

    Raises:
        sqlalchemy.exc.IntegrityError: the invoice has a draft of this kind.
    """
    zero = dict.fromkeys(
        ("total", "tax", "patient_part", "payer_part", "patient_surplus", "payer_surplus"), 0
    )
    row = {
        "id": new_id(),
        "status": "draft",
        "created_at": at,
        "updated_at": at,
        "version": 1,
        **zero,
        **values,
    }
    statement = insert(CREDIT_NOTES).returning(*CREDIT_NOTES.columns)
    return connection.execute(statement, row).mappings().one()


def find_draft(connection: Connection, invoice_id: UUID, kind: str) -> RowMapping | None:
    """The draft of a kind for an invoice, locked until the end of the transaction."""
    query = select(CREDIT_NOTES).where(
        CREDIT_NOTES.c.invoice_id == invoice_id,
        CREDIT_NOTES.c.kind == kind,
        CREDIT_NOTES.c.status == "draft",
    )
    return connection.execute(query.with_for_update()).mappings().first()


def find(connection: Connection, note_id: UUID, *, lock: bool = False) -> RowMapping | None:
    """A credit note; with `lock` until the end of the transaction."""
    query = select(CREDIT_NOTES).where(CREDIT_NOTES.c.id == note_id)
    if lock:
        query = query.with_for_update()
    return connection.execute(query).mappings().first()


def note_lines(connection: Connection, note_id: UUID) -> Sequence[RowMapping]:
    """The lines of a credit note with what they are about, in the order of the invoice."""
    names = ("position", "area", "code", "name_en", "name_vi", "charge_item_id")
    query = (
        select(CREDIT_LINES, *(LINES.c[name] for name in names))
        .join(LINES, LINES.c.id == CREDIT_LINES.c.invoice_line_id)
        .where(CREDIT_LINES.c.credit_note_id == note_id)
        .order_by(LINES.c.position)
    )
    return connection.execute(query).mappings().all()


def set_line(
    connection: Connection,
    note_id: UUID,
    line_id: UUID,
    *,
    quantity: Decimal | None = None,
    amount: int | None = None,
    total: int = 0,
    tax: int = 0,
) -> None:
    """Writes how much of a line a draft takes back."""
    values = {"quantity": quantity, "amount": amount, "total": total, "tax": tax}
    statement = upsert(CREDIT_LINES).values(
        credit_note_id=note_id, invoice_line_id=line_id, **values
    )
    key = [CREDIT_LINES.c.credit_note_id, CREDIT_LINES.c.invoice_line_id]
    connection.execute(statement.on_conflict_do_update(index_elements=key, set_=values))


def drop_line(connection: Connection, note_id: UUID, line_id: UUID) -> None:
    """Takes a line out of a draft, and the draft away when it has no other."""
    connection.execute(
        delete(CREDIT_LINES).where(
            CREDIT_LINES.c.credit_note_id == note_id, CREDIT_LINES.c.invoice_line_id == line_id
        )
    )
    rest = select(CREDIT_LINES.c.credit_note_id).where(CREDIT_LINES.c.credit_note_id == note_id)
    connection.execute(delete(CREDIT_NOTES).where(CREDIT_NOTES.c.id == note_id, ~rest.exists()))


def change(
    connection: Connection, note_id: UUID, at: datetime, values: Mapping[str, Any]
) -> RowMapping:
    """Writes values into a draft that the caller has locked."""
    statement = (
        update(CREDIT_NOTES)
        .where(CREDIT_NOTES.c.id == note_id)
        .values(updated_at=at, version=CREDIT_NOTES.c.version + 1, **values)
        .returning(*CREDIT_NOTES.columns)
    )
    return connection.execute(statement).mappings().one()


def list_page(
    connection: Connection,
    *,
    patient_id: UUID | None,
    invoice_id: UUID | None,
    status: str | None,
    before: UUID | None,
    limit: int,
) -> Sequence[RowMapping]:
    """Credit notes, newest first; None filters nothing."""
    query = select(CREDIT_NOTES)
    for column, value in (("patient_id", patient_id), ("invoice_id", invoice_id)):
        if value is not None:
            query = query.where(CREDIT_NOTES.c[column] == value)
    if status is not None:
        query = query.where(CREDIT_NOTES.c.status == status)
    if before is not None:
        query = query.where(CREDIT_NOTES.c.id < before)
    ordered = query.order_by(CREDIT_NOTES.c.id.desc()).limit(limit)
    return connection.execute(ordered).mappings().all()
