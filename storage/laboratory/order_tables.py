"""Orders, the tests on them, specimens, and every move of each: three state machines, not one."""

from datetime import date, datetime
from typing import Final, cast
from uuid import UUID

from sqlalchemy import ARRAY, CheckConstraint, ForeignKey, Index, Table, Text, text
from sqlalchemy.dialects.postgresql import TIMESTAMP
from sqlalchemy.orm import Mapped, mapped_column

from storage.columns import Instant, UuidKey
from storage.laboratory.base import Base

PRIORITIES: Final = "'routine', 'urgent', 'asap', 'stat'"
ORDER_STATUSES: Final = "'draft', 'active', 'on-hold', 'completed', 'revoked', 'entered-in-error'"
SPECIMEN_STATUSES: Final = (
    "'requested', 'collected', 'in-transit', 'received', 'accepted', 'stored', 'rejected',"
    " 'cancelled', 'disposed'"
)
TEST_STATUSES: Final = (
    "'not-started', 'in-process', 'technically-accepted', 'verified', 'released', 'corrected',"
    " 'rejected', 'cancelled'"
)
Later = TIMESTAMP(timezone=True)


class LabOrder(Base):
    """What one practitioner asks of the laboratory for one patient (FHIR ServiceRequest).

    Attributes:
        practitioner_id: the requester.
        status: FHIR request-status.
        patient_sex, patient_birth_date: as known at ordering; reference limits depend on them.
        reason: ICD-10 code.
        identifier_system, identifier_value: of an imported order.
    """

    __tablename__ = "lab_orders"
    __table_args__ = (
        CheckConstraint(f"status IN ({ORDER_STATUSES})", name="status"),
        CheckConstraint(f"priority IN ({PRIORITIES})", name="priority"),
        Index(None, "patient_id", "id"),
        Index(None, "practitioner_id", "id"),
        Index("uq_lab_orders_identifier", "identifier_system", "identifier_value", unique=True),
    )

    id: Mapped[UuidKey]
    patient_id: Mapped[UUID]
    practitioner_id: Mapped[UUID]
    encounter_id: Mapped[UUID | None]
    status: Mapped[str]
    status_reason: Mapped[str | None]
    priority: Mapped[str]
    reason: Mapped[str | None]
    note: Mapped[str | None]
    patient_sex: Mapped[str]
    patient_birth_date: Mapped[date | None]
    ordered_at: Mapped[Instant]
    ended_at: Mapped[datetime | None] = mapped_column(Later)
    identifier_system: Mapped[str | None]
    identifier_value: Mapped[str | None]
    updated_by: Mapped[UUID]
    updated_at: Mapped[Instant]
    version: Mapped[int]


class Specimen(Base):
    """One tube, or an aliquot of one (FHIR Specimen; SampleCollection).

    Attributes:
        accession: unique number without gaps, printed as a bar code.
        type: of the catalogue: `serum`, `whole-blood`, ...
        container: of the catalogue: `edta-purple`, ...
        parent_id: the specimen that it was taken from.
        volume_ul: what is left, microlitres.
        condition: flags seen at receipt: `haemolysed`, `clotted`, `lipaemic`, `icteric`, ...
        stable_until: later than this it must not be tested.
        reject_reason: coded.
    """

    __tablename__ = "specimens"
    __table_args__ = (
        CheckConstraint(f"status IN ({SPECIMEN_STATUSES})", name="status"),
        CheckConstraint("volume_ul >= 0", name="volume_ul"),
        Index(None, "order_id"),
        Index(None, "patient_id", "id"),
        Index(None, "status", "id"),
    )

    id: Mapped[UuidKey]
    order_id: Mapped[UUID] = mapped_column(ForeignKey("lab_orders.id"))
    patient_id: Mapped[UUID]
    accession: Mapped[str] = mapped_column(unique=True)
    type: Mapped[str]
    container: Mapped[str]
    status: Mapped[str]
    parent_id: Mapped[UUID | None] = mapped_column(ForeignKey("specimens.id"), index=True)
    replaces_id: Mapped[UUID | None] = mapped_column(ForeignKey("specimens.id"))
    volume_ul: Mapped[int | None]
    fasting: Mapped[bool | None]
    condition: Mapped[list[str]] = mapped_column(ARRAY(Text))
    collected_at: Mapped[datetime | None] = mapped_column(Later)
    collected_by: Mapped[UUID | None]
    received_at: Mapped[datetime | None] = mapped_column(Later)
    received_by: Mapped[UUID | None]
    stable_until: Mapped[datetime | None] = mapped_column(Later)
    storage_position: Mapped[str | None]
    reject_reason: Mapped[str | None]
    reject_note: Mapped[str | None]
    updated_by: Mapped[UUID]
    updated_at: Mapped[Instant]
    version: Mapped[int]


class OrderedTest(Base):
    """One test of an order, done on one specimen.

    Attributes:
        panel_id: the panel through which it was ordered.
        origin: `ordered`, `add-on`, `reflex` or `recollection`.
        caused_by_id: the test whose result asked for this one (reflex), or that it replaces.
        due_at: end of the turnaround time of its priority.
        released_at: first release.
        visible_at: from when the patient may see it; None until it is released.
    """

    __tablename__ = "lab_tests"
    __table_args__ = (
        CheckConstraint(f"status IN ({TEST_STATUSES})", name="status"),
        CheckConstraint(f"priority IN ({PRIORITIES})", name="priority"),
        CheckConstraint("origin IN ('ordered', 'add-on', 'reflex', 'recollection')", name="origin"),
        Index(None, "order_id"),
        Index(None, "specimen_id"),
        Index(None, "patient_id", "test_type_id", "id"),
        Index(
            "ix_lab_tests_worklist",
            "due_at",
            "id",
            postgresql_where=text(
                "status IN ('not-started', 'in-process', 'technically-accepted', 'verified')"
            ),
        ),
    )

    id: Mapped[UuidKey]
    order_id: Mapped[UUID] = mapped_column(ForeignKey("lab_orders.id"))
    patient_id: Mapped[UUID]
    test_type_id: Mapped[UUID] = mapped_column(ForeignKey("test_types.id"))
    panel_id: Mapped[UUID | None] = mapped_column(ForeignKey("test_types.id"))
    specimen_id: Mapped[UUID | None] = mapped_column(ForeignKey("specimens.id"))
    status: Mapped[str]
    status_reason: Mapped[str | None]
    priority: Mapped[str]
    origin: Mapped[str]
    caused_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("lab_tests.id"))
    ordered_at: Mapped[Instant]
    due_at: Mapped[Instant]
    released_at: Mapped[datetime | None] = mapped_column(Later)
    visible_at: Mapped[datetime | None] = mapped_column(Later)
    updated_by: Mapped[UUID]
    updated_at: Mapped[Instant]
    version: Mapped[int]


class LabMove(Base):
    """One step in the life of an order, a specimen or a test; written once.

    Attributes:
        kind: `order`, `specimen` or `test`.
        move: the verb.
    """

    __tablename__ = "lab_moves"
    __table_args__ = (CheckConstraint("kind IN ('order', 'specimen', 'test')", name="kind"),)

    object_id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str]
    move: Mapped[str]
    status: Mapped[str]
    reason_code: Mapped[str | None]
    note: Mapped[str | None]
    actor_id: Mapped[UUID]
    actor_role: Mapped[str]
    at: Mapped[Instant]


class AccessionSeries(Base):
    """The last number given on each day; locked while one is taken, so none is lost."""

    __tablename__ = "accession_series"

    day: Mapped[date] = mapped_column(primary_key=True)
    last: Mapped[int]


ORDERS: Final = cast("Table", LabOrder.__table__)
SPECIMENS: Final = cast("Table", Specimen.__table__)
TESTS: Final = cast("Table", OrderedTest.__table__)
MOVES: Final = cast("Table", LabMove.__table__)
ACCESSION_SERIES: Final = cast("Table", AccessionSeries.__table__)
