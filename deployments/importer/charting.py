"""Takes what stands in charts, many resources of a type at once."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import tzinfo
from typing import Final
from uuid import UUID

from deployments.clock import Clock, utc_now
from deployments.errors import DomainError
from deployments.importer.fhir import charts, clinical, measurements, medicines, vaccines
from deployments.importer.fhir.clinical import About
from deployments.importer.fhir.shape import NotTaken
from deployments.importer.identities import Identities
from deployments.importer.ports import Charts, Received
from deployments.importer.reading import Entry, Json
from deployments.importer.references import References
from deployments.importer.report import Outcome, reason_of
from deployments.medical_records.entry_schemas import ImportedEntry
from storage.database import ConstraintViolated

Mapper = Callable[[Json, About], ImportedEntry]
MAPPERS: Final[Mapping[str, Mapper]] = {
    "Encounter": charts.encounter,
    "Condition": charts.condition,
    "Procedure": charts.procedure,
    "AllergyIntolerance": charts.allergy,
    "Immunization": vaccines.immunization,
    "MedicationStatement": medicines.medication_statement,
    "MedicationRequest": medicines.medication_request,
    "Observation": measurements.observation,
}
"""Types that are taken, in the order in which they need each other."""
STORED_AS: Final = {"MedicationRequest": "MedicationStatement"}


@dataclass(frozen=True)
class Prepared:
    """A resource in the words of medical records."""

    about: About
    mapped: ImportedEntry


@dataclass(frozen=True)
class Charted:
    """What became of a resource, or why nothing did, and the parts that were left out."""

    outcome: Outcome | str
    left_out: Sequence[str]


class Charting:
    """Brings clinical resources to medical records.

    Args:
        charts: where they go.
        identities: whom references mean.
        time_zone: whose day a date without a time is.
        clock: the time.
    """

    def __init__(
        self, charts: Charts, identities: Identities, time_zone: tzinfo, clock: Clock = utc_now
    ) -> None:
        self._charts = charts
        self._identities = identities
        self._time_zone = time_zone
        self._clock = clock
        self._encounters: References[UUID] = References()
        self._orders = medicines.Orders()

    def foresee(self, entry: Entry) -> None:
        """Looks at a resource before any is taken: later orders replace earlier ones."""
        if entry.kind == "MedicationRequest":
            self._orders.note(entry.resource)

    async def take(self, kind: str, batch: Sequence[Entry]) -> list[Charted]:
        """What became of each resource of one type."""
        found = [await self._prepared(entry) for entry in batch]
        fit = [one.mapped for one in found if isinstance(one, Prepared)]
        received = iter(await self._receive(STORED_AS.get(kind, kind), fit))
        charted = []
        for entry, one in zip(batch, found, strict=True):
            if isinstance(one, Prepared):
                charted.append(self._charted(entry, one, next(received)))
            else:
                charted.append(Charted(str(one), []))
        return charted

    async def _prepared(self, entry: Entry) -> Prepared | NotTaken:
        try:
            about = await self._about(entry)
            return Prepared(about, MAPPERS[entry.kind](entry.resource, about))
        except NotTaken as refusal:
            return refusal

    async def _about(self, entry: Entry) -> About:
        resource = entry.resource
        subject = "subject" if "subject" in resource else "patient"
        patient_id = await self._identities.patient_among([resource.get(subject)], subject)
        within = resource.get("partOf" if entry.kind == "Encounter" else "encounter")
        find = self._identities.find_practitioner
        return About(
            patient_id=patient_id,
            encounter_id=self._encounters.find(within, "Encounter"),
            staff=[await find(one) for one in clinical.people_in(resource)],
            time_zone=self._time_zone,
            now=self._clock(),
            replaced=entry.kind == "MedicationRequest" and self._orders.is_replaced(resource),
        )

    async def _receive(self, kind: str, entries: Sequence[ImportedEntry]) -> list[Received]:
        """Takes all at once; when some are refused, finds out which, half by half."""
        if not entries:
            return []
        try:
            return list(await self._charts.import_entries(kind, entries))
        except (DomainError, ConstraintViolated) as refusal:
            if len(entries) == 1:
                return [reason_of(refusal)]
        middle = len(entries) // 2
        return [
            *await self._receive(kind, entries[:middle]),
            *await self._receive(kind, entries[middle:]),
        ]

    def _charted(self, entry: Entry, prepared: Prepared, received: Received) -> Charted:
        if isinstance(received, str):
            return Charted(received, [])
        entry_id, outcome = received
        if entry.kind == "Encounter":
            self._encounters.learn(entry, entry_id)
        return Charted(outcome, list(clinical.left_out(entry.resource, prepared.about)))
