"""What the laboratory tells others: ids and codes only."""

from datetime import datetime
from typing import ClassVar
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from deployments.events import Event


class TestItem(BaseModel):
    """One ordered test.

    Attributes:
        code: of the catalogue.
        panel: code of the panel through which it was ordered.
    """

    __test__ = False
    model_config = ConfigDict(frozen=True, extra="ignore")

    test_id: UUID
    code: str
    panel: str | None = None


class OrderEvent(Event):
    """What every event about an order says.

    Attributes:
        practitioner_id: the requester.
        version: of the order after the change; an older one is obsolete.
    """

    aggregate_field: ClassVar[str] = "order_id"

    order_id: UUID
    patient_id: UUID
    practitioner_id: UUID
    encounter_id: UUID | None
    version: int


class LabOrderPlaced(OrderEvent):
    """Tests were ordered, or added to an order."""

    name: ClassVar[str] = "laboratory.order_placed.v1"

    priority: str
    items: list[TestItem]


class LabOrderEnded(OrderEvent):
    """Nothing of an order is open any more.

    Attributes:
        reason: completed or revoked.
    """

    name: ClassVar[str] = "laboratory.order_ended.v1"

    reason: str


class LabOrderReopened(OrderEvent):
    """Something of an ended order is open again."""

    name: ClassVar[str] = "laboratory.order_reopened.v1"


class LabOrderImported(OrderEvent):
    """Another system's order was taken over, or brought up to date; no person is told.

    Attributes:
        status: FHIR request-status.
    """

    name: ClassVar[str] = "laboratory.order_imported.v1"

    status: str


class TestsCancelled(OrderEvent):
    """Tests were taken back before they began."""

    __test__ = False
    name: ClassVar[str] = "laboratory.tests_cancelled.v1"

    reason: str
    items: list[TestItem]


class SpecimenReceived(OrderEvent):
    """Tests have begun on a fit specimen, with it or added later: they are charged for, once each.

    Every test that is measured is told of here exactly once. One that is collected again after a
    rejection is another test, with an id of its own.
    """

    name: ClassVar[str] = "laboratory.specimen_received.v1"

    specimen_id: UUID
    items: list[TestItem]


class SpecimenRejected(OrderEvent):
    """A specimen cannot be used: what was charged is reversed, a new one is asked for.

    Attributes:
        reason: coded.
        items: the tests that are lost; some may never have begun, and were then never charged.
        recollection_specimen_id: the specimen that is to be collected instead; None when no test
            waited for this one.
    """

    name: ClassVar[str] = "laboratory.specimen_rejected.v1"

    specimen_id: UUID
    reason: str
    items: list[TestItem]
    recollection_specimen_id: UUID | None


class ResultsReleased(OrderEvent):
    """Results may be read by those who treat the patient, and from `visible_at` by the patient.

    Attributes:
        abnormal: one of the values is outside its limits.
    """

    name: ClassVar[str] = "laboratory.results_released.v1"

    items: list[TestItem]
    abnormal: bool
    visible_at: datetime


class ResultCorrected(OrderEvent):
    """A released result was wrong, and is replaced."""

    name: ClassVar[str] = "laboratory.result_corrected.v1"

    items: list[TestItem]
    visible_at: datetime


class AlertEvent(Event):
    """What every event about a critical value says."""

    aggregate_field: ClassVar[str] = "alert_id"

    alert_id: UUID
    order_id: UUID
    patient_id: UUID
    practitioner_id: UUID


class CriticalValueReported(AlertEvent):
    """A value endangers the patient; the requester must act now.

    Attributes:
        parameter: code of the catalogue.
        flag: LL, HH or A.
    """

    name: ClassVar[str] = "laboratory.critical_value_reported.v1"

    parameter: str
    flag: str


class CriticalValueEscalated(AlertEvent):
    """Nobody answered; the next ones are told.

    Attributes:
        step: of the ladder, from 1.
        role: everybody of this role is told.
    """

    name: ClassVar[str] = "laboratory.critical_value_escalated.v1"

    parameter: str
    step: int
    role: str


class CriticalValueAcknowledged(AlertEvent):
    """Somebody read the value back and acts."""

    name: ClassVar[str] = "laboratory.critical_value_acknowledged.v1"

    acknowledged_by: UUID


class CriticalValueWithdrawn(AlertEvent):
    """The value that was reported as critical was wrong."""

    name: ClassVar[str] = "laboratory.critical_value_withdrawn.v1"

    parameter: str


class CriticalValueHeld(Event):
    """A value that could not be placed may be critical: the laboratory looks at it now.

    Attributes:
        held_id: of the list of what is held.
        parameter: code of the catalogue.
        reason: why it is held, coded.
    """

    name: ClassVar[str] = "laboratory.critical_value_held.v1"
    aggregate_field: ClassVar[str] = "held_id"

    held_id: UUID
    parameter: str
    reason: str


class ReportIssued(OrderEvent):
    """A report, or its next version, is ready.

    Attributes:
        status: preliminary, final, amended or corrected.
        visible_at: from when the patient may read it; None for a preliminary one.
    """

    name: ClassVar[str] = "laboratory.report_issued.v1"

    report_id: UUID
    status: str
    visible_at: datetime | None
