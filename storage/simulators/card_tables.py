"""Tables of the simulated card company."""

from typing import Final, cast
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, Table
from sqlalchemy.orm import Mapped, mapped_column

from storage.columns import Instant, UuidKey
from storage.simulators.base import Base


class CardCharge(Base):
    """Money taken from a card, or not; once for each reference of the customer.

    Amounts are minor units of the currency. Until `known_at` the company says "pending".
    """

    __tablename__ = "card_charges"
    __table_args__ = (
        CheckConstraint("amount > 0", name="amount"),
        CheckConstraint("refunded BETWEEN 0 AND amount", name="refunded"),
        CheckConstraint(
            "status IN ('succeeded', 'declined', 'voided', 'charged-back')", name="status"
        ),
    )

    reference: Mapped[str] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(unique=True)
    amount: Mapped[int] = mapped_column(BigInteger)
    currency: Mapped[str]
    status: Mapped[str]
    decline_code: Mapped[str | None]
    refunded: Mapped[int] = mapped_column(BigInteger)
    known_at: Mapped[Instant]
    created_at: Mapped[Instant]


class CardRefund(Base):
    """Money given back; once for each reference of the customer."""

    __tablename__ = "card_refunds"
    __table_args__ = (
        CheckConstraint("amount > 0", name="amount"),
        Index(None, "charge_reference"),
    )

    reference: Mapped[str] = mapped_column(primary_key=True)
    charge_reference: Mapped[str] = mapped_column(ForeignKey("card_charges.reference"))
    amount: Mapped[int] = mapped_column(BigInteger)
    created_at: Mapped[Instant]


class CardRequest(Base):
    """That a customer asked for something, whatever came of it."""

    __tablename__ = "card_requests"
    __table_args__ = (Index(None, "reference"),)

    id: Mapped[UuidKey]
    reference: Mapped[str]
    at: Mapped[Instant]


def _table(kind: type[Base]) -> Table:
    return cast("Table", kind.__table__)


CHARGES: Final = _table(CardCharge)
REFUNDS: Final = _table(CardRefund)
REQUESTS: Final = _table(CardRequest)
