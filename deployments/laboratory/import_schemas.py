"""What another system says of orders, specimens, values and reports."""

from datetime import date
from decimal import Decimal
from typing import Annotated, Final, Literal
from uuid import UUID

from pydantic import Field

from deployments.laboratory.order_schemas import Icd10, Priority
from deployments.laboratory.result_schemas import SentUnit, SentValue
from deployments.laboratory.specimen_schemas import Condition, Microlitres
from deployments.schemas import Instant, LongText, Schema, ShortText

UNKNOWN_CODE: Final = "code: nothing in the laboratory's catalogue is measured by it"
"""Why a value was refused that charts can keep instead."""
ImportedFlag = Literal["N", "L", "H", "LL", "HH", "A"]


class ImportIdentifier(Schema):
    """The name that another system has for something."""

    system: ShortText
    value: ShortText


class Imported(Schema):
    """What all of them have."""

    identifier: ImportIdentifier
    patient_id: UUID


class ImportedOrder(Imported):
    """One FHIR ServiceRequest. Those of one requisition are one order here.

    Attributes:
        requisition: what the order is called; its own identifier where there is no requisition.
        codes: of one test or panel, by this hospital's codes or LOINC; the first known one counts.
        patient_sex, patient_birth_date: reference limits depend on them.
    """

    requisition: ImportIdentifier
    practitioner_id: UUID
    encounter_id: UUID | None = None
    status: Literal["active", "on-hold", "completed", "revoked"]
    priority: Priority = "routine"
    codes: Annotated[list[ShortText], Field(max_length=20)]
    reason: Icd10 | None = None
    note: LongText | None = None
    ordered_at: Instant
    patient_sex: ShortText
    patient_birth_date: date | None = None


class ImportedSpecimen(Imported):
    """One FHIR Specimen. It gets an accession number of ours, of the day of its collection."""

    order_id: UUID
    type: Literal[
        "whole-blood", "serum", "plasma", "urine", "csf", "stool", "swab", "sputum", "fluid"
    ]
    container: ShortText | None = None
    status: Literal["collected", "accepted", "rejected", "disposed"]
    collected_at: Instant | None = None
    collected_by: UUID | None = None
    received_at: Instant | None = None
    fasting: bool | None = None
    volume_ul: Microlitres | None = None
    condition: Annotated[list[Condition], Field(max_length=7)] = Field(default_factory=list)
    note: LongText | None = None


class ImportedValue(Imported):
    """One FHIR Observation of the laboratory.

    Attributes:
        specimen_id: ours; None when the source names none that was taken.
        codes: LOINC, or this hospital's codes; the first known one counts.
        value: number with its comparator, word or code of a choice, or text.
        flag, normal_low, normal_high: as they were reported, the limits in `unit`; by the
            catalogue where the source says nothing.
        performer_id: who answers for it.
    """

    order_id: UUID
    specimen_id: UUID | None = None
    codes: Annotated[list[ShortText], Field(min_length=1, max_length=20)]
    status: Literal["preliminary", "final", "amended", "corrected"]
    value: SentValue
    unit: SentUnit | None = None
    flag: ImportedFlag | None = None
    normal_low: Decimal | None = None
    normal_high: Decimal | None = None
    observed_at: Instant
    issued_at: Instant
    performer_id: UUID | None = None
    instrument: ShortText | None = None
    note: LongText | None = None


class ImportedReport(Imported):
    """One FHIR DiagnosticReport: what was issued of an order."""

    order_id: UUID
    status: Literal["preliminary", "final", "amended", "corrected"]
    issued_at: Instant


class ImportReceipt(Schema):
    """What became of one resource.

    Attributes:
        id: the order, the specimen, the test that a value belongs to, or the report.
        outcome: `unchanged` when the source said the same before, or it was changed here since.
        reason: why it was refused, in field names and codes.
    """

    id: UUID | None
    outcome: Literal["created", "updated", "unchanged", "refused"]
    reason: str | None = None


class ImportReceipts(Schema):
    """What became of each resource of a batch, in order."""

    receipts: list[ImportReceipt]
