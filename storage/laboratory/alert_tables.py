"""Critical values: who was told when, and who answered."""

from datetime import datetime
from decimal import Decimal
from typing import Final, cast
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, Table, text
from sqlalchemy.dialects.postgresql import TIMESTAMP
from sqlalchemy.orm import Mapped, mapped_column

from storage.columns import Instant, UuidKey
from storage.laboratory.base import Base

Later = TIMESTAMP(timezone=True)


class CriticalAlert(Base):
    """One critical value that somebody must answer for.

    Attributes:
        practitioner_id: the requester, who is told first.
        value, choice: as it was reported; what is read back must be the same.
        step: of the ladder; 0 is the requester.
        next_step_at: when the next ones are told if nobody answers; None once somebody did.
        read_back: what was read back.
        action: what is done for the patient.
    """

    __tablename__ = "critical_alerts"
    __table_args__ = (
        CheckConstraint("status IN ('open', 'acknowledged', 'withdrawn')", name="status"),
        Index(None, "test_id"),
        Index(None, "patient_id", "id"),
        Index(
            "ix_critical_alerts_open",
            "next_step_at",
            postgresql_where=text("status = 'open'"),
        ),
    )

    id: Mapped[UuidKey]
    result_id: Mapped[UUID] = mapped_column(ForeignKey("test_results.id"))
    test_id: Mapped[UUID] = mapped_column(ForeignKey("lab_tests.id"))
    order_id: Mapped[UUID] = mapped_column(ForeignKey("lab_orders.id"))
    patient_id: Mapped[UUID]
    practitioner_id: Mapped[UUID]
    parameter_id: Mapped[UUID] = mapped_column(ForeignKey("test_parameters.id"))
    value: Mapped[Decimal | None]
    choice: Mapped[str | None]
    unit: Mapped[str | None]
    flag: Mapped[str]
    status: Mapped[str]
    step: Mapped[int]
    opened_at: Mapped[Instant]
    next_step_at: Mapped[datetime | None] = mapped_column(Later)
    acknowledged_by: Mapped[UUID | None]
    acknowledged_at: Mapped[datetime | None] = mapped_column(Later)
    read_back: Mapped[str | None]
    action: Mapped[str | None]


class AlertHop(Base):
    """One thing that happened to an alert; written once.

    Attributes:
        kind: `told` (a person or everybody of a role), `called` (by telephone),
            `misread`, `acknowledged`, `withdrawn`.
        person_id: who was told, was called, or acted.
        role: everybody of it was told.
    """

    __tablename__ = "alert_hops"
    __table_args__ = (
        CheckConstraint(
            "kind IN ('told', 'called', 'misread', 'acknowledged', 'withdrawn')", name="kind"
        ),
        Index(None, "alert_id", "at"),
    )

    id: Mapped[UuidKey]
    alert_id: Mapped[UUID] = mapped_column(ForeignKey("critical_alerts.id"))
    kind: Mapped[str]
    step: Mapped[int]
    person_id: Mapped[UUID | None]
    role: Mapped[str | None]
    note: Mapped[str | None]
    actor_id: Mapped[UUID]
    at: Mapped[Instant]


ALERTS: Final = cast("Table", CriticalAlert.__table__)
HOPS: Final = cast("Table", AlertHop.__table__)
