"""Tables of the simulated payers. Amounts are minor units."""

from datetime import date
from typing import Any, Final, cast

from sqlalchemy import BigInteger, CheckConstraint, Index, Sequence, Table, UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from storage.columns import Instant, UuidKey
from storage.simulators.base import Base

PAYER_NUMBERS: Final = Sequence("payer_numbers", metadata=Base.metadata)
"""Claim numbers, trace numbers and control numbers of the payers."""


class PayerClaim(Base):
    """A claim that arrived.

    Attributes:
        number: the hospital's.
        control_number: ISA13 of the 837 that brought it.
        claim: what it says, as `Claim`.
        answer: what was answered last, as `ClaimAnswer`.
        state: `rejected`, `pending` (to be adjudicated), `decided` or `void`.
        lenient: after an appeal with evidence.
        known_at: until then its answers are not given out.
        deductible, paid, own: what it uses up of the year.
    """

    __tablename__ = "payer_claims"
    __table_args__ = (
        CheckConstraint("state IN ('rejected', 'pending', 'decided', 'void')", name="state"),
        UniqueConstraint("payer", "sender", "control_number"),
        Index(None, "payer", "sender", "number"),
        Index(None, "payer", "member_id"),
    )

    id: Mapped[UuidKey]
    payer: Mapped[str]
    sender: Mapped[str]
    number: Mapped[str]
    control_number: Mapped[str]
    member_id: Mapped[str]
    claim: Mapped[dict[str, Any]] = mapped_column(JSONB)
    acknowledgement: Mapped[str]
    status: Mapped[str | None]
    payer_claim_number: Mapped[str]
    state: Mapped[str]
    lenient: Mapped[bool]
    appealed_version: Mapped[int | None]
    answer: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    year: Mapped[int]
    deductible: Mapped[int] = mapped_column(BigInteger)
    paid: Mapped[int] = mapped_column(BigInteger)
    own: Mapped[int] = mapped_column(BigInteger)
    known_at: Mapped[Instant]
    received_at: Mapped[Instant]


class PayerRemittance(Base):
    """An 835 that was made."""

    __tablename__ = "payer_remittances"

    trace_number: Mapped[str] = mapped_column(primary_key=True)
    payer: Mapped[str]
    receiver: Mapped[str]
    content: Mapped[str]
    made_at: Mapped[Instant]


class PayerConsent(Base):
    """That a payer agreed to something before it was done."""

    __tablename__ = "payer_consents"
    __table_args__ = (UniqueConstraint("payer", "asked_as"),)

    number: Mapped[str] = mapped_column(primary_key=True)
    payer: Mapped[str]
    asked_as: Mapped[str]
    member_id: Mapped[str]
    codes: Mapped[list[str]] = mapped_column(JSONB)
    until: Mapped[date]


class PayerAttempt(Base):
    """That an interchange came, whether or not anybody was answered."""

    __tablename__ = "payer_attempts"
    __table_args__ = (Index(None, "payer", "sender", "control_number"),)

    id: Mapped[UuidKey]
    payer: Mapped[str]
    sender: Mapped[str]
    control_number: Mapped[str]
    at: Mapped[Instant]


def _table(kind: type[Base]) -> Table:
    return cast("Table", kind.__table__)


PAYER_CLAIMS: Final = _table(PayerClaim)
PAYER_REMITTANCES: Final = _table(PayerRemittance)
PAYER_CONSENTS: Final = _table(PayerConsent)
PAYER_ATTEMPTS: Final = _table(PayerAttempt)
