"""The double-entry ledger: a source is posted once, an entry is never changed, and it balances."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Connection, func, insert, select
from sqlalchemy.dialects.postgresql import insert as upsert

from storage.billing.ledger_tables import ENTRIES, LINES
from storage.columns import new_id

APPEND_LINES: Final = insert(LINES)


@dataclass(frozen=True, slots=True)
class Line:
    """A debit (positive) or credit (negative) of an account.

    Attributes:
        account: a code of the chart of accounts.
        amount: minor units of the entry's currency, signed; lines of zero are left out.
        party_id: the patient or the payer that it is about.
        invoice_id: the invoice that it is about.
    """

    account: str
    amount: int
    party_id: UUID | None = None
    invoice_id: UUID | None = None


def post(
    connection: Connection,
    *,
    kind: str,
    source_kind: str,
    source_id: UUID,
    currency: str,
    lines: Sequence[Line],
    at: datetime,
    actor_id: UUID,
) -> UUID | None:
    """Writes an entry; None when the source was posted in this kind before.

    The debits and credits are compared by the database at COMMIT, so an entry that is not
    balanced takes its whole transaction with it.

    Args:
        connection: in the transaction of what happened.
        kind: what happened: invoice, payment, refund, ...
        source_kind: the kind of thing that caused it: Invoice, Payment, ...
        source_id: which one.
        currency: ISO 4217 code.
        lines: two or more that add up to zero.
        at: when it happened.
        actor_id: who did it.

    Raises:
        ValueError: the lines do not add up to zero, or are fewer than two.
    """
    written = [line for line in lines if line.amount]
    if len(written) < 2 or sum(line.amount for line in written) != 0:
        raise ValueError("an entry has two lines or more, which add up to zero")
    entry = {
        "id": new_id(),
        "kind": kind,
        "source_kind": source_kind,
        "source_id": source_id,
        "currency": currency,
        "at": at,
        "actor_id": actor_id,
    }
    entry_id: UUID | None = connection.execute(
        upsert(ENTRIES).on_conflict_do_nothing().returning(ENTRIES.c.id), entry
    ).scalar()
    if entry_id is not None:
        connection.execute(APPEND_LINES, [_row(entry_id, *it) for it in enumerate(written)])
    return entry_id


def balance(
    connection: Connection,
    account: str,
    *,
    currency: str,
    party_id: UUID | None = None,
    invoice_id: UUID | None = None,
) -> int:
    """What stands on an account, minor units: debits minus credits.

    Args:
        connection: to read with.
        account: a code of the chart of accounts.
        currency: ISO 4217 code.
        party_id: only of this patient or payer.
        invoice_id: only of this invoice.
    """
    query = (
        select(func.coalesce(func.sum(LINES.c.amount), 0))
        .join(ENTRIES, ENTRIES.c.id == LINES.c.entry_id)
        .where(LINES.c.account == account, ENTRIES.c.currency == currency)
    )
    if party_id is not None:
        query = query.where(LINES.c.party_id == party_id)
    if invoice_id is not None:
        query = query.where(LINES.c.invoice_id == invoice_id)
    return int(connection.execute(query).scalar_one())


def invoice_balances(connection: Connection, invoice_id: UUID) -> dict[str, int]:
    """By account, what an invoice left on it: debits minus credits, minor units."""
    query = (
        select(LINES.c.account, func.sum(LINES.c.amount))
        .where(LINES.c.invoice_id == invoice_id)
        .group_by(LINES.c.account)
    )
    return {row.account: int(row[1]) for row in connection.execute(query)}


def _row(entry_id: UUID, position: int, line: Line) -> dict[str, Any]:
    return {
        "entry_id": entry_id,
        "position": position,
        "account": line.account,
        "amount": line.amount,
        "party_id": line.party_id,
        "invoice_id": line.invoice_id,
    }
