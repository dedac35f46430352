"""FHIR Immunization to the words of medical records."""

from typing import Any, Final

from deployments.importer.fhir.clinical import (
    About,
    code,
    first_code,
    notes,
    part,
    plain_status,
    wording,
)
from deployments.importer.fhir.shape import built, full_date, objects, text
from deployments.importer.reading import Json
from deployments.medical_records.immunization_schemas import ImportedImmunization

NOT_SAID: Final = "not said"
DOSE_UNITS: Final = frozenset({"mL", "ug", "mg", "[IU]", "{dose}"})
"""UCUM units in which medical records keep a dose; one in another is left out."""


def immunization(resource: Json, about: About) -> ImportedImmunization:
    """A vaccine that was given, or was not.

    Raises:
        NotTaken: entered in error, no identifier, says nothing, or a broken field.
    """
    given, reason = resource.get("occurrenceDateTime"), resource.get("statusReason")
    not_done = resource.get("status") == "not-done"
    protocol = next(iter(objects(resource.get("protocolApplied"))), {})
    return built(
        ImportedImmunization,
        {
            **about.entry(resource, resource.get("recorded"), given),
            "code": code(resource.get("vaccineCode")),
            "status": plain_status(resource),
            "status_reason": wording(reason)
            or first_code(reason)
            or (NOT_SAID if not_done else None),
            "occurred_at": about.instant(given),
            "primary_source": resource.get("primarySource"),
            "lot_number": text(resource.get("lotNumber")),
            "expires_on": full_date(resource.get("expirationDate")),
            **_dose(part(resource, "doseQuantity")),
            "site": wording(resource.get("site")),
            "route": wording(resource.get("route")),
            "dose_number": protocol.get("doseNumberPositiveInt"),
            "series_doses": protocol.get("seriesDosesPositiveInt"),
            "performer_id": about.recorder_id,
            "note": notes(resource),
        },
    )


def _dose(quantity: Json) -> dict[str, Any]:
    unit = text(quantity.get("code")) or text(quantity.get("unit"))
    known = unit in DOSE_UNITS and quantity.get("value") is not None
    return {"dose_quantity": quantity["value"], "dose_unit": unit} if known else {}
