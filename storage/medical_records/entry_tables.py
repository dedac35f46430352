"""What every entry of a chart has, and the versions of all of them.

An entry is never deleted: it is voided, with who, when and why. Each change appends the whole
row to `entry_versions` in the same statement, so that what somebody saw at a moment can be read.
"""

from typing import Any, Final
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.schema import SchemaItem

from storage.columns import Instant, UuidKey
from storage.medical_records.base import Base

VOIDED: Final = (
    "(voided_at IS NULL) = (voided_by IS NULL) AND (voided_at IS NULL) = (void_reason IS NULL)"
)
IDENTIFIED: Final = "identifier_value IS NOT NULL"


class ChartEntry:
    """Columns of everything that is written into a patient's chart; a mixin.

    Attributes:
        recorder_id: who wrote it down; None when the system that it comes from does not say.
        identifier_system: of the system that it was imported from.
        source_digest: of what that system said last; an import changes nothing while it is the
            same.
    """

    id: Mapped[UuidKey]
    patient_id: Mapped[UUID]
    encounter_id: Mapped[UUID | None]
    version: Mapped[int]
    recorded_at: Mapped[Instant]
    recorder_id: Mapped[UUID | None]
    updated_at: Mapped[Instant]
    voided_at: Mapped[Instant | None]
    voided_by: Mapped[UUID | None]
    void_reason: Mapped[str | None]
    identifier_system: Mapped[str | None]
    identifier_value: Mapped[str | None]
    source_digest: Mapped[str | None]


def entry_constraints(
    table: str, *more: SchemaItem, order: str = "recorded_at"
) -> tuple[SchemaItem, ...]:
    """`__table_args__` of an entry: its own constraints and those of all entries.

    Args:
        table: its name.
        more: constraints of its own.
        order: column by which pages of it are read.
    """
    return (
        CheckConstraint(VOIDED, name="voided"),
        Index(f"ix_{table}_chart", "patient_id", order, "id"),
        Index(
            f"uq_{table}_identifier",
            "identifier_system",
            "identifier_value",
            unique=True,
            postgresql_where=text(IDENTIFIED),
        ),
        *more,
    )


class EntryVersion(Base):
    """An entry as it was from `at` on, until its next version; append-only.

    Attributes:
        kind: the entry's table.
        snapshot: the row, as `to_jsonb` writes it and `jsonb_populate_record` reads it.
    """

    __tablename__ = "entry_versions"

    entry_id: Mapped[UuidKey]
    version: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str]
    patient_id: Mapped[UUID]
    at: Mapped[Instant]
    by: Mapped[UUID]
    by_role: Mapped[str]
    move: Mapped[str]
    snapshot: Mapped[dict[str, Any]] = mapped_column(JSONB)
