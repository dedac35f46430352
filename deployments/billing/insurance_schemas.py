"""What crosses the border about insurers, plans and coverages. Amounts are minor units."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field, StringConstraints

from deployments.billing.benefits import Benefits
from deployments.schemas import Day, Instant, Schema, ShortText, Version

PayerCode = Annotated[str, StringConstraints(pattern="^[A-Z0-9]{2,9}$")]
PlanCode = Annotated[str, StringConstraints(pattern="^[A-Z0-9-]{1,20}$")]
CurrencyCode = Annotated[str, StringConstraints(pattern="^[A-Z]{3}$")]
MemberId = Annotated[str, StringConstraints(pattern="^[A-Z0-9-]{4,40}$")]
CardLevel = Annotated[str, StringConstraints(pattern="^[A-Z0-9]{0,10}$")]
Sex = Literal["M", "F", "U"]


class ProviderRequest(Schema):
    """An insurer.

    Attributes:
        code: its identifier in electronic claims.
        kind: `public` social insurance, or `private`.
    """

    code: PayerCode
    name_en: ShortText
    name_vi: ShortText
    kind: Literal["public", "private"]


class Provider(ProviderRequest):
    """An insurer as it is kept."""

    id: UUID
    active: bool


class Providers(Schema):
    """All insurers."""

    items: list[Provider]


class PlanRequest(Schema):
    """A plan of an insurer and its rules."""

    code: PlanCode
    name_en: ShortText
    name_vi: ShortText
    currency: CurrencyCode
    benefits: Benefits


class Plan(PlanRequest):
    """A plan as it is kept."""

    id: UUID
    payer_id: UUID
    version: Version


class Plans(Schema):
    """Plans of an insurer."""

    items: list[Plan]


class PlanChange(Schema):
    """New rules of a plan; they hold for what is issued from now on."""

    benefits: Benefits
    version: Version


class CoverageRequest(Schema):
    """A patient's insurance (FHIR R4 Coverage).

    Attributes:
        position: 1 pays first.
        member_id: number on the card.
        level: benefit level; read from the card number of social insurance when left out.
        last_name: as on the card, like first_name, birth_date and sex.
        starts_on: of the insurance without a gap.
        ends_on: last day.
    """

    patient_id: UUID
    plan_id: UUID
    position: Annotated[int, Field(ge=1, le=3)] = 1
    member_id: MemberId
    level: CardLevel = ""
    last_name: ShortText
    first_name: ShortText
    birth_date: Day
    sex: Sex
    starts_on: Day
    ends_on: Day | None = None


class Coverage(CoverageRequest):
    """A coverage as it is kept.

    Attributes:
        status: FHIR R4: `active` or `cancelled`.
    """

    id: UUID
    payer_id: UUID
    payer_code: str
    plan_code: str
    status: Literal["active", "cancelled"]
    version: Version


class Coverages(Schema):
    """Coverages of a patient, in the order in which they pay."""

    items: list[Coverage]


class CoverageEnd(Schema):
    """The last day of a coverage."""

    ends_on: Day
    version: Version


class PolicyYear(Schema):
    """What a policy has used up in a year.

    Attributes:
        paid: by the payer.
        own: co-payments of the patient.
        remaining: of the year's ceiling; null when there is none.
    """

    coverage_id: UUID
    year: int
    currency: str
    deductible: int
    paid: int
    own: int
    remaining: int | None


class CheckRequest(Schema):
    """For which day the payer is asked."""

    service_day: Day


class EligibilityCheck(Schema):
    """A question to the payer whether somebody is insured (FHIR R4 CoverageEligibilityResponse).

    Attributes:
        outcome: `queued` until the payer answers.
        reason: why not in force: claim adjustment reason code.
        remaining: of the year's ceiling, as the payer says.
    """

    id: UUID
    coverage_id: UUID
    service_day: Day
    outcome: Literal["queued", "complete", "error"]
    inforce: bool | None
    reason: str | None
    remaining: int | None
    asked_at: Instant
    answered_at: Instant | None
