"""Between observations as callers see them and their columns."""

from collections.abc import Mapping
from typing import Any, Final

from deployments.access import Permission
from deployments.medical_records.codes import LOINC, code_columns, take_code
from deployments.medical_records.entries import Kind, Row, entry_values
from deployments.medical_records.entry_schemas import Coding
from deployments.medical_records.vital_rules import kept
from deployments.medical_records.vital_schemas import (
    ImportedObservation,
    Measurement,
    Observation,
    ObservedComponent,
    Quantity,
    SignShown,
)
from deployments.medical_records.vital_signs import EGFR, EGFR_SPELLINGS, EGFR_UNIT, SIGNS
from deployments.medical_records.vital_signs import VitalSign as Sign
from storage.medical_records.observation_tables import VitalSign


def observation(row: Row) -> Observation:
    """An observation as callers see it."""
    values = entry_values(row)
    code = take_code(values)
    sign = SIGNS.get(code.coding.code) if code.coding else None
    components = [_component(one) for one in values.pop("components")]
    return Observation(
        code=code,
        display_vi=sign.vi if sign else None,
        quantity=_quantity(values.pop("value"), values.pop("unit")),
        given=_quantity(values.pop("value_given"), values.pop("unit_given")),
        components=components,
        **values,
    )


OBSERVATIONS: Final = Kind(
    resource="Observation",
    model=VitalSign,
    shape=observation,
    voided={"status": "entered-in-error"},
    writers=(Permission.RECORDS_WRITE,),
    order="effective_at",
)


def sign_shown(sign: Sign) -> SignShown:
    """A vital sign with what is accepted for it."""
    number = sign.shape == "quantity"
    return SignShown(
        code=sign.code,
        display_en=sign.en,
        display_vi=sign.vi,
        unit=sign.unit or None,
        units=sorted(sign.units),
        low=sign.low if number else None,
        high=sign.high if number else None,
        components=list(sign.members),
    )


def vital_sign_columns(code: str) -> dict[str, Any]:
    """The columns that say which vital sign it is."""
    sign = SIGNS[code]
    named = Coding(system=LOINC, code=code, display=sign.en)
    return {"category": "vital-signs", **code_columns(named, sign.en)}


def result_columns(one: Measurement) -> dict[str, Any]:
    """The columns of a checked result."""
    components = [
        {"code": part.code, "display": SIGNS[part.code].en, **_parts(part.code, part.quantity)}
        for part in one.components
    ]
    return {
        **(_quantity_columns(one.code, one.quantity) if one.quantity else NO_QUANTITY),
        "components": components,
        "answer": one.answer.model_dump(mode="json") if one.answer else None,
        "note": one.note,
    }


def imported_columns(one: ImportedObservation) -> dict[str, Any]:
    """The columns of what another system knows: its own codes and units."""
    coding = one.code.coding
    code = coding.code if coding and coding.system == LOINC else None
    components = [
        {"code": part.code, "display": _name(part.code), **_parts(part.code, part.quantity)}
        for part in one.components
    ]
    return {
        "category": one.category,
        "status": one.status,
        "effective_at": one.effective_at,
        **code_columns(coding, one.code.text),
        **(_quantity_columns(code, one.quantity) if one.quantity else NO_QUANTITY),
        "components": components,
        "answer": one.answer.model_dump(mode="json") if one.answer else None,
        "round_id": None,
        "derived": False,
        "note": one.note,
    }


NO_QUANTITY: Final[Mapping[str, None]] = dict.fromkeys(
    ("value", "unit", "value_given", "unit_given")
)


def _quantity_columns(code: str | None, given: Quantity) -> dict[str, Any]:
    """As we keep it; and as given, when that is another unit.

    Where we keep a unit of our own and do not understand the one that is given, nobody shall
    take one for the other: it stays beside an empty value.
    """
    sign = SIGNS.get(code) if code else None
    unit = sign.unit if sign else EGFR_UNIT if code in EGFR else given.unit
    if given.unit == unit:
        return {**NO_QUANTITY, "value": given.value, "unit": unit}
    as_given = {**NO_QUANTITY, "value_given": given.value, "unit_given": given.unit}
    if sign is not None and given.unit in sign.units:
        ours = kept(sign.code, given)
        return {**as_given, "value": ours.value, "unit": unit}
    if code in EGFR and given.unit in EGFR_SPELLINGS:
        return {**as_given, "value": given.value, "unit": unit}
    return as_given


def _parts(code: str, given: Quantity) -> dict[str, Any]:
    """The columns of a quantity inside JSON, where numbers are texts to keep their digits."""
    columns = _quantity_columns(code, given)
    return {name: value if value is None else str(value) for name, value in columns.items()}


def _component(kept_part: Mapping[str, Any]) -> ObservedComponent:
    quantity = _quantity(kept_part["value"], kept_part["unit"])
    return ObservedComponent.model_validate(
        {
            "code": kept_part["code"],
            "display": kept_part["display"],
            "quantity": quantity,
            "given": _quantity(kept_part["value_given"], kept_part["unit_given"]),
        }
    )


def _quantity(value: Any, unit: str | None) -> Quantity | None:
    return None if unit is None else Quantity(value=value, unit=unit)


def _name(code: str) -> str:
    return SIGNS[code].en if code in SIGNS else code
