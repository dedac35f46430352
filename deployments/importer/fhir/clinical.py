"""What clinical resources have in common: whose they are, codes in words, dates, notes."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, tzinfo
from typing import Any, Final
from uuid import UUID

from deployments.importer import vocabulary
from deployments.importer.fhir.shape import (
    NotTaken,
    code_in,
    codings,
    full_date,
    identifiers,
    objects,
    text,
)
from deployments.importer.reading import Json

SYSTEMS: Final = (
    vocabulary.ICD_10_CM,
    vocabulary.RXNORM,
    vocabulary.LOINC,
    vocabulary.CVX,
    vocabulary.ALLERGY,
)
"""Code systems that charts keep; of others only the words are taken."""
ENTERED_IN_ERROR: Final = "entered-in-error"
PEOPLE: Final[Mapping[str, Sequence[str]]] = {
    "Encounter": ("participant.individual",),
    "Condition": ("recorder", "asserter"),
    "Procedure": ("performer.actor", "recorder"),
    "AllergyIntolerance": ("recorder", "asserter"),
    "Immunization": ("performer.actor",),
    "MedicationStatement": ("informationSource",),
    "MedicationRequest": ("requester", "recorder"),
    "Observation": ("performer",),
    "ServiceRequest": ("requester",),
    "Specimen": ("collection.collector",),
    "DiagnosticReport": ("resultsInterpreter", "performer"),
}
"""By type, where members of the staff are named."""


@dataclass(frozen=True)
class About:
    """Whom and what a resource is about, as far as we know them.

    Attributes:
        staff: those of `people_in`, in that order; None for somebody whom we do not know.
        time_zone: whose day a date without a time is.
        now: when it is taken.
        replaced: whether a later order of the same drug for the patient is in the files.
    """

    patient_id: UUID
    encounter_id: UUID | None
    staff: Sequence[UUID | None]
    time_zone: tzinfo
    now: datetime
    replaced: bool = False

    @property
    def recorder_id(self) -> UUID | None:
        """The first member of the staff whom the resource names and we know."""
        return next((one for one in self.staff if one), None)

    def instant(self, *values: Any) -> datetime | None:
        """The first date or instant that is one; a date is the beginning of its day."""
        return next((found for one in values if (found := self._instant(one))), None)

    def entry(self, resource: Json, *recorded: Any) -> dict[str, Any]:
        """What every entry of a chart has.

        Args:
            resource: the resource.
            recorded: dates on which it may have been written down, best first.

        Raises:
            NotTaken: no identifier, or none of the dates is one.
        """
        recorded_at = self.instant(*recorded)
        if recorded_at is None:
            raise NotTaken("no date says when it was written down")
        return {
            "identifier": identifiers(resource)[0],
            "patient_id": self.patient_id,
            "encounter_id": self.encounter_id,
            "recorder_id": self.recorder_id,
            "recorded_at": recorded_at,
        }

    def _instant(self, value: Any) -> datetime | None:
        if day := full_date(value):
            return datetime.combine(day, time(), self.time_zone)
        try:
            found = datetime.fromisoformat(value) if isinstance(value, str) else None
        except ValueError:
            return None
        return found.replace(tzinfo=found.tzinfo or self.time_zone) if found else None


def people_in(resource: Json) -> list[Any]:
    """References to members of the staff."""
    found: list[Any] = []
    for path in PEOPLE[resource["resourceType"]]:
        field, _, inner = path.partition(".")
        value = resource.get(field)
        listed = objects(value) if isinstance(value, list) else [value]
        found += [one.get(inner) if inner else one for one in listed if isinstance(one, dict)]
    return [one for one in found if isinstance(one, dict) and one]


def code(concept: Any) -> dict[str, Any]:
    """What something is: in words, and by the first code of a system that charts keep.

    Raises:
        NotTaken: it says nothing.
    """
    coding = next(_kept(concept), None)
    words = wording(concept) or (coding and coding["code"])
    if words is None:
        raise NotTaken("code: says nothing")
    return {"text": words, "coding": coding}


def _kept(concept: Any) -> Iterator[dict[str, str | None]]:
    for one in objects(concept.get("coding")) if isinstance(concept, dict) else []:
        system, value = text(one.get("system")), text(one.get("code"))
        if system in SYSTEMS and value:
            yield {"system": system, "code": value, "display": text(one.get("display"))}


def wording(concept: Any) -> str | None:
    """A CodeableConcept in words."""
    if not isinstance(concept, dict):
        return None
    displays = (text(one.get("display")) for one in objects(concept.get("coding")))
    return text(concept.get("text")) or next(filter(None, displays), None)


def part(resource: Json, field: str) -> Json:
    """An object inside; an empty one when there is none."""
    value = resource.get(field)
    return value if isinstance(value, dict) else {}


def day_of(value: Any) -> date | None:
    """The day of a full date or an instant, as it is written there."""
    return full_date(value[:10]) if isinstance(value, str) else None


def status(resource: Json, field: str, system: str) -> str | None:
    """A status that is a CodeableConcept.

    Raises:
        NotTaken: the resource was entered in error.
    """
    found = code_in(system, resource.get(field))
    if found == ENTERED_IN_ERROR:
        raise NotTaken(f"{field}: entered in error")
    return found


def plain_status(resource: Json) -> str | None:
    """The `status` of the resource.

    Raises:
        NotTaken: it was entered in error.
    """
    found = text(resource.get("status"))
    if found == ENTERED_IN_ERROR:
        raise NotTaken("status: entered in error")
    return found


def first_code(*concepts: Any) -> str | None:
    """The first code, whatever its system."""
    return next((found for one in concepts for _, found in codings(one)), None)


def notes(resource: Json) -> str | None:
    """The annotations as one text."""
    found = (text(one.get("text")) for one in objects(resource.get("note")))
    return "\n".join(filter(None, found)) or None


def left_out(resource: Json, about: About) -> Iterator[str]:
    """References of a resource just taken that led nowhere."""
    if about.encounter_id is None and "encounter" in resource:
        yield "encounter: neither in the files nor taken"
    if any(one is None for one in about.staff):
        yield "staff: somebody is neither in the files nor known by identifier"
    concept = resource.get("code") or resource.get("medicationCodeableConcept")
    if isinstance(concept, dict) and objects(concept.get("coding")) and not list(_kept(concept)):
        yield "code: of no code system that charts keep, so only its words"
