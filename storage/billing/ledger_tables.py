"""Tables of the ledger: entries with their lines, only ever added to.

Amounts are minor units of the entry's currency: what is debited is positive, what is credited
negative, so that the lines of an entry add up to zero. The database holds three things by
triggers (revision 0002): nothing is changed or deleted, an entry that is not balanced or has
fewer than two lines does not commit, and no line joins an entry of another transaction.
"""

from typing import Final, cast
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, Table, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from storage.billing.base import Base
from storage.columns import Instant, UuidKey


class LedgerEntry(Base):
    """One thing that happened to money; each source is posted once in each kind."""

    __tablename__ = "ledger_entries"
    __table_args__ = (UniqueConstraint("kind", "source_kind", "source_id"), Index(None, "at", "id"))

    id: Mapped[UuidKey]
    kind: Mapped[str]
    source_kind: Mapped[str]
    source_id: Mapped[UUID]
    currency: Mapped[str]
    at: Mapped[Instant]
    actor_id: Mapped[UUID]


class LedgerLine(Base):
    """A debit (positive) or credit (negative) of one account.

    `party_id` is who owes or is owed: a patient, or a payer.
    """

    __tablename__ = "ledger_lines"
    __table_args__ = (
        CheckConstraint("amount <> 0", name="amount"),
        Index(None, "account", "party_id"),
        Index(None, "invoice_id"),
    )

    entry_id: Mapped[UUID] = mapped_column(ForeignKey("ledger_entries.id"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    account: Mapped[str]
    amount: Mapped[int] = mapped_column(BigInteger)
    party_id: Mapped[UUID | None]
    invoice_id: Mapped[UUID | None] = mapped_column(ForeignKey("invoices.id"))


ENTRIES: Final = cast("Table", LedgerEntry.__table__)
LINES: Final = cast("Table", LedgerLine.__table__)
