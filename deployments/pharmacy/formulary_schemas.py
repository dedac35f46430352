"""What crosses the border about the formulary."""

from decimal import Decimal
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field, StringConstraints

from deployments.pagination import PageRequest
from deployments.pharmacy.codes import DispensingUnit, DoseUnit, Route, Schedule
from deployments.pharmacy.dosage import Number
from deployments.schemas import Instant, Schema, ShortText, Version

MedicationCode = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9./-]{0,63}$")]
RxNorm = Annotated[str, StringConstraints(pattern=r"^[0-9]{1,8}$")]
IngredientCode = Annotated[str, StringConstraints(pattern=r"^([0-9]{1,8}|local:[a-z0-9-]{1,40})$")]


class MedicationIngredient(Schema):
    """An active ingredient.

    Attributes:
        rxnorm: RxNorm ingredient code; `local:...` of the ingredient table where none is known.
        amount: in one dose unit of the medication; None where strength has no meaning.
        unit: UCUM.
    """

    rxnorm: IngredientCode
    name: ShortText
    amount: Number | None = None
    unit: Literal["mg", "g", "ug", "[iU]", "mmol", "mL"] = "mg"


class MedicationDetails(Schema):
    """What may be corrected later."""

    name_en: ShortText
    name_vi: ShortText
    brand_names: list[ShortText] = Field(default_factory=list, max_length=20)
    rxnorm: RxNorm | None = None
    schedule: Schedule = Schedule.NONE
    pack_size: Number


class MedicationRequest(MedicationDetails):
    """A medication for the formulary.

    Attributes:
        code: the hospital's own; never used again for another.
        dose_unit: what doses are counted in.
        unit: what is handed out and never divided; packs and stock are counted in it.
        units_each: how many dose units one unit holds.
    """

    code: MedicationCode
    ingredients: Annotated[list[MedicationIngredient], Field(min_length=1, max_length=10)]
    form: ShortText
    route: Route
    dose_unit: DoseUnit
    unit: DispensingUnit
    units_each: Number = Decimal(1)


class Medication(MedicationRequest):
    """A medication of the formulary.

    Attributes:
        active: whether it can be prescribed.
        version: grows with each change; the ETag.
    """

    id: UUID
    active: bool
    updated_at: Instant
    version: Version


class MedicationQuery(PageRequest):
    """Which medications are listed, by English name.

    Attributes:
        q: what was typed so far: beginnings or parts of words of a name or a brand, in either
            language, accents or not.
        include_retired: those too that are no longer prescribed.
    """

    q: Annotated[str, StringConstraints(max_length=100)] = ""
    include_retired: bool = False


class ImportReceipt(Schema):
    """What an import did."""

    added: int
    changed: int
    unchanged: int
