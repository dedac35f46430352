"""Allergies, and that none is known."""

import asyncio

import pytest
from sqlalchemy import insert
from sqlalchemy.exc import IntegrityError

from deployments.access import Principal
from deployments.medical_records.allergies import NO_KNOWN, NO_KNOWN_CODE, OWN_SYSTEM
from deployments.medical_records.allergy_schemas import NoKnownAllergies, Reaction
from deployments.medical_records.entry_schemas import (
    Code,
    CodeRequest,
    Coding,
    EntryQuery,
    Voiding,
)
from deployments.medical_records.errors import (
    AllergiesKnown,
    EntryInconsistent,
    MoveNotAllowed,
    UnknownCode,
)
from storage.columns import new_id
from storage.medical_records.chart_tables import Allergy
from tests.factories import chart
from tests.factories.medical_records import NOW

IMPORTER = Principal.for_service("importer")
NONE_KNOWN = NoKnownAllergies()
EGG = Code(text="Egg", coding=None)
NO_KNOWN_ONES = Code(text="No known allergies", coding=NO_KNOWN_CODE)


@pytest.fixture
def listed(world, service):
    """The patient's allergies, oldest first, as (no_known, clinical_status)."""

    async def read():
        query = EntryQuery(include_voided=True)
        page = await service.allergies.chart.list_page(world.doctor, world.patient_id, query)
        return sorted((one.no_known, one.clinical_status) for one in page.items)

    return read


async def test_an_allergy_keeps_its_reactions(world, service):
    reactions = [Reaction(manifestation="hives", severity="moderate", onset_on=NOW.date())]
    request = chart.allergy(reactions=reactions)
    made = await service.allergies.record(world.nurse, world.patient_id, request)
    assert (made.reactions, made.categories, made.criticality) == (
        reactions,
        ["medication"],
        "high",
    )
    assert made.code.coding.code == chart.PENICILLIN_G
    read = service.allergies.chart
    assert await read.get_version(world.patient, world.patient_id, made.id, 1) == made


async def test_food_is_said_in_words_or_by_a_code_of_ours(world, service):
    own = CodeRequest(coding=Coding(system=OWN_SYSTEM, code="egg", display="Egg"))
    for code in (chart.words("Egg"), own):
        request = chart.allergy(code=code, categories=["food"])
        made = await service.allergies.record(world.doctor, world.patient_id, request)
        assert made.code.text == "Egg"
    request = chart.allergy(code=chart.rxnorm("0"))
    with pytest.raises(UnknownCode):
        await service.allergies.record(world.doctor, world.patient_id, request)


async def test_none_known_ends_when_one_is_recorded(world, service, listed):
    allergies, patient_id = service.allergies, world.patient_id
    none = await allergies.record_no_known(world.nurse, patient_id, NONE_KNOWN)
    assert (none.no_known, none.clinical_status) == (True, "active")
    assert none.code.coding.code == NO_KNOWN
    await allergies.record(world.doctor, patient_id, chart.allergy())
    assert await listed() == [(False, "active"), (True, "resolved")]
    history = await allergies.chart.list_history(world.doctor, patient_id, none.id)
    assert [one.move for one in history.versions] == ["record", "resolve"]
    with pytest.raises(AllergiesKnown):
        await allergies.record_no_known(world.nurse, patient_id, NONE_KNOWN)


async def test_none_known_is_said_again(world, service, listed):
    first = await service.allergies.record_no_known(world.nurse, world.patient_id, NONE_KNOWN)
    again = await service.allergies.record_no_known(world.doctor, world.patient_id, NONE_KNOWN)
    assert (again.id, again.version) == (first.id, 2)
    assert await listed() == [(True, "active")]


async def test_after_the_last_allergy_is_refuted_none_may_be_known(world, service, listed):
    allergies, patient_id = service.allergies, world.patient_id
    one = await allergies.record(world.doctor, patient_id, chart.allergy())
    refuted = await allergies.refute(world.doctor, patient_id, one.id)
    assert (refuted.verification_status, refuted.clinical_status) == ("refuted", "inactive")
    await allergies.record_no_known(world.doctor, patient_id, NONE_KNOWN)
    assert await listed() == [(False, "inactive"), (True, "active")]
    active = chart.allergy()
    await allergies.revise(world.doctor, patient_id, one.id, active)
    assert await listed() == [(False, "active"), (True, "resolved")]


async def test_that_none_is_known_is_no_allergy_to_revise_or_refute(world, service):
    allergies, patient_id = service.allergies, world.patient_id
    none = await allergies.record_no_known(world.nurse, patient_id, NONE_KNOWN)
    for wrong in (
        allergies.refute(world.doctor, patient_id, none.id),
        allergies.revise(world.doctor, patient_id, none.id, chart.allergy()),
    ):
        with pytest.raises(MoveNotAllowed):
            await wrong
    ended = await allergies.resolve(world.doctor, patient_id, none.id)
    assert ended.clinical_status == "resolved"


@pytest.mark.parametrize(
    "values",
    [
        {"code": CodeRequest(coding=NO_KNOWN_CODE)},
        {"verification_status": "refuted"},
    ],
)
async def test_what_contradicts_itself_is_refused(world, service, values):
    with pytest.raises(EntryInconsistent):
        await service.allergies.record(world.doctor, world.patient_id, chart.allergy(**values))


async def test_in_a_race_only_one_of_both_can_be_true(world, service, listed):
    """Whoever is second either ends the first or is refused."""
    for _ in range(5):
        await asyncio.gather(
            service.allergies.record(world.doctor, world.patient_id, chart.allergy()),
            service.allergies.record_no_known(world.nurse, world.patient_id, NONE_KNOWN),
            return_exceptions=True,
        )
        active = [no_known for no_known, status in await listed() if status == "active"]
        assert len(set(active)) == 1


def test_the_database_lets_them_not_stand_side_by_side(medical_records_database, world):
    row = {
        "patient_id": world.patient_id,
        "version": 1,
        "recorded_at": NOW,
        "updated_at": NOW,
        "clinical_status": "active",
        "verification_status": "confirmed",
        "code_text": "Egg",
        "categories": [],
        "reactions": [],
    }
    both = [{"id": new_id(), "no_known": no_known, **row} for no_known in (True, False)]
    refused = pytest.raises(IntegrityError, match="ex_allergies_no_known")
    with refused, medical_records_database.engine.begin() as connection:
        connection.execute(insert(Allergy), both)


async def test_imported_facts_give_way_to_allergies(world, service, listed):
    none = chart.imported_allergy("none", world.patient_id, NO_KNOWN_ONES)
    egg = chart.imported_allergy("egg", world.patient_id, EGG)
    await service.imports.import_allergies(IMPORTER, [none])
    assert await listed() == [(True, "active")]
    taken = await service.imports.import_allergies(IMPORTER, [egg, none])
    assert [one.outcome for one in taken.receipts] == ["created", "unchanged"]
    assert await listed() == [(False, "active"), (True, "resolved")]


async def test_an_imported_fact_beside_an_allergy_is_resolved(world, service, listed):
    await service.allergies.record(world.doctor, world.patient_id, chart.allergy())
    none = chart.imported_allergy("none", world.patient_id, NO_KNOWN_ONES)
    await service.imports.import_allergies(IMPORTER, [none])
    assert await listed() == [(False, "active"), (True, "resolved")]


async def test_an_allergy_that_was_refuted_here_is_not_imported_again(world, service, listed):
    egg = chart.imported_allergy("egg", world.patient_id, EGG)
    [one] = (await service.imports.import_allergies(IMPORTER, [egg])).receipts
    await service.allergies.refute(world.doctor, world.patient_id, one.id)
    await service.allergies.record_no_known(world.doctor, world.patient_id, NoKnownAllergies())
    worse = chart.imported_allergy("egg", world.patient_id, EGG, criticality="high")
    for said in (egg, worse):
        taken = await service.imports.import_allergies(IMPORTER, [said])
        assert [receipt.outcome for receipt in taken.receipts] == ["unchanged"]
        assert await listed() == [(False, "inactive"), (True, "active")]


async def test_a_voided_allergy_has_no_clinical_status(world, service):
    made = await service.allergies.record(world.doctor, world.patient_id, chart.allergy())
    voided = await service.allergies.chart.void(
        world.doctor, world.patient_id, made.id, Voiding(reason="typo")
    )
    assert (voided.verification_status, voided.clinical_status) == ("entered-in-error", None)
