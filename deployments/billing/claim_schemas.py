"""What crosses the border about claims and remittances. Amounts are minor units."""

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field, StringConstraints

from deployments.billing.accounts import Area
from deployments.billing.claim_states import Outcome, Status
from deployments.billing.money import LARGEST
from deployments.pagination import PageRequest
from deployments.schemas import Day, LongText, Schema, ShortText

Diagnosis = Annotated[str, StringConstraints(pattern=r"^[A-Z][0-9][0-9A-Z](\.[0-9A-Z]{1,4})?$")]
"""ICD-10, with its dot."""
Diagnoses = Annotated[list[Diagnosis], Field(min_length=1, max_length=12)]
ServiceCode = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9._-]{1,48}$")]
Longest835 = Annotated[str, StringConstraints(min_length=106, max_length=900_000)]


class ClaimRequest(Schema):
    """A claim for an issued invoice (FHIR R4 Claim, use `claim`).

    Attributes:
        diagnoses: ICD-10; the first is the main one.
        preauthorization: the payer's number of its consent.
    """

    invoice_id: UUID
    coverage_id: UUID
    diagnoses: Diagnoses
    preauthorization: Annotated[str, StringConstraints(pattern="^[A-Z0-9-]{1,30}$")] | None = None


class PlannedService(Schema):
    """Something that is planned."""

    area: Area
    code: ServiceCode
    name_en: ShortText
    name_vi: ShortText
    service_day: Day
    quantity: Annotated[Decimal, Field(gt=0, le=999_999, decimal_places=3)] = Decimal(1)
    charge: Annotated[int, Field(ge=0, le=LARGEST)]


class PreauthorizationRequest(Schema):
    """A question to the payer before something is done (FHIR R4 Claim, use `preauthorization`)."""

    coverage_id: UUID
    diagnoses: Diagnoses
    services: Annotated[list[PlannedService], Field(min_length=1, max_length=50)]


class Correction(Schema):
    """What is corrected in a claim that replaces another one."""

    diagnoses: Diagnoses
    preauthorization: Annotated[str, StringConstraints(pattern="^[A-Z0-9-]{1,30}$")] | None = None


class Appeal(Schema):
    """Why the payer is asked to decide again."""

    reason: LongText


class Adjustment(Schema):
    """Why less was paid than charged.

    Attributes:
        group: CO contract, PR the patient's, OA other, PI the payer's.
        code: claim adjustment reason code (CARC).
        text_en: what it means.
        text_vi: the same in Vietnamese.
    """

    group: str
    code: str
    amount: int
    text_en: str
    text_vi: str


class ClaimLine(Schema):
    """One line, and what the payer made of it; `paid` is null until it answers."""

    position: int
    area: Area
    code: str
    name_en: str
    name_vi: str
    service_day: date
    quantity: Decimal
    charge: int
    paid: int | None
    adjustments: list[Adjustment]


class ClaimStep(Schema):
    """Something that became of a claim."""

    version: int
    move: str
    status: Status
    note: str | None
    at: datetime


class ClaimSummary(Schema):
    """A claim without its lines.

    Attributes:
        number: how hospital and payer call it.
        outcome: of an adjudicated one.
        reasons: why it was rejected, or not paid in full: `CO-45`, `A3:33`.
        patient: what the patient owes, as the payer says.
        written_off: what nobody pays.
        disputed: refused by the payer: to be appealed, or written off when the claim is closed.
        covered_by_others: paid by earlier payers.
    """

    id: UUID
    number: str
    use: Literal["claim", "preauthorization"]
    status: Status
    outcome: Outcome | None
    patient_id: UUID
    invoice_id: UUID | None
    coverage_id: UUID
    payer_id: UUID
    replaces_id: UUID | None
    currency: str
    diagnoses: list[str]
    preauthorization: str | None
    payer_claim_number: str | None
    reasons: list[str]
    charge: int
    paid: int
    patient: int
    written_off: int
    disputed: int
    covered_by_others: int
    created_at: datetime
    version: int


class Claim(ClaimSummary):
    """A claim with lines and steps: for the patient an explanation of benefit."""

    lines: list[ClaimLine]
    steps: list[ClaimStep]


class ClaimQuery(PageRequest):
    """Which claims are wanted."""

    patient: UUID | None = None
    invoice: UUID | None = None
    status: Status | None = None


class ClaimProblem(Schema):
    """Why a claim would be rejected."""

    pointer: str
    code: str
    message: str


class ClaimValidation(Schema):
    """What is wrong with a claim; nothing when it can be sent."""

    valid: bool
    problems: list[ClaimProblem]


class RemittanceRequest(Schema):
    """An 835 as the payer sent it."""

    content: Longest835


class RemittedClaim(Schema):
    """What a remittance paid on a claim; negative takes it back."""

    claim_id: UUID
    number: str
    paid: int


class Remittance(Schema):
    """A payer's payment, and what it was for."""

    id: UUID
    payer_id: UUID
    trace_number: str
    amount: int
    withheld: int
    currency: str
    paid_on: date
    posted_at: datetime
    claims: list[RemittedClaim]


class RemittanceSummary(Schema):
    """A payer's payment."""

    id: UUID
    payer_id: UUID
    trace_number: str
    amount: int
    withheld: int
    currency: str
    paid_on: date
    posted_at: datetime


class RemittanceQuery(PageRequest):
    """Which remittances are wanted."""

    payer: UUID | None = None


class RefusedRemittance(Schema):
    """An 835 that was collected and could not be posted.

    Attributes:
        control_number: of the interchange.
        error: why.
    """

    id: UUID
    control_number: str
    error: str
    content: str
    at: datetime


class RefusedRemittances(Schema):
    """835s that somebody must look at."""

    items: list[RefusedRemittance]
