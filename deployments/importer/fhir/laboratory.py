"""FHIR ServiceRequest, Specimen, Observation and DiagnosticReport to the laboratory's words."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final
from uuid import UUID

from deployments.importer import vocabulary
from deployments.importer.fhir.clinical import About, notes, part, plain_status, wording
from deployments.importer.fhir.shape import (
    NotTaken,
    built,
    code_in,
    codings,
    identifiers,
    objects,
    text,
)
from deployments.importer.reading import Json
from deployments.laboratory.import_schemas import (
    ImportedOrder,
    ImportedReport,
    ImportedSpecimen,
    ImportedValue,
)
from deployments.users.schemas import PatientBrief

ORDER_INTENTS: Final = frozenset(
    {"order", "original-order", "reflex-order", "filler-order", "instance-order"}
)
CODE_SYSTEMS: Final = (vocabulary.LABORATORY_TEST, vocabulary.LOINC)
REPORTED: Final[Mapping[str, str]] = {
    "partial": "preliminary", "preliminary": "preliminary", "final": "final",
    "amended": "amended", "corrected": "corrected", "appended": "amended",
}  # fmt: skip
"""DiagnosticReport.status, and of Observation.status those that both have, to ours."""
FLAGS: Final[Mapping[str, str]] = {
    "N": "N", "NEG": "N", "NR": "N", "ND": "N", "L": "L", "LU": "L", "H": "H", "HU": "H",
    "LL": "LL", "HH": "HH", "A": "A", "AA": "A", "POS": "A", "RR": "A", "WR": "A", "DET": "A",
    "IND": "A",
}  # fmt: skip
"""HL7 v3 ObservationInterpretation to those that are reported here."""
SPECIMEN_TYPES: Final[Mapping[str, str]] = {
    "BLD": "whole-blood", "SER": "serum", "PLAS": "plasma", "UR": "urine", "CSF": "csf",
    "STL": "stool", "SPT": "sputum",
}  # fmt: skip
"""HL7 table 0487 to ours."""
SPECIMEN_WORDS: Final[Mapping[str, str]] = {
    "blood": "whole-blood", "whole blood": "whole-blood", "venous blood": "whole-blood",
    "serum": "serum", "plasma": "plasma", "urine": "urine", "cerebrospinal fluid": "csf",
    "stool": "stool", "swab": "swab", "sputum": "sputum", "fluid": "fluid",
}  # fmt: skip
FASTING: Final[Mapping[str, bool]] = {"F": True, "NF": False}
CONDITIONS: Final[Mapping[str, str]] = {"HEM": "haemolysed", "CLOT": "clotted"}
"""HL7 table 0493 to ours."""
MICROLITRES: Final[Mapping[str, int]] = {"uL": 1, "mL": 1000, "L": 1_000_000}


def is_laboratory(resource: Json) -> bool:
    """Whether an Observation names the laboratory as its first known category."""
    codes = [code for one in objects(resource.get("category")) for _, code in codings(one)]
    return any(code.upper() in ("LABORATORY", "LAB") for code in codes)


def order(resource: Json, about: About, requester: UUID, patient: PatientBrief) -> ImportedOrder:
    """A request for tests.

    Raises:
        NotTaken: no order, not for a laboratory, no identifier, no date, or a broken field.
    """
    if text(resource.get("intent")) not in ORDER_INTENTS:
        raise NotTaken("intent: a wish, no order")
    status = plain_status(resource)
    if status in ("draft", "unknown"):
        raise NotTaken(f"status: {status}, so nobody has ordered it yet")
    own = identifiers(resource)[0]
    requisition = part(resource, "requisition")
    named = {name: text(requisition.get(name)) for name in ("system", "value")}
    return built(
        ImportedOrder,
        {
            "identifier": own,
            "requisition": named if all(named.values()) else own,
            "patient_id": about.patient_id,
            "practitioner_id": requester,
            "encounter_id": about.encounter_id,
            "status": status,
            "priority": text(resource.get("priority")),
            "codes": _codes(resource),
            "reason": code_in(vocabulary.ICD_10_CM, *objects(resource.get("reasonCode"))),
            "note": notes(resource),
            "ordered_at": about.instant(
                resource.get("authoredOn"), resource.get("occurrenceDateTime")
            ),
            "patient_sex": str(patient.gender),
            "patient_birth_date": patient.birth_date,
        },
    )


def specimen(resource: Json, about: About, order_id: UUID) -> ImportedSpecimen:
    """A tube.

    Raises:
        NotTaken: entered in error, no identifier, a type that is not known, or a broken field.
    """
    collection = part(resource, "collection")
    period = part(collection, "collectedPeriod")
    collected = about.instant(collection.get("collectedDateTime"), period.get("start"))
    received = about.instant(resource.get("receivedTime"))
    containers = objects(resource.get("container"))
    return built(
        ImportedSpecimen,
        {
            "identifier": identifiers(resource)[0],
            "patient_id": about.patient_id,
            "order_id": order_id,
            "type": _specimen_type(resource),
            "container": code_in(vocabulary.CONTAINER, *(one.get("type") for one in containers)),
            "status": _specimen_status(resource, received=received is not None),
            "collected_at": collected,
            "collected_by": about.recorder_id,
            "received_at": received,
            "fasting": FASTING.get(
                code_in(vocabulary.HL7_FASTING, collection.get("fastingStatusCodeableConcept"))
                or ""
            ),
            "volume_ul": _microlitres(part(collection, "quantity")),
            "condition": list(_conditions(resource)),
            "note": notes(resource),
        },
    )


def value(resource: Json, about: About, order_id: UUID, specimen_id: UUID | None) -> ImportedValue:
    """A laboratory value.

    Raises:
        NotTaken: not reported, no identifier, no code, no time, no value, or a broken field.
    """
    status = REPORTED.get(plain_status(resource) or "")
    if status is None:
        raise NotTaken("status: nothing is reported yet, or it was cancelled")
    codes = _codes(resource)
    if not codes:
        raise NotTaken("code: neither LOINC nor of this hospital")
    period = part(resource, "effectivePeriod")
    observed = about.instant(
        resource.get("effectiveDateTime"), period.get("start"), resource.get("effectiveInstant")
    )
    said, unit = _said(resource)
    low, high = _limits(resource, unit)
    return built(
        ImportedValue,
        {
            "identifier": identifiers(resource)[0],
            "patient_id": about.patient_id,
            "order_id": order_id,
            "specimen_id": specimen_id,
            "codes": codes,
            "status": status,
            "value": said,
            "unit": unit,
            "flag": _flag(resource),
            "normal_low": low,
            "normal_high": high,
            "observed_at": observed,
            "issued_at": about.instant(resource.get("issued")) or observed,
            "performer_id": about.recorder_id,
            "instrument": text(part(resource, "device").get("display")),
            "note": notes(resource),
        },
    )


def report(resource: Json, about: About, order_id: UUID) -> ImportedReport:
    """What was issued.

    Raises:
        NotTaken: nothing was issued, no identifier, no date, or a broken field.
    """
    status = REPORTED.get(plain_status(resource) or "")
    if status is None:
        raise NotTaken("status: nothing is issued yet, or it was cancelled")
    effective = (resource.get("effectiveDateTime"), part(resource, "effectivePeriod").get("end"))
    return built(
        ImportedReport,
        {
            "identifier": identifiers(resource)[0],
            "patient_id": about.patient_id,
            "order_id": order_id,
            "status": status,
            "issued_at": about.instant(resource.get("issued"), *effective),
        },
    )


def left_out(resource: Json) -> Iterator[str]:
    """Parts of a resource just taken that the laboratory does not keep."""
    for field in LEFT_OUT.get(str(resource.get("resourceType")), ()):
        if resource.get(field):
            yield f"{field}: not kept by the laboratory"


LEFT_OUT: Final[Mapping[str, Sequence[str]]] = {
    "Specimen": ("parent",),
    "Observation": ("component",),
    "DiagnosticReport": ("conclusion", "conclusionCode", "presentedForm", "media"),
}


def _codes(resource: Json) -> list[str]:
    """Codes by this hospital first, then LOINC."""
    found = list(codings(resource.get("code")))
    return [code for wanted in CODE_SYSTEMS for system, code in found if system == wanted and code]


def _specimen_type(resource: Json) -> str:
    concept = resource.get("type")
    own = code_in(vocabulary.SPECIMEN_TYPE, concept)
    hl7 = SPECIMEN_TYPES.get(code_in(vocabulary.HL7_SPECIMEN_TYPE, concept) or "")
    found = own or hl7 or SPECIMEN_WORDS.get((wording(concept) or "").casefold())
    if found is None:
        raise NotTaken("type: of no kind that the laboratory knows")
    return found


def _specimen_status(resource: Json, *, received: bool) -> str:
    """FHIR says whether a specimen can be used; where it is follows from its times."""
    status = plain_status(resource) or "available"
    ended = {"unsatisfactory": "rejected", "unavailable": "disposed"}
    return ended.get(status) or ("accepted" if received else "collected")


def _conditions(resource: Json) -> Iterator[str]:
    for concept in objects(resource.get("condition")):
        code = code_in(vocabulary.HL7_SPECIMEN_CONDITION, concept)
        if code is not None and code in CONDITIONS:
            yield CONDITIONS[code]


def _microlitres(quantity: Json) -> int | None:
    number, unit = quantity.get("value"), text(quantity.get("code")) or text(quantity.get("unit"))
    if unit is None or unit not in MICROLITRES or not isinstance(number, int | float):
        return None
    return round(number * MICROLITRES[unit])


def _said(resource: Json) -> tuple[str, str | None]:
    """The value in words, and its unit.

    Raises:
        NotTaken: there is none, or of a kind that the laboratory does not know.
    """
    quantity = part(resource, "valueQuantity")
    number = quantity.get("value")
    if isinstance(number, int | float) and not isinstance(number, bool):
        unit = text(quantity.get("code")) or text(quantity.get("unit"))
        comparator = str(quantity.get("comparator", ""))[:1]
        return f"{comparator}{number}", unit
    concept = resource.get("valueCodeableConcept")
    own = code_in(vocabulary.LABORATORY_TEST, concept)
    words = own or wording(concept) or text(resource.get("valueString"))
    if isinstance(resource.get("valueInteger"), int):
        words = str(resource["valueInteger"])
    if words is None:
        raise NotTaken("value: none, or of a kind that the laboratory does not know")
    return words, None


def _flag(resource: Json) -> str | None:
    concepts = objects(resource.get("interpretation"))
    codes = (code for concept in concepts for _, code in codings(concept))
    return next((FLAGS[code] for code in codes if code in FLAGS), None)


def _limits(resource: Json, unit: str | None) -> tuple[str | None, str | None]:
    """The first reference range; one in another unit than the value is left aside."""
    first = next(iter(objects(resource.get("referenceRange"))), {})
    ends = []
    for name in ("low", "high"):
        quantity = part(first, name)
        given = text(quantity.get("code")) or text(quantity.get("unit")) or unit
        number = quantity.get("value")
        fits = given == unit and isinstance(number, int | float)
        ends.append(str(number) if fits else None)
    return ends[0], ends[1]
