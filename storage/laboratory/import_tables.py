"""What was taken over from other systems, by the name that it has there."""

from typing import Final, cast
from uuid import UUID

from sqlalchemy import CheckConstraint, Table
from sqlalchemy.orm import Mapped, mapped_column

from storage.columns import Instant
from storage.laboratory.base import Base


class LabImport(Base):
    """One resource of another system.

    Attributes:
        kind: FHIR resource type.
        object_id: the order, the specimen, the test that a value belongs to, or the report.
        digest: SHA-256 of what was said; the same is not taken twice.
    """

    __tablename__ = "lab_imports"
    __table_args__ = (
        CheckConstraint(
            "kind IN ('ServiceRequest', 'Specimen', 'Observation', 'DiagnosticReport')",
            name="kind",
        ),
    )

    kind: Mapped[str] = mapped_column(primary_key=True)
    identifier_system: Mapped[str] = mapped_column(primary_key=True)
    identifier_value: Mapped[str] = mapped_column(primary_key=True)
    object_id: Mapped[UUID]
    patient_id: Mapped[UUID]
    digest: Mapped[bytes]
    imported_at: Mapped[Instant]


IMPORTS: Final = cast("Table", LabImport.__table__)
