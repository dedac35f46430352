"""What crosses the border about prescriptions."""

from decimal import Decimal
from typing import Annotated, Self
from uuid import UUID

from pydantic import Field, model_validator

from deployments.pagination import PageRequest
from deployments.pharmacy.codes import Course, Schedule
from deployments.pharmacy.dosage import Dosage, Number
from deployments.pharmacy.reasons import (
    EndReason,
    NoSubstitutionReason,
    OverrideReason,
    PharmacistReason,
)
from deployments.pharmacy.safety.findings import FindingKind, Severity
from deployments.pharmacy.transitions import FulfilmentStatus, Move, PrescriptionStatus
from deployments.schemas import Instant, LongText, Schema, ShortText, Version

MOST_ITEMS = 20
Code = Annotated[str, Field(min_length=1, max_length=200)]


class Override(Schema):
    """Why the caller goes on in spite of a finding.

    Attributes:
        finding: the finding's code; holds for every finding that has it.
    """

    finding: Code
    reason_code: OverrideReason
    note: LongText | None = None


class ItemRequest(Schema):
    """One medication as it is ordered.

    Attributes:
        quantity: dispensing units of one fill; computed from the dosage when left out, and
            compared with it when given.
        repeats: fills after the first.
        parallel_reason: why an ingredient that is ordered already is wanted again.
    """

    medication_id: UUID
    dosage: Dosage
    quantity: Number | None = None
    repeats: Annotated[int, Field(ge=0, le=12)] = 0
    course: Course = Course.ACUTE
    substitution_allowed: bool = True
    substitution_reason: NoSubstitutionReason | None = None
    parallel_reason: ShortText | None = None

    @model_validator(mode="after")
    def _explained(self) -> Self:
        if not self.substitution_allowed and self.substitution_reason is None:
            raise ValueError("say why it must not be substituted")
        return self


Items = Annotated[list[ItemRequest], Field(min_length=1, max_length=MOST_ITEMS)]


class CheckRequest(Schema):
    """What a prescriber thinks of ordering."""

    patient_id: UUID
    items: Items


class PrescriptionRequest(CheckRequest):
    """What a prescriber orders.

    Attributes:
        sign: at once; else it is kept as a draft.
    """

    encounter_id: UUID | None = None
    note: LongText | None = None
    sign: bool = False
    overrides: list[Override] = Field(default_factory=list, max_length=100)


class Draft(Schema):
    """What a draft says from now on; all of it."""

    items: Items
    encounter_id: UUID | None = None
    note: LongText | None = None


class Signing(Schema):
    """What is needed to sign."""

    overrides: list[Override] = Field(default_factory=list, max_length=100)


class Revision(Signing):
    """What a prescription is replaced by."""

    items: Items
    note: LongText | None = None


class Ending(Schema):
    """Why a prescription rests or ends."""

    reason_code: EndReason
    text: LongText | None = None


class PharmacistNote(Schema):
    """What a pharmacist asks, or why they refuse."""

    reason_code: PharmacistReason
    text: LongText


class Answer(Schema):
    """What the prescriber answers."""

    text: LongText


class Translated(Schema):
    """The same words in the languages that the source has."""

    en: str
    vi: str | None = None
    fr: str | None = None


class FindingView(Schema):
    """What the safety check said, and who went on in spite of it.

    Attributes:
        items: JSON pointers of new items; `prescription-item/<id>` of this pharmacy,
            `medication-statement/<id>` of the chart for what is taken already.
        names: of the same drugs, in that order.
        substances: RxNorm ingredient codes.
        code: of the rule or pair; overrides refer to it.
    """

    kind: FindingKind
    severity: Severity
    items: list[str]
    names: list[str]
    substances: list[str]
    code: str
    mechanism: Translated
    advice: Translated
    source: str
    data_version: str
    override_reason: str | None = None
    override_note: str | None = None


class CheckResult(Schema):
    """What a check without writing says.

    Attributes:
        quantities: dispensing units of each item, in order.
        dosages: of each item, as the label says it.
    """

    patient_id: UUID
    findings: list[FindingView]
    quantities: list[Decimal]
    dosages: list[Translated]


class PrescriptionItem(Schema):
    """One medication of a prescription.

    Attributes:
        dosage_text: the dosage in words.
        quantity: units of one fill.
    """

    id: UUID
    medication_id: UUID
    medication_code: str
    name: Translated
    rxnorm: str | None
    schedule: Schedule
    dosage: Dosage
    dosage_text: Translated
    quantity: Decimal
    unit: str
    repeats: int
    duration_days: int | None
    course: Course
    substitution_allowed: bool
    substitution_reason: str | None
    parallel_reason: str | None


class Prescription(Schema):
    """What one prescriber ordered for one patient at one time.

    Attributes:
        status: the prescriber's.
        fulfilment: the pharmacy's.
        valid_until: last moment at which it can be handed out.
        taken_until: when it is used up, as far as it is known.
        findings: of the check at signing; None where it was not asked for, or not for patients.
        version: grows with each move; the ETag.
    """

    id: UUID
    patient_id: UUID
    practitioner_id: UUID
    encounter_id: UUID | None
    status: PrescriptionStatus
    status_reason: str | None
    fulfilment: FulfilmentStatus | None
    controlled: bool
    note: str | None
    replaces_id: UUID | None
    replaced_by_id: UUID | None
    renews_id: UUID | None
    created_at: Instant
    signed_at: Instant | None
    valid_until: Instant | None
    taken_until: Instant | None
    verified_by: UUID | None
    verified_at: Instant | None
    ended_at: Instant | None
    updated_by: UUID
    updated_at: Instant
    version: Version
    items: list[PrescriptionItem]
    findings: list[FindingView] | None = None


class PrescriptionMove(Schema):
    """One step of a prescription's history."""

    version: Version
    move: Move
    status: PrescriptionStatus
    fulfilment: FulfilmentStatus | None
    reason_code: str | None
    text: str | None
    actor_id: UUID
    actor_role: str
    at: Instant


class PrescriptionHistory(Schema):
    """Every move of a prescription, oldest first."""

    prescription_id: UUID
    moves: list[PrescriptionMove]


class PrescriptionQuery(PageRequest):
    """Which prescriptions are listed; newest first, but a worklist oldest first.

    Attributes:
        patient_id: whose; patients need not say it.
        practitioner_id: who prescribed.
        fulfilment: the pharmacist's worklist: only active ones, oldest first.
    """

    patient_id: UUID | None = None
    practitioner_id: UUID | None = None
    status: list[PrescriptionStatus] = Field(
        default_factory=list, max_length=len(PrescriptionStatus)
    )
    fulfilment: list[FulfilmentStatus] = Field(
        default_factory=list, max_length=len(FulfilmentStatus)
    )
