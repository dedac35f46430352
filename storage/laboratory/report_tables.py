"""Reports in versions; what was issued is never overwritten."""

from datetime import datetime
from typing import Any, Final, cast
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, Table
from sqlalchemy.dialects.postgresql import JSONB, TIMESTAMP
from sqlalchemy.orm import Mapped, mapped_column

from storage.columns import Instant, UuidKey
from storage.laboratory.base import Base


class LabReport(Base):
    """One version of the report of an order (FHIR DiagnosticReport).

    Attributes:
        digest: SHA-256 of what it says; the same is not issued twice.
        visible_at: from when the patient may read it; None while it is preliminary.
    """

    __tablename__ = "lab_reports"
    __table_args__ = (
        CheckConstraint(
            "status IN ('preliminary', 'final', 'amended', 'corrected')", name="status"
        ),
        Index(None, "order_id", "version", unique=True),
        Index(None, "patient_id", "id"),
    )

    id: Mapped[UuidKey]
    order_id: Mapped[UUID] = mapped_column(ForeignKey("lab_orders.id"))
    patient_id: Mapped[UUID]
    version: Mapped[int]
    status: Mapped[str]
    content: Mapped[dict[str, Any]] = mapped_column(JSONB)
    digest: Mapped[bytes]
    issued_at: Mapped[Instant]
    visible_at: Mapped[datetime | None] = mapped_column(TIMESTAMP(timezone=True))


class ReportDocument(Base):
    """A report on paper, in one language (PDF)."""

    __tablename__ = "report_documents"

    report_id: Mapped[UUID] = mapped_column(ForeignKey("lab_reports.id"), primary_key=True)
    locale: Mapped[str] = mapped_column(primary_key=True)
    pdf: Mapped[bytes]


REPORTS: Final = cast("Table", LabReport.__table__)
DOCUMENTS: Final = cast("Table", ReportDocument.__table__)
