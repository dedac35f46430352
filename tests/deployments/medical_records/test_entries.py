"""The mechanism of entries, by way of problems: versions, voiding, pages, imports."""

from datetime import timedelta
from uuid import uuid4

import pytest
from sqlalchemy.exc import DBAPIError

from deployments.access import Principal
from deployments.errors import Forbidden
from deployments.medical_records.condition_schemas import Abatement
from deployments.medical_records.encounter_rules import EncounterClass
from deployments.medical_records.encounter_schemas import EncounterRequest
from deployments.medical_records.entry_schemas import EntryQuery, Voiding
from deployments.medical_records.errors import (
    ChangedMeanwhile,
    EntryInconsistent,
    EntryVoided,
    RecordNotFound,
)
from deployments.pagination import InvalidCursor
from tests.factories import chart

IMPORTER = Principal.for_service("importer")
WRONG_CHART = Voiding(reason="another patient's")


@pytest.fixture
def conditions(service):
    return service.conditions


async def test_every_version_stays_readable(world, conditions, clock):
    first = await conditions.record(world.doctor, world.patient_id, chart.condition())
    recorded_at = clock()
    clock.advance(timedelta(hours=1))
    request = chart.condition(severity="severe")
    second = await conditions.revise(world.doctor, world.patient_id, first.id, request, 1)
    assert (first.version, second.version, second.severity) == (1, 2, "severe")

    read = conditions.chart
    assert await read.get(world.patient, world.patient_id, first.id) == second
    assert await read.get_version(world.patient, world.patient_id, first.id, 1) == first
    assert await read.get(world.patient, world.patient_id, first.id, at=recorded_at) == first
    assert await read.get(world.patient, world.patient_id, first.id, at=clock()) == second
    history = await read.list_history(world.doctor, world.patient_id, first.id)
    assert [(one.version, one.move) for one in history.versions] == [(1, "record"), (2, "revise")]
    assert history.versions[0].by == world.doctor.user_id


async def test_before_it_was_written_there_is_nothing(world, conditions, clock):
    entry = await conditions.record(world.doctor, world.patient_id, chart.condition())
    before = clock() - timedelta(seconds=1)
    with pytest.raises(RecordNotFound):
        await conditions.chart.get(world.doctor, world.patient_id, entry.id, at=before)
    for unknown in (2, 2**31, 2**63):
        with pytest.raises(RecordNotFound):
            await conditions.chart.get_version(world.doctor, world.patient_id, entry.id, unknown)


async def test_what_changed_meanwhile_is_not_overwritten(world, conditions):
    entry = await conditions.record(world.doctor, world.patient_id, chart.condition())
    await conditions.resolve(world.doctor, world.patient_id, entry.id, Abatement(), expected=1)
    with pytest.raises(ChangedMeanwhile):
        await conditions.refute(world.doctor, world.patient_id, entry.id, expected=1)


async def test_a_voided_entry_says_so_and_leaves_the_list(world, conditions, clock):
    entry = await conditions.record(world.doctor, world.patient_id, chart.condition())
    read = conditions.chart
    voided = await read.void(world.doctor, world.patient_id, entry.id, WRONG_CHART, 1)
    assert (voided.verification_status, voided.clinical_status) == ("entered-in-error", None)
    assert (voided.voided.by, voided.voided.reason) == (world.doctor.user_id, WRONG_CHART.reason)
    assert voided.voided.at == clock()

    assert await read.get(world.doctor, world.patient_id, entry.id) == voided
    page = await read.list_page(world.doctor, world.patient_id, EntryQuery())
    assert page.items == []
    page = await read.list_page(world.doctor, world.patient_id, EntryQuery(include_voided=True))
    assert page.items == [voided]
    with pytest.raises(EntryVoided):
        await read.void(world.doctor, world.patient_id, entry.id, WRONG_CHART)
    with pytest.raises(EntryVoided):
        await conditions.confirm(world.doctor, world.patient_id, entry.id)


async def test_pages_follow_each_other_newest_first(world, conditions, clock):
    written = []
    for _ in range(5):
        written.append(await conditions.record(world.doctor, world.patient_id, chart.condition()))
        clock.advance(timedelta(minutes=1))
    read, found, cursor = conditions.chart, [], None
    while True:
        query = EntryQuery(limit=2, cursor=cursor)
        page = await read.list_page(world.patient, world.patient_id, query)
        found += page.items
        cursor = page.next_cursor
        if cursor is None:
            break
    assert found == written[::-1]
    with pytest.raises(InvalidCursor):
        await read.list_page(world.patient, world.patient_id, EntryQuery(cursor="xx"))


async def test_an_encounter_is_the_patients_own(world, conditions):
    request = chart.condition(encounter_id=uuid4(), category="encounter-diagnosis")
    with pytest.raises(EntryInconsistent) as refused:
        await conditions.record(world.doctor, world.patient_id, request)
    assert [error.pointer for error in refused.value.errors] == ["/encounter_id"]


async def test_nothing_is_written_into_a_voided_encounter(world, service, conditions):
    visit = EncounterRequest(encounter_class=EncounterClass.AMBULATORY)
    encounter = await service.encounters.open(world.doctor, world.patient_id, visit)
    where = (world.doctor, world.patient_id)
    await service.encounters.void(*where, encounter.id, WRONG_CHART, None)
    with pytest.raises(EntryInconsistent):
        await conditions.record(*where, chart.condition(encounter_id=encounter.id))


async def test_another_patients_entry_is_not_there(world, conditions):
    entry = await conditions.record(world.doctor, world.patient_id, chart.condition())
    for caller, patient_id in (
        (world.stranger, world.patient_id),
        (world.other_patient, world.patient_id),
        (world.other_patient, world.other_patient.user_id),
    ):
        with pytest.raises(RecordNotFound):
            await conditions.chart.get(caller, patient_id, entry.id)
    with pytest.raises(Forbidden):
        await conditions.chart.void(world.nurse, world.patient_id, entry.id, WRONG_CHART)


async def test_reads_and_writes_leave_one_audit_row_each(world, conditions, audited):
    entry = await conditions.record(world.doctor, world.patient_id, chart.condition())
    await conditions.chart.get(world.patient, world.patient_id, entry.id)
    assert [row[:3] for row in audited()] == [
        ("medical_records.record", "Condition", "success"),
        ("medical_records.read", "Condition", "success"),
    ]


async def test_versions_cannot_be_changed(world, conditions, rows):
    await conditions.record(world.doctor, world.patient_id, chart.condition())
    for statement in ("DELETE FROM entry_versions", "UPDATE entry_versions SET move = 'x'"):
        with pytest.raises(DBAPIError, match="never changed"):
            rows(statement + " RETURNING 1")


async def test_importing_again_changes_nothing(world, service, rows):
    batch = [chart.imported_condition(str(place), world.patient_id) for place in range(3)]
    first = await service.imports.import_conditions(IMPORTER, batch)
    again = await service.imports.import_conditions(IMPORTER, batch)
    assert [one.outcome for one in first.receipts] == ["created"] * 3
    assert [one.outcome for one in again.receipts] == ["unchanged"] * 3
    assert [one.id for one in first.receipts] == [one.id for one in again.receipts]
    assert rows("SELECT count(*) FROM entry_versions") == [(3,)]
    assert rows("SELECT count(*) FROM audit_log") == [(3,)]


async def test_an_import_brings_a_known_entry_up_to_date(world, service, conditions):
    [one] = (
        await service.imports.import_conditions(
            IMPORTER, [chart.imported_condition("1", world.patient_id)]
        )
    ).receipts
    changed = chart.imported_condition("1", world.patient_id, severity="mild")
    taken = await service.imports.import_conditions(IMPORTER, [changed, changed])
    assert [receipt.outcome for receipt in taken.receipts] == ["updated", "updated"]
    entry = await conditions.chart.get(world.doctor, world.patient_id, one.id)
    assert (entry.version, entry.severity) == (2, "mild")
    first = await conditions.chart.get_version(world.doctor, world.patient_id, one.id, 1)
    assert first.severity is None


async def test_an_import_does_not_undo_what_was_done_here(world, service, conditions):
    batch = [chart.imported_condition(str(place), world.patient_id) for place in range(2)]
    taken = await service.imports.import_conditions(IMPORTER, batch)
    resolved, voided = (one.id for one in taken.receipts)
    await conditions.resolve(world.doctor, world.patient_id, resolved, Abatement())
    await conditions.chart.void(world.doctor, world.patient_id, voided, WRONG_CHART)
    batch = [
        chart.imported_condition(str(place), world.patient_id, severity="mild")
        for place in range(2)
    ]
    again = await service.imports.import_conditions(IMPORTER, batch)
    assert [one.outcome for one in again.receipts] == ["unchanged", "unchanged"]
    entry = await conditions.chart.get(world.doctor, world.patient_id, resolved)
    assert (entry.clinical_status, entry.severity) == ("resolved", None)


async def test_an_identifier_belongs_to_one_patient(world, service, conditions, audited):
    mine = chart.imported_condition("1", world.patient_id)
    theirs = chart.imported_condition("1", world.other_patient.user_id)
    await service.imports.import_conditions(IMPORTER, [mine])
    taken = await service.imports.import_conditions(IMPORTER, [theirs])
    assert [one.outcome for one in taken.receipts] == ["conflict"]
    assert audited()[-1][2] == "denied"


async def test_only_the_importer_imports_and_only_what_is_consistent(world, service):
    with pytest.raises(Forbidden):
        await service.imports.import_conditions(
            world.doctor, [chart.imported_condition("1", world.patient_id)]
        )
    odd = chart.imported_condition("1", world.patient_id, clinical_status=None)
    with pytest.raises(EntryInconsistent):
        await service.imports.import_conditions(IMPORTER, [odd])


async def test_a_thousand_entries_are_one_batch(world, service, rows):
    batch = [chart.imported_condition(str(place), uuid4()) for place in range(1000)]
    taken = await service.imports.import_conditions(IMPORTER, batch)
    assert len({one.id for one in taken.receipts}) == 1000
    assert rows("SELECT count(*) FROM medical_records") == [(1000,)]
