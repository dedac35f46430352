"""FHIR Encounter, Condition, Procedure and AllergyIntolerance to the words of medical records."""

from collections.abc import Iterator
from typing import Any, Final

from deployments.importer.fhir.clinical import (
    About,
    code,
    day_of,
    first_code,
    notes,
    part,
    plain_status,
    status,
    wording,
)
from deployments.importer.fhir.shape import built, objects, text, texts
from deployments.importer.reading import Json
from deployments.medical_records.allergy_schemas import ImportedAllergy
from deployments.medical_records.condition_schemas import ImportedCondition
from deployments.medical_records.encounter_schemas import ImportedEncounter
from deployments.medical_records.procedure_schemas import ImportedProcedure

HL7: Final = "http://terminology.hl7.org/CodeSystem"
SEVERITIES: Final = frozenset({"mild", "moderate", "severe"})
LONGEST: Final = 200


def encounter(resource: Json, about: About) -> ImportedEncounter:
    """A meeting of a patient with those who treat them.

    Raises:
        NotTaken: entered in error, no identifier, no start, or a broken field.
    """
    period, stay = part(resource, "period"), part(resource, "hospitalization")
    kind = resource.get("class")
    return built(
        ImportedEncounter,
        {
            **about.entry(resource, period.get("start")),
            "status": plain_status(resource),
            "encounter_class": kind.get("code") if isinstance(kind, dict) else None,
            "type_text": wording(next(iter(objects(resource.get("type"))), None))
            or wording(resource.get("serviceType")),
            "priority": first_code(resource.get("priority")),
            "start": about.instant(period.get("start")),
            "end": about.instant(period.get("end")),
            "reasons": [code(one) for one in objects(resource.get("reasonCode"))],
            "participants": list(_participants(resource, about)),
            "admit_source": first_code(stay.get("admitSource")),
            "discharge_disposition": first_code(stay.get("dischargeDisposition")),
        },
    )


def condition(resource: Json, about: About) -> ImportedCondition:
    """A problem or diagnosis.

    Raises:
        NotTaken: entered in error, no identifier, says nothing, or a broken field.
    """
    severity = (wording(resource.get("severity")) or "").lower()
    return built(
        ImportedCondition,
        {
            **about.entry(resource, resource.get("recordedDate"), resource.get("onsetDateTime")),
            "code": code(resource.get("code")),
            "category": first_code(*objects(resource.get("category"))),
            "clinical_status": status(resource, "clinicalStatus", f"{HL7}/condition-clinical"),
            "verification_status": status(
                resource, "verificationStatus", f"{HL7}/condition-ver-status"
            )
            or "unconfirmed",
            "severity": severity if severity in SEVERITIES else None,
            **_when(resource, "onset", "onset_on", "onset_text"),
            **_when(resource, "abatement", "abated_on", "abatement_text"),
            "note": notes(resource),
        },
    )


def procedure(resource: Json, about: About) -> ImportedProcedure:
    """Something that was done, or was not.

    Raises:
        NotTaken: entered in error, no identifier, says nothing, or a broken field.
    """
    period = part(resource, "performedPeriod")
    start = resource.get("performedDateTime") or period.get("start")
    reasons = filter(None, map(wording, objects(resource.get("reasonCode"))))
    sites = filter(None, map(wording, objects(resource.get("bodySite"))))
    return built(
        ImportedProcedure,
        {
            **about.entry(resource, period.get("end"), start),
            "code": code(resource.get("code")),
            "status": plain_status(resource),
            "status_reason": wording(resource.get("statusReason")),
            "performed_from": about.instant(start),
            "performed_until": about.instant(period.get("end")),
            "performer_id": about.recorder_id,
            "body_site": "; ".join(sites)[:LONGEST] or None,
            "reason": "; ".join(reasons)[:LONGEST] or None,
            "outcome": wording(resource.get("outcome")),
            "note": notes(resource),
        },
    )


def allergy(resource: Json, about: About) -> ImportedAllergy:
    """An allergy or intolerance, or that none is known.

    Raises:
        NotTaken: entered in error, no identifier, says nothing, or a broken field.
    """
    recorded = (resource.get("recordedDate"), resource.get("onsetDateTime"))
    return built(
        ImportedAllergy,
        {
            **about.entry(resource, *recorded, resource.get("lastOccurrence")),
            "code": code(resource.get("code")),
            "clinical_status": status(
                resource, "clinicalStatus", f"{HL7}/allergyintolerance-clinical"
            ),
            "verification_status": status(
                resource, "verificationStatus", f"{HL7}/allergyintolerance-verification"
            )
            or "unconfirmed",
            "type": text(resource.get("type")),
            "categories": texts(resource.get("category")),
            "criticality": text(resource.get("criticality")),
            "onset_on": day_of(resource.get("onsetDateTime")),
            "reactions": list(_reactions(resource)),
            "note": notes(resource),
        },
    )


def _participants(resource: Json, about: About) -> Iterator[dict[str, Any]]:
    """Those whom we know; who is there without a role takes part."""
    period = part(resource, "period")
    named = (one for one in objects(resource.get("participant")) if part(one, "individual"))
    for one, practitioner_id in zip(named, about.staff, strict=False):
        own = part(one, "period")
        if practitioner_id is not None:
            yield {
                "practitioner_id": practitioner_id,
                "role": first_code(*objects(one.get("type"))) or "PART",
                "start": about.instant(own.get("start"), period.get("start")),
                "end": about.instant(own.get("end"), period.get("end")),
            }


def _reactions(resource: Json) -> Iterator[dict[str, Any]]:
    for reaction in objects(resource.get("reaction")):
        for manifestation in objects(reaction.get("manifestation")):
            if words := wording(manifestation):
                yield {
                    "manifestation": words,
                    "severity": text(reaction.get("severity")),
                    "onset_on": day_of(reaction.get("onset")),
                }


def _when(resource: Json, what: str, day: str, words: str) -> dict[str, Any]:
    """A FHIR onset[x] or abatement[x]: a full day, else what is known of it in words."""
    given = resource.get(f"{what}DateTime")
    found = day_of(given)
    if found:
        return {day: found}
    age = part(resource, f"{what}Age")
    at_age = f"{age['value']} {age.get('unit', '')}".strip() if "value" in age else None
    return {words: text(given) or text(resource.get(f"{what}String")) or at_age}
