"""FHIR MedicationStatement and MedicationRequest to the words of medical records.

What another system prescribed is, here, something that the patient takes: we can neither dispense
nor end it. An order that a later one of the same drug replaces is over, and so is one whose supply
is used up.
"""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final

from deployments.importer.fhir.clinical import (
    About,
    code,
    day_of,
    first_code,
    notes,
    part,
    plain_status,
    wording,
)
from deployments.importer.fhir.shape import NotTaken, built, objects, text
from deployments.importer.reading import Json
from deployments.importer.references import business_identifiers
from deployments.medical_records.medication_schemas import Dosage, ImportedMedication

ORDER_STATUSES: Final[Mapping[str, str]] = {
    "active": "active",
    "on-hold": "on-hold",
    "cancelled": "not-taken",
    "completed": "completed",
    "stopped": "stopped",
    "unknown": "unknown",
}
"""MedicationRequest.status to MedicationStatement.status."""
ORDERS: Final = frozenset({"order", "original-order", "instance-order", "filler-order"})
"""Intents of what is really to be taken; proposals, plans and options are not."""
SOURCES: Final[Mapping[str, str]] = {
    "Patient": "patient",
    "RelatedPerson": "related",
    "Practitioner": "practitioner",
    "PractitionerRole": "practitioner",
}
UNITS_OF_TIME: Final[Mapping[str, int]] = {"d": 1, "wk": 7, "mo": 30, "a": 365}
"""Days of a UCUM unit, for how long a supply lasts."""
PERIOD_UNITS: Final = frozenset({"h", "d", "wk", "mo"})
LONGEST_SUPPLY: Final = 3650
"""Days; more is a typing error."""


class Orders:
    """Which order of a drug is the patient's latest, learnt before the first is taken."""

    def __init__(self) -> None:
        self._latest: dict[tuple[str, str], tuple[str, str]] = {}

    def note(self, resource: Json) -> None:
        """Looks at a MedicationRequest."""
        place = _drug_of(resource)
        self._latest[place] = max(self._latest.get(place, ("", "")), _moment_of(resource))

    def is_replaced(self, resource: Json) -> bool:
        """Whether a later order of the same drug for the same patient is in the files."""
        latest = self._latest.get(_drug_of(resource))
        return latest is not None and latest[1] != _moment_of(resource)[1]


def medication_statement(resource: Json, about: About) -> ImportedMedication:
    """Something that a patient takes or took.

    Raises:
        NotTaken: entered in error, no identifier, says nothing, or a broken field.
    """
    period = part(resource, "effectivePeriod")
    start = resource.get("effectiveDateTime") or period.get("start")
    source = part(resource, "informationSource")
    kind = str(source.get("type") or source.get("reference", "")).partition("/")[0]
    return built(
        ImportedMedication,
        {
            **about.entry(resource, resource.get("dateAsserted"), start),
            "code": code(resource.get("medicationCodeableConcept")),
            "status": plain_status(resource),
            "status_reason": wording(next(iter(objects(resource.get("statusReason"))), None)),
            **_dosage(objects(resource.get("dosage"))),
            "started_on": day_of(start),
            "ended_on": day_of(period.get("end")),
            "information_source": SOURCES.get(kind),
            "note": notes(resource),
        },
    )


def medication_request(resource: Json, about: About) -> ImportedMedication:
    """What was prescribed elsewhere, as something that the patient takes.

    Raises:
        NotTaken: entered in error or a draft, no order, no identifier, or a broken field.
    """
    if resource.get("intent") not in ORDERS:
        raise NotTaken("intent: no order")
    known = ORDER_STATUSES.get(plain_status(resource) or "")
    if known is None:
        raise NotTaken("status: a draft, or none that is known here")
    authored = resource.get("authoredOn")
    over = known == "active" and (about.replaced or _is_used_up(resource, about))
    return built(
        ImportedMedication,
        {
            **about.entry(resource, authored),
            "code": code(resource.get("medicationCodeableConcept")),
            "status": "completed" if over else known,
            **_dosage(objects(resource.get("dosageInstruction"))),
            "started_on": day_of(authored),
            "information_source": "practitioner",
            "note": notes(resource),
        },
    )


def _is_used_up(resource: Json, about: About) -> bool:
    """Whether the supply of an order has run out, repeats included; unknown is no."""
    dispense = part(resource, "dispenseRequest")
    supply = part(dispense, "expectedSupplyDuration")
    days = UNITS_OF_TIME.get(str(supply.get("code")), 0) * _number(supply.get("value"))
    began = about.instant(resource.get("authoredOn"))
    times = 1 + _number(dispense.get("numberOfRepeatsAllowed"))
    lasts = timedelta(days=min(days * times, LONGEST_SUPPLY))
    return bool(days) and began is not None and began < about.now - lasts


def _dosage(instructions: list[Json]) -> dict[str, Any]:
    """The words of all instructions, and the numbers of the only one."""
    words = "; ".join(filter(None, (text(one.get("text")) for one in instructions)))
    values = _numbers(instructions[0]) if len(instructions) == 1 else None
    return {"dosage_text": words[:200] or None, "dosage": values}


def _numbers(instruction: Json) -> Dosage | None:
    """What can be counted; the words say the rest."""
    repeat = part(part(instruction, "timing"), "repeat")
    rate = next(iter(objects(instruction.get("doseAndRate"))), {})
    dose = part(rate, "doseQuantity")
    if not dose and not repeat:
        return None
    whole = repeat.get("periodUnit") in PERIOD_UNITS
    values = {
        "dose": dose.get("value"),
        "unit": text(dose.get("code")) or text(dose.get("unit")),
        "route": wording(instruction.get("route")),
        "frequency": repeat.get("frequency") if whole else None,
        "period": repeat.get("period") if whole else None,
        "period_unit": repeat.get("periodUnit") if whole else None,
        "as_needed": instruction.get("asNeededBoolean") is True,
    }
    try:
        return built(Dosage, values)
    except NotTaken:
        return None


def _drug_of(resource: Json) -> tuple[str, str]:
    """Whose drug an order is for: the words tell drugs apart where the codes are missing."""
    subject = part(resource, "subject")
    words = wording(resource.get("medicationCodeableConcept")) or ""
    drug = first_code(resource.get("medicationCodeableConcept")) or words.casefold()
    return str(subject.get("reference") or subject.get("identifier")), drug


def _moment_of(resource: Json) -> tuple[str, str]:
    """When an order was written, and which it is."""
    known = business_identifiers(resource)
    return str(resource.get("authoredOn", "")), str(known[0] if known else resource.get("id"))


def _number(value: Any) -> float:
    return value if isinstance(value, (int, float)) else 0
