"""Breaking the glass: one chart, a short time, everybody is told, somebody judges."""

from datetime import timedelta
from uuid import uuid4

import pytest
from pydantic import ValidationError

from deployments.access import Role
from deployments.errors import Forbidden
from deployments.medical_records import break_glass
from deployments.medical_records.access_schemas import EmergencyReason, ReviewQuery, Verdict
from deployments.medical_records.errors import AccessClosed, ChangedMeanwhile, RecordNotFound
from deployments.medical_records.settings import RecordsSettings
from deployments.pagination import PageRequest
from tests.factories import medical_records as factory

REASON = EmergencyReason(reason_code="unconscious", reason="found on the ward, no answer")
VERDICT = Verdict(verdict="justified", note="emergency department confirms")


@pytest.fixture
def told(monkeypatch):
    events = []
    monkeypatch.setattr(break_glass, "publish", lambda _connection, *more: events.extend(more))
    return events


async def read(world, who):
    gate = world.service.desk.gate
    return await gate.read(who, world.patient_id, "Condition", lambda _connection: "data")


async def test_one_chart_is_open_for_an_hour(world, clock, audited, told):
    begun = await world.service.break_glass.start(world.stranger, world.patient_id, REASON)
    assert begun.expires_at == clock() + timedelta(minutes=60)
    assert [(event.access_id, event.patient_id) for event in told] == [(begun.id, world.patient_id)]
    assert await read(world, world.stranger) == "data"
    assert audited()[-1][3] == f"break-glass:{begun.id}"
    other = world.other_patient.user_id
    with pytest.raises(RecordNotFound):
        await world.service.desk.gate.read(world.stranger, other, "Condition", lambda _: "data")
    clock.advance(timedelta(minutes=60))
    with pytest.raises(RecordNotFound):
        await read(world, world.stranger)


async def test_it_can_be_given_back(world, told):
    service = world.service.break_glass
    await service.start(world.stranger, world.patient_id, REASON)
    ended = await service.end(world.stranger, world.patient_id)
    assert ended.ended_at is not None
    with pytest.raises(RecordNotFound):
        await read(world, world.stranger)
    with pytest.raises(RecordNotFound):
        await service.end(world.stranger, world.patient_id)
    assert world.changed == [world.patient_id] * 2


async def test_only_clinical_staff_for_patients_that_are_there(world, audited):
    service = world.service.break_glass
    with pytest.raises(RecordNotFound):
        await service.start(world.stranger, uuid4(), REASON)
    assert audited() == [("medical_records.glass-broken", "BreakGlassAccess", "denied", None)]
    for who in (world.officer, world.other_patient, factory.principal(Role.LAB_TECHNICIAN)):
        with pytest.raises(Forbidden):
            await service.start(who, world.patient_id, REASON)


def test_never_longer_than_an_hour():
    with pytest.raises(ValidationError):
        RecordsSettings(break_glass_minutes=61)


async def test_every_access_is_judged_once_by_somebody_else(world, clock, told):
    service = world.service.break_glass
    first = await service.start(world.stranger, world.patient_id, REASON)
    clock.advance(timedelta(minutes=1))
    second = await service.start(world.nurse, world.patient_id, REASON)
    page = await service.list_reviews(world.officer, ReviewQuery(state="open", limit=1))
    assert [one.id for one in page.items] == [second.id]
    rest = await service.list_reviews(
        world.officer, ReviewQuery(state="open", cursor=page.next_cursor)
    )
    assert [one.id for one in rest.items] == [first.id]
    with pytest.raises(ChangedMeanwhile):
        await service.close_review(world.officer, first.id, VERDICT, 7)
    judged = await service.close_review(world.officer, first.id, VERDICT, 1)
    assert (judged.verdict, judged.reviewed_by) == ("justified", world.officer.user_id)
    with pytest.raises(AccessClosed):
        await service.close_review(world.officer, first.id, VERDICT)
    closed = await service.list_reviews(world.officer, ReviewQuery(state="closed"))
    assert [one.id for one in closed.items] == [first.id]
    both = factory.principal(Role.NURSE, Role.PRIVACY_OFFICER, user_id=world.nurse.user_id)
    with pytest.raises(Forbidden):
        await service.close_review(both, second.id, VERDICT)
    with pytest.raises(RecordNotFound):
        await service.close_review(world.officer, uuid4(), VERDICT)
    with pytest.raises(Forbidden):
        await service.list_reviews(world.doctor, ReviewQuery())


async def test_the_patient_sees_who_looked(world, told):
    await read(world, world.doctor)
    with pytest.raises(RecordNotFound):
        await read(world, world.other_patient)
    begun = await world.service.break_glass.start(world.stranger, world.patient_id, REASON)
    accesses = world.service.accesses
    page = await accesses.list_page(world.patient, world.patient_id, PageRequest(limit=2))
    broken, denied = page.items
    assert (broken.action, broken.actor_id) == ("glass-broken", world.stranger.user_id)
    assert (broken.actor_name, broken.entry_id) == ("Dr. Test", begun.id)
    assert (denied.outcome, denied.actor_id, denied.actor_role) == ("denied", None, "patient")
    seen = await accesses.list_page(world.officer, world.patient_id, PageRequest())
    assert world.other_patient.user_id in {one.actor_id for one in seen.items}
    last = await accesses.list_page(
        world.patient, world.patient_id, PageRequest(cursor=page.next_cursor)
    )
    assert last.items[0].basis.startswith("encounter:")
    with pytest.raises(RecordNotFound):
        await accesses.list_page(world.other_patient, world.patient_id, PageRequest())
    with pytest.raises(Forbidden):
        await accesses.list_page(world.doctor, world.patient_id, PageRequest())
