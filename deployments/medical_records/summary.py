"""A chart at a glance, and its course in time."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Connection, RowMapping

from deployments.access import Principal
from deployments.medical_records.allergies import ALLERGIES
from deployments.medical_records.conditions import CONDITIONS
from deployments.medical_records.desk import Desk
from deployments.medical_records.encounter_shapes import ENCOUNTER
from deployments.medical_records.entries import Kind
from deployments.medical_records.entry_rules import ONGOING, earliest_day
from deployments.medical_records.immunizations import IMMUNIZATIONS
from deployments.medical_records.medications import MEDICATIONS
from deployments.medical_records.summary_schemas import (
    AllergyList,
    PatientSummary,
    TimelineItem,
    TimelineQuery,
)
from deployments.medical_records.vital_shapes import OBSERVATIONS
from deployments.medical_records.vital_signs import SIGNS
from deployments.pagination import Page, decode_cursor, page_of
from storage.medical_records import allergies, entries, medications, observations, timeline
from storage.medical_records.entries import Listing

RECENT_ENCOUNTERS: Final = 5
MOST: Final = 100
"""Of one kind at a glance; who has more is read page by page."""
HELD: Final = ("unconfirmed", "provisional", "differential", "confirmed")
Part = Callable[[Connection, UUID, datetime], Any]


class Summary:
    """Reads across the kinds of a chart; what the patient has denied the caller is left out."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def get(self, principal: Principal, patient_id: UUID) -> PatientSummary:
        """What whoever meets the patient must know, in one call.

        Raises:
            RecordNotFound: no chart that the caller may know of.
        """

        def work(connection: Connection, visible: frozenset[str]) -> PatientSummary:
            now = self._desk.clock()
            found: dict[str, Any] = {
                name: part(connection, patient_id, now) if kind in visible else None
                for name, (kind, part) in PARTS.items()
            }
            found["withheld"] = sorted({kind for kind, _ in PARTS.values()} - visible)
            return PatientSummary.model_construct(patient_id=patient_id, **found)

        kinds = {kind for kind, _ in PARTS.values()}
        return await self._desk.gate.read_kinds(
            principal, patient_id, kinds, work, action="summary-read"
        )

    async def list_timeline(
        self, principal: Principal, patient_id: UUID, query: TimelineQuery
    ) -> Page[TimelineItem]:
        """Everything by time, the latest first; entries made in error and drafts are left out.

        Raises:
            RecordNotFound: no chart that the caller may know of.
            InvalidCursor: the cursor is not from this list.
        """
        after = decode_cursor(query.cursor, datetime.fromisoformat, UUID) if query.cursor else None
        wanted = timeline.KINDS & set(query.kind) if query.kind else timeline.KINDS

        def work(connection: Connection, visible: frozenset[str]) -> Page[TimelineItem]:
            rows = timeline.page(connection, patient_id, visible, after, query.limit + 1)
            items = [TimelineItem.model_validate(dict(row)) for row in rows]
            return page_of(items, query.limit, lambda one: (one.at.isoformat(), one.id))

        return await self._desk.gate.read_kinds(
            principal, patient_id, wanted, work, action="timeline-read"
        )


def _allergies(connection: Connection, patient_id: UUID, _now: datetime) -> AllergyList:
    rows = allergies.list_active(connection, [patient_id])
    some = [ALLERGIES.shape(row) for row in rows if not row["no_known"]]
    if some:
        return AllergyList.model_construct(known="recorded", items=some)
    return AllergyList(known="none-known" if rows else "not-recorded", items=[])


def _conditions(connection: Connection, patient_id: UUID, _now: datetime) -> list[Any]:
    held = {"clinical_status": sorted(ONGOING), "verification_status": HELD}
    wanted = Listing(matching=held, order=CONDITIONS.order)
    return _shaped(
        CONDITIONS, entries.list_page(connection, CONDITIONS.model, patient_id, wanted, MOST)
    )


def _medications(connection: Connection, patient_id: UUID, now: datetime) -> list[Any]:
    today = earliest_day(now)
    return _shaped(MEDICATIONS, medications.list_current(connection, patient_id, today))


def _vital_signs(connection: Connection, patient_id: UUID, _now: datetime) -> list[Any]:
    return _shaped(OBSERVATIONS, observations.latest(connection, patient_id, list(SIGNS)))


def _latest(kind: Kind[Any], most: int) -> Part:
    def part(connection: Connection, patient_id: UUID, _now: datetime) -> list[Any]:
        wanted = Listing(order=kind.order)
        return _shaped(kind, entries.list_page(connection, kind.model, patient_id, wanted, most))

    return part


def _shaped(kind: Kind[Any], rows: Sequence[RowMapping]) -> list[Any]:
    return [kind.shape(row) for row in rows]


PARTS: Final[dict[str, tuple[str, Part]]] = {
    "allergies": (ALLERGIES.resource, _allergies),
    "conditions": (CONDITIONS.resource, _conditions),
    "medications": (MEDICATIONS.resource, _medications),
    "vital_signs": (OBSERVATIONS.resource, _vital_signs),
    "encounters": (ENCOUNTER.resource, _latest(ENCOUNTER, RECENT_ENCOUNTERS)),
    "immunizations": (IMMUNIZATIONS.resource, _latest(IMMUNIZATIONS, MOST)),
}
"""By field of the summary: its FHIR resource type, and the statement that reads it."""
