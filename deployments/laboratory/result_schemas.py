"""What crosses the border about results."""

from decimal import Decimal
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Field, StringConstraints

from deployments.laboratory.catalogue_schemas import Code
from deployments.pagination import PageRequest
from deployments.schemas import Instant, LongText, Schema, ShortText, Version

SentValue = Annotated[str, StringConstraints(min_length=1, max_length=2000)]
SentUnit = Annotated[str, StringConstraints(min_length=1, max_length=40)]
HeldReason = Literal[
    "unknown_accession",
    "wrong_patient",
    "specimen_not_usable",
    "specimen_too_old",
    "unknown_code",
    "not_ordered",
    "test_ended",
    "already_released",
    "calculated_here",
    "not_a_number",
    "not_a_text",
    "unknown_choice",
    "wrong_unit",
]


class Entry(Schema):
    """One value as a person types it.

    Attributes:
        parameter: code.
        value: a number, `<0.5`, the code or name of a choice, or a text.
        unit: UCUM or a common spelling; left out only where the parameter has none.
    """

    parameter: Code
    value: SentValue
    unit: SentUnit | None = None


class Entries(Schema):
    """What was measured by hand for one test; values that come later are added to these."""

    values: Annotated[list[Entry], Field(min_length=1, max_length=100)]
    comment: LongText | None = None


class Correction(Entries):
    """What is right in place of what was released."""

    reason: ShortText


class Repeat(Schema):
    """Why a test is measured again."""

    reason: ShortText


class LabValue(Schema):
    """One value of a result.

    Attributes:
        comparator: `<` or `>`: outside what can be reported.
        flag: N, L, H, LL, HH or A (HL7 v3 ObservationInterpretation).
        normal_low, normal_high: of the limits that were applied.
        sent_value, sent_unit: as it came, before conversion; null for a calculated value.
    """

    parameter: str
    loinc: str | None
    name_en: str
    name_vi: str
    value: Decimal | None
    comparator: Literal["<", ">"] | None
    choice: str | None
    choice_en: str | None
    choice_vi: str | None
    text: str | None
    unit: str | None
    flag: Literal["N", "L", "H", "LL", "HH", "A"] | None
    critical: bool
    normal_low: Decimal | None
    normal_high: Decimal | None
    sent_value: str | None
    sent_unit: str | None
    observed_at: Instant


class LabResult(Schema):
    """One version of the result of a test.

    Attributes:
        status: FHIR observation-status.
        current: the version that counts.
    """

    id: UUID
    test_id: UUID
    order_id: UUID
    patient_id: UUID
    code: str
    version: Version
    status: Literal["preliminary", "final", "corrected", "amended", "cancelled"]
    current: bool
    source: Literal["hand", "file", "hl7", "import"]
    instrument: str | None
    observed_at: Instant
    entered_by: UUID
    entered_at: Instant
    accepted_by: UUID | None
    accepted_at: Instant | None
    verified_by: UUID | None
    verified_at: Instant | None
    verified_how: Literal["auto", "person"] | None
    released_by: UUID | None
    released_at: Instant | None
    reason: str | None
    comment: str | None
    values: list[LabValue]


class ResultVersions(Schema):
    """Every version of a result that the caller may see, newest first."""

    items: list[LabResult]


class SeriesQuery(Schema):
    """Which values of a patient are wanted.

    Attributes:
        parameter: codes, 20 at most.
        limit: of each.
    """

    parameter: Annotated[list[Code], Field(min_length=1, max_length=20)]
    limit: Annotated[int, Field(ge=1, le=200)] = 50
    before: Instant | None = None


class SeriesPoint(LabValue):
    """One released value of a patient."""

    result_id: UUID
    test_id: UUID


class Series(Schema):
    """Released values of a patient, newest first, ready to plot."""

    items: list[SeriesPoint]


class HeldResult(Schema):
    """A value that could not be placed.

    Attributes:
        critical: it would be, by the narrowest limits that may apply; the laboratory was told.
    """

    id: UUID
    source: Literal["hand", "file", "hl7", "import"]
    source_id: UUID | None
    accession: str | None
    code: str | None
    reason: HeldReason
    detail: str | None
    payload: dict[str, Any]
    critical: bool
    status: Literal["held", "placed", "discarded"]
    held_at: Instant
    settled_by: UUID | None
    settled_at: Instant | None
    settled_note: str | None


class HeldQuery(PageRequest):
    """Which held values are wanted."""

    status: Literal["held", "placed", "discarded"] = "held"


class Placing(Schema):
    """What was wrong with a held value; left out is as it came."""

    accession: Annotated[str, StringConstraints(pattern=r"^[0-9]{12,14}$")] | None = None
    parameter: Code | None = None
    value: SentValue | None = None
    unit: SentUnit | None = None
    note: ShortText


class Discarding(Schema):
    """Why a held value is not used."""

    note: ShortText


class LineReceipt(Schema):
    """What became of one line of a file.

    Attributes:
        line: from 1; the heading is line 1.
    """

    line: int
    status: Literal["stored", "same", "held"]
    reason: HeldReason | None
    detail: str | None


class FileReceipt(Schema):
    """What became of a file."""

    file_id: UUID
    stored: int
    same: int
    held: int
    lines: list[LineReceipt]
