"""The formulary, on real PostgreSQL."""

import pytest

from deployments.access import Role
from deployments.errors import Forbidden
from deployments.pharmacy import errors
from deployments.pharmacy.formulary_file import read_formulary
from deployments.pharmacy.formulary_schemas import MedicationDetails, MedicationQuery
from tests.factories import pharmacy as factory
from tests.factories.appointments import patient, principal


async def found(world, caller=None, **query):
    page = await world.service.formulary.list_page(
        caller or world.patient, MedicationQuery.model_validate(query)
    )
    return [one.code for one in page.items]


@pytest.mark.parametrize("typed", ["par", "PANA", "ha sot", "đỏ hạ", "acet", "viên nén parac"])
async def test_search_as_you_type_in_both_languages(world, typed):
    assert await found(world, q=typed) == ["PARACETAMOL-500"]


@pytest.mark.parametrize("typed", ["zzz", "%", "_", "\\"])
async def test_what_is_not_there_is_not_found(world, typed):
    assert await found(world, q=typed) == []


async def test_pages_by_name(world):
    first = await world.service.formulary.list_page(world.patient, MedicationQuery(limit=4))
    query = MedicationQuery(limit=4, cursor=first.next_cursor)
    second = await world.service.formulary.list_page(world.patient, query)

    names = [one.name_en for one in (*first.items, *second.items)]
    assert len(names) == 6
    assert names == sorted(names)
    assert second.next_cursor is None


async def test_a_retired_medication_is_not_prescribed_until_it_is_reinstated(world):
    formulary, medication_id = world.service.formulary, world.medications["paracetamol"]
    retired = await formulary.retire(world.pharmacist, medication_id, 1)
    assert (retired.active, retired.version) == (False, 2)
    assert "PARACETAMOL-500" not in await found(world)
    assert "PARACETAMOL-500" in await found(world, include_retired=True)
    with pytest.raises(errors.MedicationRetired):
        await world.prescribe("paracetamol")

    await formulary.reinstate(world.pharmacist, medication_id)

    assert (await world.prescribe("paracetamol")).status == "active"


async def test_a_correction_is_found_and_needs_the_version_that_was_read(world):
    medication_id = world.medications["ibuprofen"]
    details = MedicationDetails(
        name_en="Ibuprofen 400", name_vi="Ibuprofen 400", brand_names=["Gofen"], pack_size=20
    )
    changed = await world.service.formulary.change(world.pharmacist, medication_id, details, 1)

    assert changed.pack_size == 20
    assert changed.ingredients[0].rxnorm == factory.IBUPROFEN
    assert await found(world, q="gofen") == ["IBUPROFEN-400"]
    with pytest.raises(errors.ChangedMeanwhile):
        await world.service.formulary.change(world.pharmacist, medication_id, details, 1)


async def test_a_code_is_used_once(world):
    with pytest.raises(errors.CodeInUse):
        await world.service.formulary.add(world.pharmacist, factory.MEDICATIONS["aspirin"])


async def test_only_pharmacists_write(world):
    for caller in (patient(), principal(Role.DOCTOR), principal(Role.NURSE)):
        with pytest.raises(Forbidden):
            await world.service.formulary.add(caller, factory.medication("x", "161"))


async def test_importing_the_shipped_formulary_twice_changes_nothing(world, rows):
    first = await world.service.formulary.import_medications(factory.SERVICE, read_formulary())
    again = await world.service.formulary.import_medications(factory.SERVICE, read_formulary())

    assert first.added >= 200
    assert (again.added, again.changed, again.unchanged) == (0, 0, first.added)
    corrected = factory.MEDICATIONS["aspirin"].model_copy(update={"brand_names": ["Aspilets"]})
    third = await world.service.formulary.import_medications(factory.SERVICE, [corrected])
    assert third.changed == 1
    assert await found(world, q="aspilets") == ["ASPIRIN-81"]


async def test_every_shipped_medication_can_be_found_by_its_brands(world):
    await world.service.formulary.import_medications(factory.SERVICE, read_formulary())

    for wanted in list(read_formulary())[::25]:
        for name in (wanted.name_vi, *wanted.brand_names[:1]):
            assert wanted.code in await found(world, q=name, limit=100)
