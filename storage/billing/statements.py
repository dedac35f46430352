"""A patient's account, read from the ledger: what was owed, what was paid, what is left."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection, RowMapping, func, select

from storage.billing.credit_tables import CREDIT_NOTES
from storage.billing.invoice_tables import INVOICES
from storage.billing.ledger_tables import ENTRIES, LINES


def opening(
    connection: Connection,
    patient_id: UUID,
    accounts: Sequence[str],
    currency: str,
    until: datetime,
) -> int:
    """What the patient owed just before a moment, minor units; negative is in their favour."""
    query = (
        select(func.coalesce(func.sum(LINES.c.amount), 0))
        .join(ENTRIES, ENTRIES.c.id == LINES.c.entry_id)
        .where(
            LINES.c.party_id == patient_id,
            LINES.c.account.in_(accounts),
            ENTRIES.c.currency == currency,
            ENTRIES.c.at < until,
        )
    )
    return int(connection.execute(query).scalar_one())


def movements(
    connection: Connection,
    patient_id: UUID,
    accounts: Sequence[str],
    currency: str,
    since: datetime,
    until: datetime,
) -> Sequence[RowMapping]:
    """What changed it from one moment until another, oldest first: kind, number, amount."""
    query = (
        select(
            ENTRIES.c.id,
            ENTRIES.c.at,
            ENTRIES.c.kind,
            func.coalesce(CREDIT_NOTES.c.number, func.min(INVOICES.c.number)).label("number"),
            func.sum(LINES.c.amount).label("amount"),
        )
        .join(LINES, LINES.c.entry_id == ENTRIES.c.id)
        .outerjoin(INVOICES, INVOICES.c.id == LINES.c.invoice_id)
        .outerjoin(CREDIT_NOTES, CREDIT_NOTES.c.id == ENTRIES.c.source_id)
        .where(
            LINES.c.party_id == patient_id,
            LINES.c.account.in_(accounts),
            ENTRIES.c.currency == currency,
            ENTRIES.c.at >= since,
            ENTRIES.c.at < until,
        )
        .group_by(ENTRIES.c.id, CREDIT_NOTES.c.number)
        .having(func.sum(LINES.c.amount) != 0)
        .order_by(ENTRIES.c.at, ENTRIES.c.id)
    )
    return connection.execute(query).mappings().all()
