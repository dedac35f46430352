"""What crosses the border about orders and the tests on them."""

from datetime import date
from typing import Annotated, Final, Literal
from uuid import UUID

from pydantic import Field, StringConstraints

from deployments.laboratory.specimen_schemas import LabSpecimen
from deployments.pagination import PageRequest
from deployments.schemas import Instant, LongText, Schema, ShortText, Version

Priority = Literal["routine", "urgent", "asap", "stat"]
OrderStatus = Literal["draft", "active", "on-hold", "completed", "revoked", "entered-in-error"]
TestStatus = Literal[
    "not-started",
    "in-process",
    "technically-accepted",
    "verified",
    "released",
    "corrected",
    "rejected",
    "cancelled",
]
OpenTestStatus = Literal["not-started", "in-process", "technically-accepted", "verified"]
TestCode = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9.-]{0,35}$")]
Icd10 = Annotated[str, StringConstraints(pattern=r"^[A-Z][0-9][0-9A-Z](\.[0-9A-Z]{1,4})?$")]
MOST_TESTS: Final = 50


class Addition(Schema):
    """Tests or panels, by code or id."""

    tests: Annotated[list[TestCode], Field(min_length=1, max_length=MOST_TESTS)]


class LabOrderRequest(Addition):
    """What a practitioner wants to know of a patient.

    Attributes:
        priority: sets the clock of each test by the catalogue.
        reason: ICD-10.
    """

    patient_id: UUID
    encounter_id: UUID | None = None
    priority: Priority = "routine"
    reason: Icd10 | None = None
    note: LongText | None = None


class Because(Schema):
    """Why something is stopped."""

    reason: ShortText


class TestCancellation(Because):
    """Tests that nobody needs any more."""

    __test__ = False

    test_ids: Annotated[list[UUID], Field(min_length=1, max_length=MOST_TESTS)]


class LabTest(Schema):
    """One test of an order.

    Attributes:
        panel: code of the panel that it was ordered through.
        origin: `ordered`, `add-on`, `reflex`, or `recollection` after a rejected specimen.
        caused_by_id: the test that asked for it, or that it replaces.
        due_at: end of the turnaround time.
        overdue: nothing was released by then, and it is still open.
        visible_at: from when the patient may see the result.
    """

    id: UUID
    order_id: UUID
    patient_id: UUID
    code: str
    name_en: str
    name_vi: str
    panel: str | None
    specimen_id: UUID | None
    status: TestStatus
    status_reason: str | None
    priority: Priority
    origin: Literal["ordered", "add-on", "reflex", "recollection"]
    caused_by_id: UUID | None
    ordered_at: Instant
    due_at: Instant
    overdue: bool
    released_at: Instant | None
    visible_at: Instant | None
    version: Version


class LabOrder(Schema):
    """An order with its tests and specimens."""

    id: UUID
    patient_id: UUID
    practitioner_id: UUID
    encounter_id: UUID | None
    status: OrderStatus
    status_reason: str | None
    priority: Priority
    reason: str | None
    note: str | None
    patient_sex: str
    patient_birth_date: date | None
    ordered_at: Instant
    ended_at: Instant | None
    tests: list[LabTest]
    specimens: list[LabSpecimen]
    version: Version


class LabOrderQuery(PageRequest):
    """Which orders are wanted.

    Of a patient; else those that you placed; the laboratory sees all, patients see their own.
    """

    patient_id: UUID | None = None
    status: OrderStatus | None = None


class WorklistQuery(PageRequest):
    """Which open tests are wanted."""

    department: ShortText | None = None
    priority: Priority | None = None
    status: OpenTestStatus | None = None


class WorklistItem(LabTest):
    """One open test with where its specimen is."""

    department: str
    accession: str | None
    specimen_status: str | None
    storage_position: str | None


class LabMove(Schema):
    """One step in the life of an order, a specimen or a test."""

    object_id: UUID
    kind: Literal["order", "specimen", "test"]
    move: str
    status: str
    reason: str | None
    note: str | None
    actor_id: UUID
    actor_role: str
    at: Instant
    version: Version


class LabHistory(Schema):
    """Every step of an order, oldest first."""

    moves: list[LabMove]
