"""Insurers and their plans, coverages of patients, what a policy has used up.

Amounts are minor units of the plan's currency.
"""

from datetime import date, datetime
from typing import Any, Final, cast
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Index,
    Table,
    UniqueConstraint,
    literal_column,
)
from sqlalchemy.dialects.postgresql import JSONB, TIMESTAMP, ExcludeConstraint
from sqlalchemy.orm import Mapped, mapped_column

from storage.billing.base import Base
from storage.columns import Instant, UuidKey

Later = TIMESTAMP(timezone=True)
COVERAGE_OVERLAP: Final = "coverages_do_not_overlap"


class InsuranceProvider(Base):
    """A payer.

    Attributes:
        code: its identifier in X12, at most 9 characters.
        filing: claim filing indicator of X12: `15` indemnity insurance, `OF` public.
    """

    __tablename__ = "insurance_providers"
    __table_args__ = (UniqueConstraint("code"),)

    id: Mapped[UuidKey]
    code: Mapped[str]
    name_en: Mapped[str]
    name_vi: Mapped[str]
    filing: Mapped[str]
    active: Mapped[bool]
    updated_by: Mapped[UUID]
    updated_at: Mapped[Instant]
    version: Mapped[int]


class InsurancePlan(Base):
    """A plan of a payer, and its rules as `Benefits`."""

    __tablename__ = "insurance_plans"
    __table_args__ = (UniqueConstraint("payer_id", "code"),)

    id: Mapped[UuidKey]
    payer_id: Mapped[UUID] = mapped_column(ForeignKey("insurance_providers.id"))
    code: Mapped[str]
    name_en: Mapped[str]
    name_vi: Mapped[str]
    currency: Mapped[str]
    benefits: Mapped[dict[str, Any]] = mapped_column(JSONB)
    updated_by: Mapped[UUID]
    updated_at: Mapped[Instant]
    version: Mapped[int]


class Coverage(Base):
    """A patient's insurance (FHIR R4 Coverage).

    Attributes:
        position: 1 pays first; of each position there is one at a time.
        member_id: number on the card.
        level: benefit level within the plan; empty where a plan has none.
        last_name, first_name: as on the card, which is what the payer compares.
        sex: `M`, `F` or `U`.
        starts_on: of the insurance without a gap.
        ends_on: last day; None while it is open.
    """

    __tablename__ = "coverages"
    __table_args__ = (
        CheckConstraint("position BETWEEN 1 AND 3", name="position"),
        CheckConstraint("status IN ('active', 'cancelled', 'entered-in-error')", name="status"),
        CheckConstraint("sex IN ('M', 'F', 'U')", name="sex"),
        CheckConstraint("ends_on IS NULL OR starts_on <= ends_on", name="ordered"),
        ExcludeConstraint(
            ("patient_id", "="),
            ("position", "="),
            (literal_column("daterange(starts_on, ends_on, '[]')"), "&&"),
            where="status <> 'entered-in-error'",
            using="gist",
            name=COVERAGE_OVERLAP,
        ),
        Index(None, "plan_id"),
    )

    id: Mapped[UuidKey]
    patient_id: Mapped[UUID]
    plan_id: Mapped[UUID] = mapped_column(ForeignKey("insurance_plans.id"))
    position: Mapped[int]
    status: Mapped[str]
    member_id: Mapped[str]
    level: Mapped[str]
    last_name: Mapped[str]
    first_name: Mapped[str]
    birth_date: Mapped[date]
    sex: Mapped[str]
    starts_on: Mapped[date]
    ends_on: Mapped[date | None]
    updated_by: Mapped[UUID]
    updated_at: Mapped[Instant]
    version: Mapped[int]


class EligibilityCheck(Base):
    """A question to the payer whether somebody is insured, and its answer.

    Attributes:
        outcome: FHIR R4 CoverageEligibilityResponse: `queued`, `complete` or `error`.
        reason: why not in force: a claim adjustment reason code.
        remaining: of the ceiling of the year, as the payer says.
    """

    __tablename__ = "eligibility_checks"
    __table_args__ = (
        CheckConstraint("outcome IN ('queued', 'complete', 'error')", name="outcome"),
        Index(None, "coverage_id", "id"),
    )

    id: Mapped[UuidKey]
    coverage_id: Mapped[UUID] = mapped_column(ForeignKey("coverages.id"))
    service_day: Mapped[date]
    outcome: Mapped[str]
    inforce: Mapped[bool | None]
    reason: Mapped[str | None]
    remaining: Mapped[int | None] = mapped_column(BigInteger)
    asked_by: Mapped[UUID]
    asked_at: Mapped[Instant]
    answered_at: Mapped[datetime | None] = mapped_column(Later)


class Accumulator(Base):
    """What a policy has used up in a year; locked before anything is calculated with it."""

    __tablename__ = "benefit_accumulators"
    __table_args__ = (
        CheckConstraint("deductible >= 0 AND paid >= 0 AND own >= 0", name="no_negative"),
    )

    coverage_id: Mapped[UUID] = mapped_column(ForeignKey("coverages.id"), primary_key=True)
    year: Mapped[int] = mapped_column(primary_key=True)
    deductible: Mapped[int] = mapped_column(BigInteger)
    paid: Mapped[int] = mapped_column(BigInteger)
    own: Mapped[int] = mapped_column(BigInteger)


class PayerShare(Base):
    """What one payer owes of an invoice, and what it used up of the policy.

    The `expected` of all payers of an invoice are the payer's share of that invoice.

    Attributes:
        expected: estimated at issue, true after the payer's answer.
        settled: paid by the payer.
        written_off: what its answer took off the charge for nobody to pay.
        deductible, paid, own: what it uses up of the policy in the year.
    """

    __tablename__ = "payer_shares"
    __table_args__ = (
        CheckConstraint("expected >= 0", name="no_negative"),
        CheckConstraint("settled BETWEEN 0 AND expected", name="settled"),
        Index(None, "coverage_id", "year"),
    )

    invoice_id: Mapped[UUID] = mapped_column(ForeignKey("invoices.id"), primary_key=True)
    coverage_id: Mapped[UUID] = mapped_column(ForeignKey("coverages.id"), primary_key=True)
    payer_id: Mapped[UUID] = mapped_column(ForeignKey("insurance_providers.id"))
    position: Mapped[int]
    year: Mapped[int]
    expected: Mapped[int] = mapped_column(BigInteger)
    settled: Mapped[int] = mapped_column(BigInteger)
    written_off: Mapped[int] = mapped_column(BigInteger)
    deductible: Mapped[int] = mapped_column(BigInteger)
    paid: Mapped[int] = mapped_column(BigInteger)
    own: Mapped[int] = mapped_column(BigInteger)


PROVIDERS: Final = cast("Table", InsuranceProvider.__table__)
PLANS: Final = cast("Table", InsurancePlan.__table__)
COVERAGES: Final = cast("Table", Coverage.__table__)
CHECKS: Final = cast("Table", EligibilityCheck.__table__)
ACCUMULATORS: Final = cast("Table", Accumulator.__table__)
PAYER_SHARES: Final = cast("Table", PayerShare.__table__)
