"""Small makers of the FHIR pieces that many resources share."""

from typing import Any

Json = dict[str, Any]


def identifier(system: str, value: str, kind: str | None = None) -> Json:
    """An Identifier; `kind` is a code of HL7 table 0203."""
    made: Json = {"system": system, "value": value}
    if kind:
        coding = {"system": "http://terminology.hl7.org/CodeSystem/v2-0203", "code": kind}
        made = {"use": "usual", "type": {"coding": [coding]}, **made}
    return made


def concept(system: str, code: str, display: str) -> Json:
    """A CodeableConcept with one coding."""
    return {"coding": [{"system": system, "code": code, "display": display}], "text": display}


def reference(resource: Json, display: str | None = None) -> Json:
    """A relative Reference to a resource."""
    made = {"reference": f"{resource['resourceType']}/{resource['id']}"}
    return {**made, "display": display} if display else made
