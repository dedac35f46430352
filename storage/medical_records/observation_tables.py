"""What was measured of a patient, and what they were vaccinated with."""

from datetime import date
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, Numeric, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from storage.columns import Instant
from storage.medical_records.base import Base
from storage.medical_records.chart_tables import CODED, Coded
from storage.medical_records.entry_tables import ChartEntry, entry_constraints

USABLE: Final = "voided_at IS NULL"


class VitalSign(ChartEntry, Coded, Base):
    """A measurement or finding (Observation): vital sign, laboratory value, examination.

    Attributes:
        value: in `unit`, which is the one that we keep for the code.
        value_given: as it was typed, in `unit_given`.
        answer: a coded result: system, code, display, text.
        components: the numbers of a panel: code, display, value, unit, value_given, unit_given.
        round_id: of the measurements that were taken together.
        derived: computed here, from others of its round.
    """

    __tablename__ = "observations"
    __table_args__ = entry_constraints(
        "observations",
        CheckConstraint(CODED, name="coded"),
        CheckConstraint(
            "status IN ('registered', 'preliminary', 'final', 'amended', 'corrected',"
            " 'cancelled', 'entered-in-error', 'unknown')",
            name="status",
        ),
        CheckConstraint("category IN ('vital-signs', 'laboratory', 'exam')", name="category"),
        CheckConstraint(
            "(value IS NULL) = (unit IS NULL) AND (value_given IS NULL) = (unit_given IS NULL)",
            name="quantity",
        ),
        Index(
            "ix_observations_latest",
            "patient_id",
            "code",
            "effective_at",
            "id",
            postgresql_where=text(USABLE),
        ),
        order="effective_at",
    )

    status: Mapped[str]
    category: Mapped[str]
    effective_at: Mapped[Instant]
    value: Mapped[Decimal | None] = mapped_column(Numeric)
    unit: Mapped[str | None]
    value_given: Mapped[Decimal | None] = mapped_column(Numeric)
    unit_given: Mapped[str | None]
    answer: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    components: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    round_id: Mapped[UUID | None]
    derived: Mapped[bool]
    note: Mapped[str | None]


class Immunization(ChartEntry, Coded, Base):
    """A vaccine that was given, or was not and why."""

    __tablename__ = "immunizations"
    __table_args__ = entry_constraints(
        "immunizations",
        CheckConstraint(CODED, name="coded"),
        CheckConstraint("status IN ('completed', 'not-done', 'entered-in-error')", name="status"),
        CheckConstraint("status <> 'not-done' OR status_reason IS NOT NULL", name="reason"),
        CheckConstraint("dose_quantity > 0", name="dose_quantity"),
        CheckConstraint("dose_number >= 1 AND series_doses >= dose_number", name="series"),
        order="occurred_at",
    )

    status: Mapped[str]
    status_reason: Mapped[str | None]
    occurred_at: Mapped[Instant]
    primary_source: Mapped[bool]
    lot_number: Mapped[str | None]
    expires_on: Mapped[date | None]
    dose_quantity: Mapped[Decimal | None] = mapped_column(Numeric)
    dose_unit: Mapped[str | None]
    site: Mapped[str | None]
    route: Mapped[str | None]
    dose_number: Mapped[int | None]
    series_doses: Mapped[int | None]
    performer_id: Mapped[UUID | None]
    note: Mapped[str | None]
