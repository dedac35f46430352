"""Takes what laboratories know: orders, specimens, values, reports, many of a type at once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from deployments.importer.charting import Charting
from deployments.importer.fhir import laboratory
from deployments.importer.fhir.clinical import About, people_in
from deployments.importer.fhir.shape import NotTaken, objects
from deployments.importer.ports import Laboratory, People
from deployments.importer.reading import Entry, Json
from deployments.importer.references import References, keys_named, keys_of, named_identifier
from deployments.importer.report import Outcome
from deployments.importer.surroundings import Charted, Surroundings, take_halving
from deployments.laboratory.import_schemas import UNKNOWN_CODE, Imported
from deployments.laboratory.imports import Kind
from deployments.medical_records.vital_signs import EGFR
from deployments.users.schemas import PatientBrief

KINDS: Final = ("ServiceRequest", "Specimen", "Observation", "DiagnosticReport")
NAMES_ORDER: Final[Mapping[str, str]] = {"Specimen": "request"}
"""Where a resource names its order, if not in `basedOn`."""
NO_ORDER: Final = "basedOn: its ServiceRequest is neither in the files nor known by identifier"


@dataclass(frozen=True)
class Prepared:
    """A resource in the words of the laboratory."""

    about: About
    mapped: Imported


class Testing:
    """Brings the laboratory's resources there; values that it has no place for go to charts.

    Args:
        laboratory: where they go.
        charting: where the other values go.
        people: who knows sex and day of birth.
        surroundings: what they refer to.
    """

    __test__ = False

    def __init__(
        self,
        laboratory: Laboratory,
        charting: Charting,
        people: People,
        surroundings: Surroundings,
    ) -> None:
        self._laboratory = laboratory
        self._charting = charting
        self._people = people
        self._surroundings = surroundings
        self._known: Mapping[str, References[UUID]] = {
            kind: References() for kind in ("ServiceRequest", "Specimen")
        }
        self._foreseen: dict[str, Json] = {}
        self._patients: dict[UUID, PatientBrief] = {}

    def foresee(self, entry: Entry) -> None:
        """Looks at a resource before any is taken.

        A specimen or value that does not name its order has that of the report or the value
        that names it.
        """
        order = next(iter(objects(entry.resource.get("basedOn"))), None)
        if order is None:
            return
        if entry.kind == "Observation":
            self._foresee(entry.resource.get("specimen"), "Specimen", order)
        if entry.kind == "DiagnosticReport":
            for field, kind in (("result", "Observation"), ("specimen", "Specimen")):
                for reference in objects(entry.resource.get(field)):
                    self._foresee(reference, kind, order)

    def _foresee(self, reference: Any, kind: str, order: Json) -> None:
        for key in keys_named(reference, kind):
            self._foreseen.setdefault(key, order)

    async def take(self, kind: str, batch: Sequence[Entry]) -> list[Charted]:
        """What became of each resource of one type."""
        found = [await self._prepared(entry) for entry in batch]
        fit = [one.mapped for one in found if isinstance(one, Prepared)]
        received = iter(
            await take_halving(lambda some: self._laboratory.import_resources(kind, some), fit)
        )
        charted = []
        for entry, one in zip(batch, found, strict=True):
            outcome = next(received) if isinstance(one, Prepared) else str(one)
            if isinstance(outcome, tuple):
                self._learn(entry, outcome[0])
                parts = list(_left_out(entry, one)) if isinstance(one, Prepared) else []
                charted.append(Charted(outcome[1], parts))
            else:
                charted.append(Charted(outcome, []))
        return charted

    async def take_observations(self, kind: str, batch: Sequence[Entry]) -> list[Charted]:
        """Values of laboratory orders go to the laboratory, everything else to charts.

        What nothing in the catalogue is measured by is not lost: charts keep it. An eGFR stands
        in both, because the safety check of prescriptions reads it there.
        """
        ours = [self._has_order(entry) for entry in batch]
        tested = iter(
            await self.take(kind, [one for one, its in zip(batch, ours, strict=True) if its])
        )
        became = [next(tested) if its else None for its in ours]
        chart = [
            entry
            for entry, one in zip(batch, became, strict=True)
            if one is None or one.outcome == UNKNOWN_CODE or _needed_in_chart(entry, one)
        ]
        charted = dict(zip(map(id, chart), await self._charting.take(kind, chart), strict=True))
        return [
            _both(one, charted.get(id(entry))) for entry, one in zip(batch, became, strict=True)
        ]

    def _has_order(self, entry: Entry) -> bool:
        return laboratory.is_laboratory(entry.resource) and (
            bool(entry.resource.get("basedOn")) or self._foreseen_order(entry) is not None
        )

    async def _prepared(self, entry: Entry) -> Prepared | NotTaken:
        try:
            about = await self._surroundings.about(entry)
            return Prepared(about, await self._mapped(entry, about))
        except NotTaken as refusal:
            return refusal

    async def _mapped(self, entry: Entry, about: About) -> Imported:
        resource = entry.resource
        if entry.kind == "ServiceRequest":
            requesters = people_in(resource)
            requester = await self._surroundings.identities.practitioner_among(
                requesters, "requester"
            )
            patient = await self._patient(about.patient_id)
            return laboratory.order(resource, about, requester, patient)
        order_id = await self._order_of(entry)
        if entry.kind == "Specimen":
            return laboratory.specimen(resource, about, order_id)
        if entry.kind == "DiagnosticReport":
            return laboratory.report(resource, about, order_id)
        specimen_id = await self._find(resource.get("specimen"), "Specimen")
        return laboratory.value(resource, about, order_id, specimen_id)

    async def _patient(self, patient_id: UUID) -> PatientBrief:
        if patient_id not in self._patients:
            self._patients[patient_id] = await self._people.get_patient_brief(patient_id)
        return self._patients[patient_id]

    async def _order_of(self, entry: Entry) -> UUID:
        """The order that the resource names, or that is named for it.

        Raises:
            NotTaken: none is known.
        """
        field = NAMES_ORDER.get(entry.kind, "basedOn")
        foreseen = self._foreseen_order(entry)
        named = objects(entry.resource.get(field)) or ([foreseen] if foreseen else [])
        for reference in named:
            if found := await self._find(reference, "ServiceRequest"):
                return found
        raise NotTaken(NO_ORDER.replace("basedOn", field))

    def _foreseen_order(self, entry: Entry) -> Json | None:
        return next((self._foreseen[key] for key in keys_of(entry) if key in self._foreseen), None)

    async def _find(self, reference: Any, kind: Kind) -> UUID | None:
        """What was taken in this run, or is known by identifier from an earlier one."""
        if not isinstance(reference, dict):
            return None
        known = self._known[kind].find(reference, kind)
        named = named_identifier(reference)
        if known is not None or named is None:
            return known
        return await self._laboratory.find_imported(kind, *named)

    def _learn(self, entry: Entry, object_id: UUID) -> None:
        if entry.kind in self._known:
            self._known[entry.kind].learn(entry, object_id)


def _left_out(entry: Entry, prepared: Prepared) -> Sequence[str]:
    found = list(laboratory.left_out(entry.resource))
    if prepared.about.encounter_id is None and "encounter" in entry.resource:
        found.append("encounter: neither in the files nor taken")
    return found


def _needed_in_chart(entry: Entry, became: Charted) -> bool:
    codes = {
        str(coding.get("code"))
        for concept in [entry.resource.get("code")] if isinstance(concept, dict)
        for coding in objects(concept.get("coding"))
    }  # fmt: skip
    return isinstance(became.outcome, Outcome) and not codes.isdisjoint(EGFR)


def _both(tested: Charted | None, charted: Charted | None) -> Charted:
    """What became of a value that may have gone to the laboratory, to a chart, or to both."""
    if tested is None or charted is None:
        found = tested or charted
        assert found is not None  # noqa: S101  # every value goes somewhere
        return found
    if isinstance(tested.outcome, Outcome):
        return tested
    part = f"the laboratory, so it stands in the chart only ({UNKNOWN_CODE})"
    return Charted(charted.outcome, [*charted.left_out, part])
