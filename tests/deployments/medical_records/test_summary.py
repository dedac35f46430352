"""A chart at a glance and by time; what is denied is left out, and says so."""

from datetime import timedelta
from typing import get_args
from uuid import uuid4

import pytest
from sqlalchemy import event

from deployments.errors import Invalid
from deployments.medical_records.access_schemas import ConsentRequest, Kind
from deployments.medical_records.codes import LOINC
from deployments.medical_records.errors import RecordNotFound
from deployments.medical_records.summary_schemas import PatientSummary, TimelineQuery
from storage.medical_records import entries, timeline
from storage.medical_records.chart_tables import Allergy, Diagnosis, Medication
from storage.medical_records.encounter_tables import Encounter, Note
from storage.medical_records.entries import Line
from storage.medical_records.observation_tables import Immunization, VitalSign

ACTIVE = {"clinical_status": "active", "verification_status": "confirmed"}


@pytest.fixture
def write(world, clock):
    """Writes an entry straight into its table, a minute after the one before."""

    def run(model, text=None, **values):
        clock.advance(timedelta(minutes=1))
        line = Line("record", world.doctor.user_id, "doctor", clock())
        row = {"patient_id": world.patient_id, **({"code_text": text} if text else {}), **values}
        with world.service.desk.database.engine.begin() as connection:
            return entries.add(connection, model, row, line)["id"]

    return run


@pytest.fixture
def chart(write, clock):
    """One entry of each kind, oldest first; ids by kind."""
    measured = {"category": "vital-signs", "components": [], "derived": False}
    number = {"value": 61, "unit": "kg", "value_given": 61, "unit_given": "kg"}
    coded = {"code_system": LOINC, "code": "29463-7"}
    visit = {"class_code": "AMB", "opened_as": "relation", "reasons": [], "participants": []}
    note = {"type": "progress", "language": "en", "sections": []}
    return {
        "Encounter": write(Encounter, status="finished", start=clock(), end=clock(), **visit),
        "Condition": write(Diagnosis, "asthma", category="problem-list-item", **ACTIVE),
        "AllergyIntolerance": write(
            Allergy, "penicillin", no_known=False, categories=[], reactions=[], **ACTIVE
        ),
        "MedicationStatement": write(
            Medication, "salbutamol", status="active", information_source="patient"
        ),
        "Observation": write(
            VitalSign, "weight", status="final", effective_at=clock(), **measured, **coded, **number
        ),
        "Immunization": write(
            Immunization, "BCG", status="completed", occurred_at=clock(), primary_source=True
        ),
        "draft": write(Note, status="preliminary", title="not signed", **note),
    }


async def summary(world, who=None) -> PatientSummary:
    found = await world.service.summary.get(who or world.doctor, world.patient_id)
    return PatientSummary.model_validate(found.model_dump())  # what it says is what it promises


async def deny(world, *kinds):
    provision = {"type": "deny", "role": "doctor", "kinds": list(kinds)}
    request = ConsentRequest.model_validate({"provision": provision})
    await world.service.consents.give(world.patient, world.patient_id, request)


async def test_an_empty_chart_says_nothing_of_allergies(world):
    found = await summary(world)
    assert (found.allergies.known, found.conditions, found.withheld) == ("not-recorded", [], [])


async def test_that_none_is_known_is_said(world, write):
    none = {"no_known": True, "categories": [], "reactions": []}
    write(Allergy, "No known allergies", **ACTIVE | none)
    assert (await summary(world)).allergies.known == "none-known"


async def test_everything_at_a_glance(world, chart, audited):
    found = await summary(world)
    assert found.allergies.known == "recorded"
    lists = {
        "AllergyIntolerance": found.allergies.items,
        "Condition": found.conditions,
        "MedicationStatement": found.medications,
        "Observation": found.vital_signs,
        "Encounter": found.encounters,
        "Immunization": found.immunizations,
    }
    assert {kind: [one.id for one in items] for kind, items in lists.items()} == {
        kind: [chart[kind]] for kind in lists
    }
    assert [row[:3] for row in audited()] == [("medical_records.summary-read", "Bundle", "success")]


async def test_it_takes_a_handful_of_statements(world, chart):
    statements = []
    engine = world.service.desk.database.engine
    event.listen(engine, "before_cursor_execute", lambda *args: statements.append(args[2]))
    await summary(world)
    assert len(statements) <= 8


async def test_what_is_denied_is_left_out_and_named(world, chart):
    await deny(world, "Condition", "MedicationStatement")
    found = await summary(world)
    assert (found.conditions, found.medications) == (None, None)
    assert found.withheld == ["Condition", "MedicationStatement"]
    assert found.immunizations
    own = await summary(world, world.patient)
    assert own.withheld == []
    assert own.conditions
    course = await world.service.summary.list_timeline(
        world.doctor, world.patient_id, TimelineQuery()
    )
    assert "Condition" not in {one.kind for one in course.items}


async def test_a_chart_that_is_denied_is_not_there(world, chart):
    await deny(world)
    with pytest.raises(RecordNotFound):
        await summary(world)


async def test_everything_by_time_page_by_page(world, chart):
    service, seen, cursor = world.service.summary, [], None
    while True:
        page = await service.list_timeline(
            world.patient, world.patient_id, TimelineQuery(limit=2, cursor=cursor)
        )
        seen += page.items
        cursor = page.next_cursor
        if cursor is None:
            break
    assert [one.id for one in seen] == sorted(
        (chart[kind] for kind in chart if kind != "draft"), reverse=True
    )
    assert {one.kind: one.text for one in seen}["Encounter"] == "AMB"
    assert [one.detail for one in seen if one.kind == "Observation"] == ["61 kg"]


async def test_kinds_can_be_picked(world, chart):
    query = TimelineQuery(kind=["Condition", "Immunization"])
    page = await world.service.summary.list_timeline(world.doctor, world.patient_id, query)
    assert [one.kind for one in page.items] == ["Immunization", "Condition"]


async def test_strangers_and_cursors_from_elsewhere(world):
    service = world.service.summary
    for patient_id in (world.patient_id, uuid4()):
        with pytest.raises(RecordNotFound):
            await service.list_timeline(world.stranger, patient_id, TimelineQuery())
    with pytest.raises(Invalid):
        await service.list_timeline(world.doctor, world.patient_id, TimelineQuery(cursor="x"))


def test_every_kind_on_the_timeline_can_be_consented_to():
    assert set(get_args(Kind)) == timeline.KINDS
