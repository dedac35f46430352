"""A report: what it says, and how it crosses the border."""

from datetime import date
from decimal import Decimal
from typing import Literal
from uuid import UUID

from deployments.pagination import PageRequest
from deployments.schemas import Instant, Schema, Version

ReportStatus = Literal["preliminary", "final", "amended", "corrected"]


class ReportPoint(Schema):
    """An earlier value."""

    observed_at: Instant
    value: Decimal


class ReportValue(Schema):
    """One line of a report.

    Attributes:
        replaced: what was released before a correction.
        earlier: numbers before this one, oldest first.
    """

    name_en: str
    name_vi: str
    value: Decimal | None
    comparator: Literal["<", ">"] | None
    choice_en: str | None
    choice_vi: str | None
    text: str | None
    unit: str | None
    flag: Literal["N", "L", "H", "LL", "HH", "A"] | None
    critical: bool
    normal_low: Decimal | None
    normal_high: Decimal | None
    replaced: str | None
    earlier: list[ReportPoint]


class ReportTest(Schema):
    """One test of a report."""

    code: str
    name_en: str
    name_vi: str
    department: str
    accession: str
    collected_at: Instant | None
    received_at: Instant | None
    condition: list[str]
    released_at: Instant
    verified_how: Literal["auto", "person"] | None
    corrected: str | None
    comment: str | None
    values: list[ReportValue]


class PendingTest(Schema):
    """A test that has no result yet."""

    name_en: str
    name_vi: str


class ReportContent(Schema):
    """Everything that a report says."""

    order_id: UUID
    patient_id: UUID
    patient_sex: str
    patient_birth_date: date | None
    practitioner_id: UUID
    ordered_at: Instant
    reason: str | None
    tests: list[ReportTest]
    pending: list[PendingTest]


class LabReport(Schema):
    """One version of the report of an order.

    Attributes:
        replaced: a later version is there; this one is kept as it was issued.
    """

    id: UUID
    order_id: UUID
    patient_id: UUID
    version: Version
    status: ReportStatus
    issued_at: Instant
    visible_at: Instant | None
    replaced: bool
    content: ReportContent


class ReportQuery(PageRequest):
    """Which reports are wanted."""

    order_id: UUID | None = None
