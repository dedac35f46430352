"""FHIR Observation to the words of medical records: vital signs, laboratory values, findings."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from deployments.importer import vocabulary
from deployments.importer.fhir.clinical import About, code, notes, part, plain_status, wording
from deployments.importer.fhir.shape import NotTaken, built, code_in, codings, objects, text
from deployments.importer.reading import Json
from deployments.medical_records.errors import MeasurementRefused
from deployments.medical_records.vital_rules import check_all
from deployments.medical_records.vital_schemas import ImportedObservation, Measurement
from deployments.medical_records.vital_signs import SIGNS

CATEGORIES: Final[Mapping[str, str]] = {
    "vital-signs": "vital-signs",
    "laboratory": "laboratory",
    "LAB": "laboratory",
    "exam": "exam",
}
"""Codes of FHIR's observation-category and of HL7's table 0074 to ours."""
IMPOSSIBLE: Final = frozenset({"out_of_range", "not_below_systolic"})


def observation(resource: Json, about: About) -> ImportedObservation:
    """A measurement or finding.

    Raises:
        NotTaken: entered in error, no identifier, another category, no time, no result that
            charts keep, or a broken field.
    """
    effective = (resource.get("effectiveDateTime"), part(resource, "effectivePeriod").get("start"))
    components = list(_components(resource))
    quantity, answer = _quantity(resource), _answer(resource)
    if not components and quantity is None and answer is None:
        raise NotTaken("value: neither a quantity with its unit nor a finding")
    observed = built(
        ImportedObservation,
        {
            **about.entry(resource, resource.get("issued"), *effective),
            "code": code(resource.get("code")),
            "category": _category(resource),
            "status": plain_status(resource),
            "effective_at": about.instant(*effective, resource.get("effectiveInstant")),
            "quantity": quantity,
            "components": components,
            "answer": answer,
            "note": notes(resource),
        },
    )
    _check_possible(observed)
    return observed


def _check_possible(observed: ImportedObservation) -> None:
    """Passes when a body can show it; a unit that is not ours is left to medical records.

    Raises:
        NotTaken: a vital sign that nobody has.
    """
    coding = observed.code.coding
    if coding is None or coding.code not in SIGNS:
        return
    given: dict[str, Any] = {"components": observed.components, "quantity": observed.quantity}
    if observed.quantity is not None:
        given = {"quantity": observed.quantity}
    measured = Measurement(code=coding.code, answer=observed.answer, **given)
    try:
        check_all([measured], None, observed.effective_at.date(), [""])
    except MeasurementRefused as refusal:
        if found := [error.code for error in refusal.errors if error.code in IMPOSSIBLE]:
            raise NotTaken(f"value: {', '.join(found)}") from None


def _category(resource: Json) -> str:
    """The first category that charts keep; an Observation without one is a vital sign or not."""
    codes = [found for one in objects(resource.get("category")) for _, found in codings(one)]
    known = next((CATEGORIES[one] for one in codes if one in CATEGORIES), None)
    if known is None:
        raise NotTaken("category: neither vital-signs, laboratory nor exam")
    return known


def _quantity(value: Json) -> dict[str, Any] | None:
    """A number with its UCUM unit."""
    quantity = part(value, "valueQuantity")
    unit = text(quantity.get("code")) or text(quantity.get("unit"))
    number = quantity.get("value")
    if number is None or unit is None:
        return None
    return {"value": str(number), "unit": unit}


def _components(resource: Json) -> Iterator[dict[str, Any]]:
    for one in objects(resource.get("component")):
        loinc, quantity = code_in(vocabulary.LOINC, one.get("code")), _quantity(one)
        if loinc and quantity:
            yield {"code": loinc, "quantity": quantity}


def _answer(resource: Json) -> dict[str, Any] | None:
    concept = resource.get("valueCodeableConcept")
    words = wording(concept) or text(resource.get("valueString"))
    return (
        {"text": words, "coding": code(concept)["coding"] if concept else None} if words else None
    )
