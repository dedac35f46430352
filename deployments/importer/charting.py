"""Takes what stands in charts, many resources of a type at once."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from deployments.importer.fhir import charts, clinical, measurements, medicines, vaccines
from deployments.importer.fhir.clinical import About
from deployments.importer.fhir.shape import NotTaken
from deployments.importer.ports import Charts, Received
from deployments.importer.reading import Entry, Json
from deployments.importer.surroundings import Charted, Surroundings, take_halving
from deployments.medical_records.entry_schemas import ImportedEntry

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


class Charting:
    """Brings clinical resources to medical records.

    Args:
        charts: where they go.
        surroundings: what they refer to.
    """

    def __init__(self, charts: Charts, surroundings: Surroundings) -> None:
        self._charts = charts
        self._surroundings = surroundings
        self._orders = medicines.Orders()

    def foresee(self, entry: Entry) -> None:
        """Looks at a resource before any is taken: later orders replace earlier ones."""
        if entry.kind == "MedicationRequest":
            self._orders.note(entry.resource)

    async def take(self, kind: str, batch: Sequence[Entry]) -> list[Charted]:
        """What became of each resource of one type."""
        found = [await self._prepared(entry) for entry in batch]
        fit = [one.mapped for one in found if isinstance(one, Prepared)]
        stored_as = STORED_AS.get(kind, kind)
        received = iter(
            await take_halving(lambda some: self._charts.import_entries(stored_as, some), fit)
        )
        charted = []
        for entry, one in zip(batch, found, strict=True):
            if isinstance(one, Prepared):
                charted.append(self._charted(entry, one, next(received)))
            else:
                charted.append(Charted(str(one), []))
        return charted

    async def _prepared(self, entry: Entry) -> Prepared | NotTaken:
        replaced = entry.kind == "MedicationRequest" and self._orders.is_replaced(entry.resource)
        try:
            about = await self._surroundings.about(entry, replaced=replaced)
            return Prepared(about, MAPPERS[entry.kind](entry.resource, about))
        except NotTaken as refusal:
            return refusal

    def _charted(self, entry: Entry, prepared: Prepared, received: Received) -> Charted:
        if isinstance(received, str):
            return Charted(received, [])
        entry_id, outcome = received
        if entry.kind == "Encounter":
            self._surroundings.encounters.learn(entry, entry_id)
        return Charted(outcome, list(clinical.left_out(entry.resource, prepared.about)))
