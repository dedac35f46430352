"""Clinical resources of the generator, made to fit our patients, doctors and visits.

Codings of SNOMED CT and CPT are taken out, because both need a licence; ICD-10-CM, CVX, RxNorm,
LOINC, UCUM and HL7's own tables stay. What then says nothing is left out.
"""

from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any

from deployments.importer import vocabulary
from deployments.importer.demo_dates import moved
from deployments.importer.generate.resource import Json, concept, reference

RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"
FREE = ("http://terminology.hl7.org/", "http://hl7.org/fhir/sid/", "http://loinc.org",
        RXNORM, "http://unitsofmeasure.org", vocabulary.BASE)  # fmt: skip
NONE_KNOWN = "No known allergies"
ALLERGENS: Mapping[str, Json] = {
    NONE_KNOWN: concept(vocabulary.ALLERGY, "no-known-allergies", "No known allergies"),
    "Substance with penicillin structure": {
        **concept(RXNORM, "7980", "Penicillin G"),
        "text": "Penicillins",
    },
    "Aspirin": concept(RXNORM, "1191", "Aspirin"),
    "Sulfonamide": {
        **concept(RXNORM, "10180", "Sulfamethoxazole"),
        "text": "Sulfonamide antibiotics",
    },
}
BLOOD_GROUPS = {"883-9", "10331-7"}
DROPPED = {"meta", "serviceProvider", "location", "basedOn", "specimen", "performer",
           "participant", "recorder", "asserter", "requester", "hospitalization",
           "statusHistory", "referenceRange", "interpretation", "stage", "usedCode",
           "device", "extension", "insurance", "priority", "length", "evidence", "outcome",
           "method"}  # fmt: skip


class Charts:
    """Rewrites resources.

    Args:
        patients: our patient for each generated id.
        doctors: our doctor for each generated encounter.
        moved: how far each encounter was moved in time.
    """

    def __init__(
        self,
        patients: Mapping[str, Json],
        doctors: Mapping[str, Json],
        moved: Mapping[str, timedelta],
    ) -> None:
        self._patients = patients
        self._doctors = doctors
        self._moved = moved

    def rewrite(self, resource: Json) -> Json | None:
        """The resource in our hospital; None when it is not one of ours or says nothing here."""
        subject = "subject" if "subject" in resource else "patient"
        patient = self._patients.get(_target(resource[subject]))
        if patient is None or not _wanted(resource):
            return None
        made: Json = _cleaned({k: v for k, v in resource.items() if k not in DROPPED})
        made[subject] = reference(patient)
        encounter = self._encounter_of(resource)
        shifted = moved(made, self._moved.get(encounter, timedelta()))
        return _finished(shifted, resource, self._doctors.get(encounter))

    def _encounter_of(self, resource: Json) -> str:
        if resource["resourceType"] == "Encounter":
            return str(resource["id"])
        return _target(resource["encounter"]) if "encounter" in resource else ""


def _finished(made: Json, source: Json, doctor: Json | None) -> Json | None:
    kind = made["resourceType"]
    if kind == "AllergyIntolerance":
        made["code"] = ALLERGENS.get(source["code"]["text"], made.get("code"))
        if source["code"]["text"] == NONE_KNOWN:  # the simulator calls it resolved
            status = "http://terminology.hl7.org/CodeSystem/allergyintolerance-clinical"
            made["clinicalStatus"] = concept(status, "active", "Active")
    if kind == "Observation" and not any(k.startswith(("value", "component")) for k in made):
        return None
    if doctor is None:
        return made
    who = reference(doctor)
    by_kind: dict[str, Json] = {
        "Encounter": {"participant": [{"individual": who}]},
        "Condition": {"recorder": who},
        "AllergyIntolerance": {"recorder": who},
        "MedicationRequest": {"requester": who},
        "Procedure": {"performer": [{"actor": who}]},
    }
    return made | by_kind.get(kind, {})


def _wanted(resource: Json) -> bool:
    if resource["resourceType"] != "Observation":
        return True
    codes = {coding["code"] for coding in resource["code"]["coding"]}
    categories = {
        c["code"] for category in resource["category"] for c in category.get("coding", [])
    }
    return "vital-signs" in categories or bool(codes & BLOOD_GROUPS)


def _cleaned(value: Any) -> Any:
    """Without codings that need a licence, and without what is empty then."""
    if isinstance(value, dict):
        if not str(value.get("system", FREE[0])).startswith((*FREE, "urn:clinosim:identifier")):
            return None
        cleaned = {key: _cleaned(inner) for key, inner in value.items()}
        return {key: inner for key, inner in cleaned.items() if inner not in (None, [], {})} or None
    if isinstance(value, list):
        return [cleaned for inner in value if (cleaned := _cleaned(inner)) is not None]
    return value


def _target(reference_: Json) -> str:
    return str(reference_["reference"]).rsplit("/", 1)[1]


def rewritten(charts: Charts, resources: Iterator[Json]) -> Iterator[Json]:
    """Those of the resources that are ours."""
    return (made for resource in resources if (made := charts.rewrite(resource)) is not None)
