"""Immunizations (FHIR Immunization) as callers see them."""

from decimal import Decimal
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from deployments.medical_records.entry_schemas import Code, CodeRequest, Entry, ImportedEntry
from deployments.schemas import Day, Instant, LongText, Schema, ShortText

Count = Annotated[int, Field(ge=1, le=20)]


class ImmunizationContent(Schema):
    """What is said of a vaccine that was given, or was not.

    Attributes:
        status_reason: why it was not given; needed then, and only then.
        occurred_at: when it was given or refused.
        primary_source: whether the one who writes it gave it or saw it given.
        dose_quantity: in `dose_unit`, UCUM.
        dose_number: which dose of the series it was.
    """

    status: Literal["completed", "not-done"] = "completed"
    status_reason: ShortText | None = None
    occurred_at: Instant
    primary_source: bool = True
    lot_number: ShortText | None = None
    expires_on: Day | None = None
    dose_quantity: Annotated[Decimal | None, Field(gt=0, max_digits=8, decimal_places=3)] = None
    dose_unit: Literal["mL", "ug", "mg", "[IU]", "{dose}"] | None = None
    site: ShortText | None = None
    route: ShortText | None = None
    dose_number: Count | None = None
    series_doses: Count | None = None
    performer_id: UUID | None = None
    note: LongText | None = None


class ImmunizationRequest(ImmunizationContent):
    """A vaccine that was given or not, to write down; its code is CVX."""

    code: CodeRequest
    encounter_id: UUID | None = None


class Immunization(Entry):
    """A vaccine that was given, or was not and why."""

    code: Code
    status: Literal["completed", "not-done", "entered-in-error"]
    status_reason: str | None
    occurred_at: Instant
    primary_source: bool
    lot_number: str | None
    expires_on: Day | None
    dose_quantity: Decimal | None
    dose_unit: str | None
    site: str | None
    route: str | None
    dose_number: int | None
    series_doses: int | None
    performer_id: UUID | None
    note: str | None


class ImportedImmunization(ImportedEntry, ImmunizationContent):
    """An immunization that another system knows."""

    code: Code
