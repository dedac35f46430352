"""Encounters that another system knows."""

from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from deployments.access import Permission, Principal
from deployments.errors import Forbidden
from deployments.medical_records.encounter_rules import EncounterClass
from deployments.medical_records.encounter_schemas import (
    EncounterQuery,
    ImportedEncounter,
    Participant,
)
from deployments.medical_records.entry_schemas import Identifier
from deployments.medical_records.errors import AdmittedAlready
from tests.factories import medical_records as factory

AMB, IMP = EncounterClass.AMBULATORY, EncounterClass.INPATIENT


def imported(world, who: UUID, value="1", **values):
    defaults = {
        "identifier": Identifier(system="http://old.example", value=value),
        "patient_id": world.patient_id,
        "recorded_at": factory.NOW - timedelta(days=10),
        "status": "finished",
        "encounter_class": AMB,
        "start": factory.NOW - timedelta(days=10),
        "end": factory.NOW - timedelta(days=10),
        "participants": [
            Participant(practitioner_id=who, role="ATND", start=factory.NOW - timedelta(days=10))
        ],
    }
    return ImportedEncounter(**defaults | values)


async def test_importing_twice_changes_nothing(world):
    importer = Principal.for_service("importer")
    assert importer.has(Permission.RECORDS_IMPORT)
    service, who = world.service.encounter_imports, world.stranger.user_id
    long_ago = {
        "start": factory.NOW - timedelta(days=900),
        "end": factory.NOW - timedelta(days=900),
    }
    batch = [imported(world, who), imported(world, uuid4(), "2", **long_ago)]
    first = await service.import_encounters(importer, batch)
    assert [one.outcome for one in first.receipts] == ["created", "created"]
    again = await service.import_encounters(importer, batch)
    assert [one.outcome for one in again.receipts] == ["unchanged", "unchanged"]
    assert [one.id for one in again.receipts] == [one.id for one in first.receipts]
    page = await world.service.encounters.list_page(
        world.stranger, world.patient_id, EncounterQuery()
    )
    assert [one.opened_as for one in page.items] == ["import", "import"]
    changed = await service.import_encounters(importer, [imported(world, who, type_text="Visit")])
    assert [one.outcome for one in changed.receipts] == ["updated"]
    with pytest.raises(Forbidden):
        await service.import_encounters(world.doctor, batch)


async def test_two_stays_at_once_are_not_imported(world):
    stays = [
        imported(world, uuid4(), value, status="in-progress", encounter_class=IMP, end=None)
        for value in "ab"
    ]
    with pytest.raises(AdmittedAlready):
        await world.service.encounter_imports.import_encounters(
            Principal.for_service("importer"), stays
        )
