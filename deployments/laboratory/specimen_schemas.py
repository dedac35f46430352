"""What crosses the border about specimens."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field, StringConstraints

from deployments.schemas import Instant, LongText, Schema, ShortText, Version

SpecimenStatus = Literal[
    "requested",
    "collected",
    "in-transit",
    "received",
    "accepted",
    "stored",
    "rejected",
    "cancelled",
    "disposed",
]
Condition = Literal["haemolysed", "lipaemic", "icteric", "clotted", "underfilled", "warm", "late"]
RejectReason = Literal[
    "haemolysed",
    "clotted",
    "insufficient",
    "unlabelled",
    "mislabelled",
    "wrong-container",
    "leaked",
    "contaminated",
    "too-old",
    "wrong-temperature",
    "lost",
]
"""In the spirit of HL7 table 0490 (specimen reject reason), in words."""
Accession = Annotated[str, StringConstraints(pattern=r"^[0-9]{12,14}$")]
Microlitres = Annotated[int, Field(ge=1, le=10_000_000)]


class LabSpecimen(Schema):
    """One tube, or an aliquot of one.

    Attributes:
        accession: the number under its bar code.
        volume_ul: what is left, microlitres; null when nobody measured it.
        stable_until: later than this no result of it is accepted.
        replaces_id: the rejected specimen that this one is collected again for.
    """

    id: UUID
    order_id: UUID
    patient_id: UUID
    accession: str
    type: str
    container: str
    status: SpecimenStatus
    parent_id: UUID | None
    replaces_id: UUID | None
    volume_ul: int | None
    fasting: bool | None
    condition: list[str]
    collected_at: Instant | None
    collected_by: UUID | None
    received_at: Instant | None
    received_by: UUID | None
    stable_until: Instant | None
    storage_position: str | None
    reject_reason: str | None
    reject_note: str | None
    version: Version


class Collection(Schema):
    """How a specimen was taken.

    Attributes:
        collected_at: now when left out.
    """

    collected_at: Instant | None = None
    volume_ul: Microlitres | None = None
    fasting: bool | None = None


class Receipt(Schema):
    """What a specimen looks like when it arrives."""

    condition: Annotated[list[Condition], Field(max_length=7)] = Field(default_factory=list)
    volume_ul: Microlitres | None = None


class Rejection(Schema):
    """Why a specimen cannot be used."""

    reason: RejectReason
    note: LongText | None = None


class StoragePlace(Schema):
    """Where a specimen is put."""

    position: ShortText


class Aliquots(Schema):
    """How much goes into each new tube, microlitres."""

    volumes_ul: Annotated[list[Microlitres], Field(min_length=1, max_length=10)]
