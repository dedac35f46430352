"""Sources of charges, and the charges for them. Everything here happens under `lock_patient`."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, RowMapping, func, insert, select, text, update

from storage.billing.charge_tables import CHARGES, DISCOUNTS, EXEMPTIONS, SOURCES
from storage.billing.credit_tables import CREDIT_LINES, CREDIT_NOTES
from storage.billing.invoice_tables import LINES
from storage.columns import new_id

OPEN = CHARGES.c.status.in_(("planned", "billable"))
RELEASING = ("reversal", "correction")
"""Kinds of credit notes after which the quantity is no longer billed."""


def lock_patient(connection: Connection, patient_id: UUID) -> None:
    """Holds back whatever else changes charges or drafts of the patient."""
    lock = text("SELECT pg_advisory_xact_lock(hashtextextended(:patient_id, 5))")
    connection.execute(lock, {"patient_id": str(patient_id)})


def find_source(
    connection: Connection, source_kind: str, source_id: UUID, part_id: UUID
) -> RowMapping | None:
    """What is known of a source."""
    query = select(SOURCES).where(
        SOURCES.c.source_kind == source_kind,
        SOURCES.c.source_id == source_id,
        SOURCES.c.part_id == part_id,
    )
    return connection.execute(query).mappings().first()


def keep_source(
    connection: Connection, found: RowMapping | None, values: Mapping[str, Any]
) -> RowMapping:
    """Writes what is known of a source now; `found` is its row, if it has one."""
    columns = SOURCES.columns
    if found is None:
        added = insert(SOURCES).values(id=new_id(), **values).returning(*columns)
        return connection.execute(added).mappings().one()
    changed = update(SOURCES).where(SOURCES.c.id == found["id"]).values(**values)
    return connection.execute(changed.returning(*columns)).mappings().one()


def get_source(connection: Connection, source_row_id: UUID) -> RowMapping:
    """A source that exists, by the id of its row."""
    query = select(SOURCES).where(SOURCES.c.id == source_row_id)
    return connection.execute(query).mappings().one()


def billed_quantity(connection: Connection, source_row_id: UUID) -> Decimal:
    """How much of a source stands on issued invoices, less what was taken back."""
    lines = select(LINES.c.id, LINES.c.quantity).join(
        CHARGES, CHARGES.c.id == LINES.c.charge_item_id
    )
    billed = lines.where(CHARGES.c.source_id == source_row_id).cte("billed")
    back = (
        select(func.coalesce(func.sum(CREDIT_LINES.c.quantity), 0))
        .join(CREDIT_NOTES, CREDIT_NOTES.c.id == CREDIT_LINES.c.credit_note_id)
        .where(
            CREDIT_LINES.c.invoice_line_id.in_(select(billed.c.id)),
            CREDIT_NOTES.c.status == "issued",
            CREDIT_NOTES.c.kind.in_(RELEASING),
        )
        .scalar_subquery()
    )
    total = select(func.coalesce(func.sum(billed.c.quantity), 0) - back)
    return Decimal(connection.execute(total).scalar_one())


def find_open(connection: Connection, source_row_id: UUID) -> RowMapping | None:
    """The charge for a source that is not billed yet."""
    query = select(CHARGES).where(CHARGES.c.source_id == source_row_id, OPEN)
    return connection.execute(query).mappings().first()


def add(connection: Connection, values: Mapping[str, Any], at: datetime) -> RowMapping:
    """Writes a charge."""
    row = {"id": new_id(), "created_at": at, "updated_at": at, **values}
    return connection.execute(insert(CHARGES).returning(*CHARGES.columns), row).mappings().one()


def change(connection: Connection, charge_id: UUID, at: datetime, **values: Any) -> RowMapping:
    """Writes values into a charge."""
    statement = update(CHARGES).where(CHARGES.c.id == charge_id).values(updated_at=at, **values)
    return connection.execute(statement.returning(*CHARGES.columns)).mappings().one()


def on_draft(connection: Connection, invoice_id: UUID) -> Sequence[RowMapping]:
    """The charges on a draft with what they are for, in the order in which it was done."""
    query = (
        select(
            CHARGES.c.id.label("charge_item_id"),
            CHARGES.c.quantity,
            SOURCES,
        )
        .join(SOURCES, SOURCES.c.id == CHARGES.c.source_id)
        .where(CHARGES.c.invoice_id == invoice_id, CHARGES.c.status == "billable")
        .order_by(SOURCES.c.performed_at, CHARGES.c.id)
    )
    return connection.execute(query).mappings().all()


def of_patient(
    connection: Connection, patient_id: UUID, before: UUID | None, limit: int
) -> Sequence[RowMapping]:
    """Charges of a patient with what they are for, newest first."""
    query = (
        select(
            CHARGES,
            *(
                SOURCES.c[name]
                for name in ("source_kind", "part_id", "area", "kind", "code", "performed_at")
            ),
            SOURCES.c.source_id.label("about_id"),
        )
        .join(SOURCES, SOURCES.c.id == CHARGES.c.source_id)
        .where(CHARGES.c.patient_id == patient_id)
    )
    if before is not None:
        query = query.where(CHARGES.c.id < before)
    return connection.execute(query.order_by(CHARGES.c.id.desc()).limit(limit)).mappings().all()


def find(connection: Connection, charge_id: UUID) -> RowMapping | None:
    """A charge, or None."""
    query = select(CHARGES).where(CHARGES.c.id == charge_id)
    return connection.execute(query).mappings().first()


def bill(connection: Connection, invoice_id: UUID, at: datetime) -> None:
    """The charges on a draft are on an issued invoice now."""
    statement = update(CHARGES).where(
        CHARGES.c.invoice_id == invoice_id, CHARGES.c.status == "billable"
    )
    connection.execute(statement.values(status="billed", updated_at=at))


def panel_codes(connection: Connection, orders: Sequence[UUID]) -> Sequence[RowMapping]:
    """The tests of panels that were ordered, each once: source, panel, code."""
    query = (
        select(SOURCES.c.source_id, SOURCES.c.panel, SOURCES.c.code)
        .where(SOURCES.c.source_id.in_(orders), SOURCES.c.panel.is_not(None))
        .distinct()
        .order_by(SOURCES.c.source_id, SOURCES.c.panel, SOURCES.c.code)
    )
    return connection.execute(query).mappings().all()


def visits_before(
    connection: Connection, patient_id: UUID, since: datetime, until: datetime
) -> Sequence[RowMapping]:
    """Visits of the patient that took place between two moments: doctor and time, oldest first."""
    query = (
        select(SOURCES.c.performer_id, SOURCES.c.performed_at)
        .where(
            SOURCES.c.patient_id == patient_id,
            SOURCES.c.source_kind == "Appointment",
            SOURCES.c.performed_at.between(since, until),
            SOURCES.c.done > SOURCES.c.undone,
        )
        .order_by(SOURCES.c.performed_at)
    )
    return connection.execute(query).mappings().all()


def exemptions_of(connection: Connection, patient_id: UUID) -> Sequence[RowMapping]:
    """The approved categories of a patient, with the days on which they hold."""
    query = select(EXEMPTIONS).where(
        EXEMPTIONS.c.patient_id == patient_id, EXEMPTIONS.c.status == "approved"
    )
    return connection.execute(query).mappings().all()


def discounts_of(connection: Connection, invoice_id: UUID) -> Sequence[RowMapping]:
    """The discounts of a draft that were not rejected."""
    query = select(DISCOUNTS).where(
        DISCOUNTS.c.invoice_id == invoice_id, DISCOUNTS.c.status != "rejected"
    )
    return connection.execute(query).mappings().all()
