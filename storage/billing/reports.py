"""What an accountant asks: the day book, aged receivables, revenue, the state of claims."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Final
from uuid import UUID

from sqlalchemy import Connection, RowMapping, bindparam, func, literal, select, text, union_all

from storage.billing.claim_tables import CLAIMS
from storage.billing.credit_tables import CREDIT_LINES, CREDIT_NOTES
from storage.billing.invoice_tables import INVOICES
from storage.billing.invoice_tables import LINES as INVOICE_LINES
from storage.billing.ledger_tables import ENTRIES, LINES

AGED: Final = text(
    "SELECT party, currency, count(*) AS invoices,"
    " sum(owed) FILTER (WHERE late <= 0) AS not_due,"
    " sum(owed) FILTER (WHERE late BETWEEN 1 AND 30) AS days_1_30,"
    " sum(owed) FILTER (WHERE late BETWEEN 31 AND 60) AS days_31_60,"
    " sum(owed) FILTER (WHERE late BETWEEN 61 AND 90) AS days_61_90,"
    " sum(owed) FILTER (WHERE late > 90) AS days_over_90, sum(owed) AS total"
    " FROM (SELECT 'patient' AS party, currency, patient_share - patient_settled AS owed,"
    "   CAST(:today AS date) - due_on AS late FROM invoices WHERE status = 'issued'"
    "  UNION ALL SELECT 'payer', currency, payer_share - payer_settled,"
    "   CAST(:today AS date) - due_on FROM invoices WHERE status = 'issued') open"
    " WHERE owed > 0 GROUP BY party, currency ORDER BY party, currency"
)


def day_book(
    connection: Connection,
    since: datetime,
    until: datetime,
    after: tuple[datetime, UUID, int] | None,
    limit: int,
) -> Sequence[RowMapping]:
    """Every line of the ledger from one moment until another, in its order, after a position."""
    query = (
        select(
            ENTRIES.c.at,
            ENTRIES.c.id.label("entry_id"),
            LINES.c.position,
            ENTRIES.c.kind,
            ENTRIES.c.source_kind,
            ENTRIES.c.source_id,
            ENTRIES.c.currency,
            LINES.c.account,
            func.greatest(LINES.c.amount, 0).label("debit"),
            func.greatest(-LINES.c.amount, 0).label("credit"),
            LINES.c.party_id,
            INVOICES.c.number.label("invoice_number"),
        )
        .join(LINES, LINES.c.entry_id == ENTRIES.c.id)
        .outerjoin(INVOICES, INVOICES.c.id == LINES.c.invoice_id)
        .where(ENTRIES.c.at >= since, ENTRIES.c.at < until)
    )
    place = (ENTRIES.c.at, ENTRIES.c.id, LINES.c.position)
    if after is not None:
        query = query.where(func.row(*place) > func.row(*after))
    return connection.execute(query.order_by(*place).limit(limit)).mappings().all()


def aged_receivables(connection: Connection, today: date) -> Sequence[RowMapping]:
    """What patients and payers owe, by how long it is overdue, minor units."""
    statement = AGED.bindparams(bindparam("today"))
    return connection.execute(statement, {"today": today}).mappings().all()


def revenue(connection: Connection, since: datetime, until: datetime) -> Sequence[RowMapping]:
    """By area and code, what was invoiced less what was credited, without tax, minor units."""
    zero = literal(0)
    invoiced = select(
        INVOICE_LINES.c.area,
        INVOICE_LINES.c.code,
        INVOICES.c.currency,
        INVOICE_LINES.c.quantity,
        (INVOICE_LINES.c.total - INVOICE_LINES.c.tax).label("invoiced"),
        zero.label("credited"),
    ).join(INVOICES, INVOICES.c.id == INVOICE_LINES.c.invoice_id)
    credited = (
        select(
            INVOICE_LINES.c.area,
            INVOICE_LINES.c.code,
            CREDIT_NOTES.c.currency,
            (-func.coalesce(CREDIT_LINES.c.quantity, 0)).label("quantity"),
            zero.label("invoiced"),
            (CREDIT_LINES.c.total - CREDIT_LINES.c.tax).label("credited"),
        )
        .join(INVOICE_LINES, INVOICE_LINES.c.id == CREDIT_LINES.c.invoice_line_id)
        .join(CREDIT_NOTES, CREDIT_NOTES.c.id == CREDIT_LINES.c.credit_note_id)
        .where(
            CREDIT_NOTES.c.status == "issued",
            CREDIT_NOTES.c.issued_at >= since,
            CREDIT_NOTES.c.issued_at < until,
        )
    )
    period = invoiced.where(INVOICES.c.issued_at >= since, INVOICES.c.issued_at < until)
    both = union_all(period, credited).subquery()
    key = (both.c.area, both.c.code, both.c.currency)
    query = select(
        *key,
        func.sum(both.c.quantity).label("quantity"),
        func.sum(both.c.invoiced).label("invoiced"),
        func.sum(both.c.credited).label("credited"),
        (func.sum(both.c.invoiced) - func.sum(both.c.credited)).label("net"),
    )
    return connection.execute(query.group_by(*key).order_by(*key)).mappings().all()


def claims_by_state(connection: Connection) -> Sequence[RowMapping]:
    """By payer and status, how many claims there are and what they claim, minor units."""
    claims = CLAIMS.c
    query = select(
        claims.payer_id,
        claims.status,
        claims.currency,
        func.count().label("claims"),
        func.sum(claims.charge).label("charged"),
        func.sum(claims.paid).label("paid"),
    ).where(claims.use == "claim")
    key = (claims.payer_id, claims.status, claims.currency)
    return connection.execute(query.group_by(*key).order_by(*key)).mappings().all()
