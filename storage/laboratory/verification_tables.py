"""Automatic verification: how far it may go for each test, and what each rule said."""

from typing import Final, cast
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, Table
from sqlalchemy.orm import Mapped, mapped_column

from storage.columns import Instant, UuidKey
from storage.laboratory.base import Base


class VerificationMode(Base):
    """How far the rules may go for a test: `off`, `shadow` (judge only) or `live` (release)."""

    __tablename__ = "verification_modes"
    __table_args__ = (CheckConstraint("mode IN ('off', 'shadow', 'live')", name="mode"),)

    test_type_id: Mapped[UUID] = mapped_column(ForeignKey("test_types.id"), primary_key=True)
    mode: Mapped[str]
    updated_by: Mapped[UUID]
    updated_at: Mapped[Instant]


class Assessment(Base):
    """One judgement of the rules about a version of a result.

    Attributes:
        passed: every rule did.
        released: the result was released by it.
    """

    __tablename__ = "assessments"
    __table_args__ = (Index(None, "result_id"),)

    id: Mapped[UuidKey]
    result_id: Mapped[UUID] = mapped_column(ForeignKey("test_results.id"))
    mode: Mapped[str]
    passed: Mapped[bool]
    released: Mapped[bool]
    at: Mapped[Instant]


class RuleVerdict(Base):
    """What one rule said."""

    __tablename__ = "rule_verdicts"
    __table_args__ = (
        CheckConstraint("outcome IN ('pass', 'fail', 'not-applicable')", name="outcome"),
    )

    assessment_id: Mapped[UUID] = mapped_column(ForeignKey("assessments.id"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    rule: Mapped[str]
    outcome: Mapped[str]
    detail: Mapped[str | None]


MODES: Final = cast("Table", VerificationMode.__table__)
ASSESSMENTS: Final = cast("Table", Assessment.__table__)
VERDICTS: Final = cast("Table", RuleVerdict.__table__)
