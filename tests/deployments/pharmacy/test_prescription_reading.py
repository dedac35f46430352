"""Who sees which prescriptions, on real PostgreSQL."""

import pytest

from deployments.access import Role
from deployments.pharmacy import errors
from deployments.pharmacy.prescription_schemas import PrescriptionQuery
from tests.factories.appointments import principal


async def test_who_may_know_of_a_prescription(world, rows):
    order = await world.prescribe("paracetamol")
    draft = await world.prescribe("ibuprofen", sign=False)
    colleague, stranger = principal(Role.DOCTOR), principal(Role.DOCTOR)
    world.records.treating.add((colleague.user_id, world.patient.user_id))

    for reader in (world.patient, world.doctor, world.pharmacist, colleague):
        assert (await world.service.reading.get(reader, order.id)).id == order.id
    assert (await world.service.reading.get(world.patient, order.id)).findings is None
    for reader, wanted in (
        (stranger, order.id),
        (principal(Role.NURSE), order.id),
        (principal(Role.PATIENT), order.id),
        (world.patient, draft.id),
        (world.pharmacist, draft.id),
        (world.doctor, world.patient.user_id),
    ):
        with pytest.raises(errors.PrescriptionNotFound):
            await world.service.reading.get(reader, wanted)

    query = "SELECT count(*) FROM audit_log WHERE action = 'pharmacy.read' AND outcome = :outcome"
    assert rows(query, outcome="success") == [(5,)]
    assert rows(query, outcome="denied") == [(6,)]


async def test_lists_show_what_the_caller_may_know(world):
    order = await world.prescribe("paracetamol")
    draft = await world.prescribe("ibuprofen", sign=False)
    stranger = principal(Role.DOCTOR)

    async def ids(caller, **query):
        page = await world.service.reading.list_page(caller, PrescriptionQuery(**query))
        return [one.id for one in page.items]

    patient_id = world.patient.user_id
    assert await ids(world.patient) == [order.id]
    assert await ids(world.doctor) == [draft.id, order.id]
    assert await ids(world.doctor, patient_id=patient_id) == [draft.id, order.id]
    assert await ids(world.pharmacist, fulfilment=["received"]) == [order.id]
    assert await ids(world.pharmacist, fulfilment=["verified"]) == []
    assert await ids(stranger) == []
    for caller in (stranger, principal(Role.PATIENT)):
        with pytest.raises(errors.PatientNotFound):
            await ids(caller, patient_id=patient_id)


async def test_pages_follow_each_other(world):
    names = ("paracetamol", "ibuprofen", "amoxicillin")
    made = [(await world.prescribe(name, sign=False)).id for name in names]

    found, cursor = [], None
    while True:
        query = PrescriptionQuery(limit=1, cursor=cursor)
        page = await world.service.reading.list_page(world.doctor, query)
        found += [one.id for one in page.items]
        if (cursor := page.next_cursor) is None:
            break

    assert found == made[::-1]
