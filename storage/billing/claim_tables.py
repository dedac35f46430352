"""Claims with their lines and answers, remittances, what was sent and received, and the queue."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final, cast
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Index,
    Numeric,
    Sequence,
    Table,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB, TIMESTAMP
from sqlalchemy.orm import Mapped, mapped_column

from storage.billing.base import Base
from storage.columns import Instant, UuidKey

Later = TIMESTAMP(timezone=True)
CONTROL_NUMBERS: Final = Sequence("interchange_control_numbers", metadata=Base.metadata)
"""ISA13 of what we send: never the same twice."""
CLAIM_NUMBERS: Final = Sequence("claim_numbers", metadata=Base.metadata)
REMITTANCE_ONCE: Final = "uq_remittances_payer_id_trace_number_amount"


class InsuranceClaim(Base):
    """A claim (FHIR R4 Claim and ClaimResponse).

    Attributes:
        number: CLM01; how hospital and payer call it.
        use: `claim`, or `preauthorization` of what is planned.
        frequency: X12: 1 original, 7 replaces, 8 voids.
        outcome: of an adjudicated one: `complete`, `partial` or `denied`.
        reasons: why it was rejected, or is not valid: codes.
        preauthorization: the payer's number: of its consent to a preauthorization, and on claims.
        payer_claim_number: the payer's number of the claim.
        charge: of all lines.
        paid, patient, written_off, disputed: what the payer's answer made of the charge.
        covered_by_others: paid by earlier payers.
    """

    __tablename__ = "insurance_claims"
    __table_args__ = (
        CheckConstraint(
            "status IN ('draft', 'queued', 'submitted', 'accepted', 'rejected', 'adjudicated',"
            " 'appealed', 'paid', 'closed', 'cancelled')",
            name="status",
        ),
        CheckConstraint("\"use\" IN ('claim', 'preauthorization')", name="use"),
        CheckConstraint("frequency IN ('1', '7', '8')", name="frequency"),
        CheckConstraint("outcome IN ('complete', 'partial', 'denied')", name="outcome"),
        CheckConstraint(
            "\"use\" = 'preauthorization' OR outcome IS NULL OR"
            " paid + patient + written_off + disputed + covered_by_others = charge",
            name="answer",
        ),
        UniqueConstraint("number"),
        Index(
            "uq_insurance_claims_live",
            "invoice_id",
            "coverage_id",
            unique=True,
            postgresql_where=text(
                "\"use\" = 'claim' AND replaces_id IS NULL"
                " AND status NOT IN ('cancelled', 'rejected')"
            ),
        ),
        Index(
            "uq_insurance_claims_replaces_id",
            "replaces_id",
            unique=True,
            postgresql_where=text("status NOT IN ('cancelled', 'rejected')"),
        ),
        Index(None, "patient_id", "id"),
        Index(None, "status", "id"),
        Index(None, "payer_id", "status"),
    )

    id: Mapped[UuidKey]
    number: Mapped[str]
    use: Mapped[str]
    status: Mapped[str]
    frequency: Mapped[str]
    patient_id: Mapped[UUID]
    invoice_id: Mapped[UUID | None] = mapped_column(ForeignKey("invoices.id"))
    coverage_id: Mapped[UUID] = mapped_column(ForeignKey("coverages.id"))
    payer_id: Mapped[UUID] = mapped_column(ForeignKey("insurance_providers.id"))
    replaces_id: Mapped[UUID | None] = mapped_column(ForeignKey("insurance_claims.id"))
    currency: Mapped[str]
    diagnoses: Mapped[list[str]] = mapped_column(JSONB)
    preauthorization: Mapped[str | None]
    payer_claim_number: Mapped[str | None]
    outcome: Mapped[str | None]
    reasons: Mapped[list[str]] = mapped_column(JSONB)
    charge: Mapped[int] = mapped_column(BigInteger)
    paid: Mapped[int] = mapped_column(BigInteger)
    patient: Mapped[int] = mapped_column(BigInteger)
    written_off: Mapped[int] = mapped_column(BigInteger)
    disputed: Mapped[int] = mapped_column(BigInteger)
    covered_by_others: Mapped[int] = mapped_column(BigInteger)
    created_by: Mapped[UUID]
    created_at: Mapped[Instant]
    updated_at: Mapped[Instant]
    version: Mapped[int]


class ClaimLine(Base):
    """One line of a claim, and what the payer made of it."""

    __tablename__ = "claim_lines"
    __table_args__ = (
        CheckConstraint("charge >= 0 AND quantity > 0", name="positive"),
        CheckConstraint("paid BETWEEN 0 AND charge", name="paid"),
    )

    claim_id: Mapped[UUID] = mapped_column(ForeignKey("insurance_claims.id"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    invoice_line_id: Mapped[UUID | None] = mapped_column(ForeignKey("invoice_lines.id"))
    area: Mapped[str]
    code: Mapped[str]
    name_en: Mapped[str]
    name_vi: Mapped[str]
    service_day: Mapped[date]
    quantity: Mapped[Decimal] = mapped_column(Numeric(12, 3))
    charge: Mapped[int] = mapped_column(BigInteger)
    paid: Mapped[int | None] = mapped_column(BigInteger)
    adjustments: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)


class ClaimMove(Base):
    """One step of a claim."""

    __tablename__ = "claim_moves"

    claim_id: Mapped[UUID] = mapped_column(ForeignKey("insurance_claims.id"), primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True)
    move: Mapped[str]
    status: Mapped[str]
    note: Mapped[str | None]
    actor_id: Mapped[UUID]
    at: Mapped[Instant]


class Interchange(Base):
    """What was sent and received, as it was.

    Attributes:
        kind: `837P`, `999`, `277CA` or `835`.
        control_number: ISA13.
        claim_version: of the claim when it was made; a later submission makes another one.
        error: why a received one was refused.
    """

    __tablename__ = "interchanges"
    __table_args__ = (
        Index(
            "uq_interchanges_sent",
            "control_number",
            unique=True,
            postgresql_where=text("kind = '837P'"),
        ),
        Index(None, "claim_id", "id"),
    )

    id: Mapped[UuidKey]
    claim_id: Mapped[UUID | None] = mapped_column(ForeignKey("insurance_claims.id"))
    kind: Mapped[str]
    control_number: Mapped[str]
    claim_version: Mapped[int | None]
    error: Mapped[str | None]
    content: Mapped[str]
    at: Mapped[Instant]


class Remittance(Base):
    """A payer's payment and what it is for; posted once."""

    __tablename__ = "remittances"
    __table_args__ = (
        UniqueConstraint("payer_id", "trace_number", "amount"),
        Index(None, "posted_at", "id"),
    )

    id: Mapped[UuidKey]
    payer_id: Mapped[UUID] = mapped_column(ForeignKey("insurance_providers.id"))
    trace_number: Mapped[str]
    amount: Mapped[int] = mapped_column(BigInteger)
    withheld: Mapped[int] = mapped_column(BigInteger)
    currency: Mapped[str]
    paid_on: Mapped[date]
    posted_by: Mapped[UUID]
    posted_at: Mapped[Instant]


class RemittanceClaim(Base):
    """What a remittance paid on a claim; negative takes it back."""

    __tablename__ = "remittance_claims"
    __table_args__ = (UniqueConstraint("remittance_id", "claim_id"), Index(None, "claim_id"))

    id: Mapped[UuidKey]
    remittance_id: Mapped[UUID] = mapped_column(ForeignKey("remittances.id"))
    claim_id: Mapped[UUID] = mapped_column(ForeignKey("insurance_claims.id"))
    paid: Mapped[int] = mapped_column(BigInteger)


class BillingJob(Base):
    """One piece of work with the payers; see `storage.jobs`.

    Attributes:
        kind: `submit` or `ask` (a claim), `check` (an eligibility check), `collect` (a payer).
    """

    __tablename__ = "billing_jobs"
    __table_args__ = (
        CheckConstraint("kind IN ('submit', 'ask', 'check', 'collect')", name="kind"),
        CheckConstraint("status IN ('waiting', 'running', 'done', 'failed')", name="status"),
        Index(
            "ix_billing_jobs_waiting",
            "urgency",
            "due_at",
            "id",
            postgresql_where=text("status IN ('waiting', 'running')"),
        ),
        Index(
            "uq_billing_jobs_waiting_object",
            "kind",
            "object_id",
            unique=True,
            postgresql_where=text("status = 'waiting'"),
        ),
    )

    id: Mapped[UuidKey]
    kind: Mapped[str]
    object_id: Mapped[UUID]
    urgency: Mapped[int]
    status: Mapped[str]
    due_at: Mapped[Instant]
    attempts: Mapped[int]
    fence: Mapped[int]
    worker: Mapped[str | None]
    leased_until: Mapped[datetime | None] = mapped_column(Later)
    error: Mapped[str | None]
    created_at: Mapped[Instant]
    finished_at: Mapped[datetime | None] = mapped_column(Later)


CLAIMS: Final = cast("Table", InsuranceClaim.__table__)
CLAIM_LINES: Final = cast("Table", ClaimLine.__table__)
CLAIM_MOVES: Final = cast("Table", ClaimMove.__table__)
INTERCHANGES: Final = cast("Table", Interchange.__table__)
REMITTANCES: Final = cast("Table", Remittance.__table__)
REMITTANCE_CLAIMS: Final = cast("Table", RemittanceClaim.__table__)
JOBS: Final = cast("Table", BillingJob.__table__)
