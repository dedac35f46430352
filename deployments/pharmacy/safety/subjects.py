"""What the safety check is asked about: drugs and one patient, on plain values."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

Sex = Literal["male", "female", "other", "unknown"]


@dataclass(frozen=True, slots=True)
class Amount:
    """How much of one ingredient a dosage gives.

    Attributes:
        ingredient: RxNorm ingredient code.
        unit: UCUM: "mg", or "[iU]" where the ingredient is measured in units.
        single: greatest amount at one time.
        daily: greatest amount in 24 hours; None when the dosage does not bound it.
        weekly: in 7 days, as the timing says.
    """

    ingredient: str
    unit: Literal["mg", "[iU]"]
    single: Decimal | None
    daily: Decimal | None
    weekly: Decimal | None = None


@dataclass(frozen=True, slots=True)
class DailyDose:
    """The amounts of every ingredient of a drug that a dosage gives."""

    amounts: tuple[Amount, ...]


@dataclass(frozen=True, slots=True)
class Drug:
    """A drug as ordered or taken.

    Attributes:
        key: the caller's name for it, unique in one check; findings refer to it.
        name: for people.
        ingredients: RxNorm ingredient codes; empty when the drug could not be mapped.
        dose: None when it is not known in numbers.
        route: code of the formulary ("oral", "intravenous", "cutaneous", ...), when known.
    """

    key: str
    name: str
    ingredients: tuple[str, ...]
    dose: DailyDose | None = None
    route: str | None = None


@dataclass(frozen=True, slots=True)
class Allergy:
    """An allergy or intolerance that is not refuted.

    Attributes:
        text: as recorded, in any of the languages of the ingredient table.
        rxnorm: RxNorm ingredient code, when it is coded so.
        criticality: FHIR's AllergyIntolerance.criticality.
    """

    text: str
    rxnorm: str | None = None
    criticality: Literal["low", "high", "unable-to-assess"] | None = None


@dataclass(frozen=True, slots=True)
class Patient:
    """What must be known of the patient; None is "nobody knows", never "no".

    Attributes:
        age_days: completed days since birth.
        weight_kg: last measured.
        egfr_ml_min: last estimated glomerular filtration rate, mL/min/1.73 m2.
        allergies: None when nobody ever recorded them; empty for "no known allergies".
        conditions: ICD-10 codes of active conditions.
    """

    age_days: int | None = None
    weight_kg: Decimal | None = None
    sex: Sex | None = None
    pregnant: bool | None = None
    egfr_ml_min: Decimal | None = None
    allergies: tuple[Allergy, ...] | None = None
    conditions: tuple[str, ...] = ()
