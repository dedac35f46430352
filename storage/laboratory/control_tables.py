"""Quality control: lots of control material, what was measured of them, rules that were broken."""

from datetime import date, datetime
from decimal import Decimal
from typing import Final, cast
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, Table, text
from sqlalchemy.dialects.postgresql import TIMESTAMP
from sqlalchemy.orm import Mapped, mapped_column

from storage.columns import Instant, UuidKey
from storage.laboratory.base import Base

Later = TIMESTAMP(timezone=True)


class ControlLot(Base):
    """One lot of control material for one parameter on one analyzer.

    Attributes:
        level: 1 low, 2 normal, 3 high.
        target, sd: expected mean and standard deviation, in the unit of the parameter.
    """

    __tablename__ = "control_lots"
    __table_args__ = (
        CheckConstraint("sd > 0", name="sd"),
        CheckConstraint("level BETWEEN 1 AND 3", name="level"),
        Index("uq_control_lots_lot", "parameter_id", "instrument", "lot", "level", unique=True),
    )

    id: Mapped[UuidKey]
    parameter_id: Mapped[UUID] = mapped_column(ForeignKey("test_parameters.id"))
    instrument: Mapped[str]
    name: Mapped[str]
    lot: Mapped[str]
    level: Mapped[int]
    target: Mapped[Decimal]
    sd: Mapped[Decimal]
    expires_on: Mapped[date]
    active: Mapped[bool]
    updated_by: Mapped[UUID]
    updated_at: Mapped[Instant]


class ControlRun(Base):
    """One measurement of a control.

    Attributes:
        z: how many standard deviations from the target.
    """

    __tablename__ = "control_runs"
    __table_args__ = (Index(None, "control_lot_id", "measured_at"),)

    id: Mapped[UuidKey]
    control_lot_id: Mapped[UUID] = mapped_column(ForeignKey("control_lots.id"))
    value: Mapped[Decimal]
    z: Mapped[Decimal]
    measured_at: Mapped[Instant]
    entered_by: Mapped[UUID]
    comment: Mapped[str | None]


class RuleViolation(Base):
    """A rule of quality control that a run broke.

    Attributes:
        severity: a `warning` is looked at, a `rejection` holds patients' results until closed.
        action: what was done about it.
    """

    __tablename__ = "rule_violations"
    __table_args__ = (
        CheckConstraint("severity IN ('warning', 'rejection')", name="severity"),
        Index(
            "ix_rule_violations_open",
            "parameter_id",
            "instrument",
            postgresql_where=text("closed_at IS NULL"),
        ),
    )

    id: Mapped[UuidKey]
    run_id: Mapped[UUID] = mapped_column(ForeignKey("control_runs.id"))
    parameter_id: Mapped[UUID] = mapped_column(ForeignKey("test_parameters.id"))
    instrument: Mapped[str]
    rule: Mapped[str]
    severity: Mapped[str]
    found_at: Mapped[Instant]
    closed_at: Mapped[datetime | None] = mapped_column(Later)
    closed_by: Mapped[UUID | None]
    action: Mapped[str | None]


CONTROL_LOTS: Final = cast("Table", ControlLot.__table__)
CONTROL_RUNS: Final = cast("Table", ControlRun.__table__)
VIOLATIONS: Final = cast("Table", RuleViolation.__table__)
