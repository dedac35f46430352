"""What patients say of their charts holds at every reading."""

from datetime import timedelta
from uuid import uuid4

import pytest

from deployments.access import Role
from deployments.errors import Forbidden
from deployments.medical_records import rules
from deployments.medical_records.access_schemas import ConsentRequest, EmergencyReason
from deployments.medical_records.errors import (
    ChangedMeanwhile,
    ConsentEnded,
    ConsentNotPossible,
    RecordNotFound,
)
from deployments.pagination import PageRequest
from tests.factories import medical_records as factory


def says(type_, **values):
    return ConsentRequest.model_validate({"provision": {"type": type_, **values}})


async def give(world, type_, **values):
    return await world.service.consents.give(world.patient, world.patient_id, says(type_, **values))


async def may_read(world, who, kind="Condition"):
    try:
        await world.service.desk.gate.read(who, world.patient_id, kind, lambda _connection: "data")
    except RecordNotFound:
        return False
    return True


async def test_a_denied_kind_is_hidden_from_whom_it_names(world, red, monkeypatch):
    if red("consents-are-weighed"):
        monkeypatch.setattr(rules, "governing", lambda *_: None)
    await give(world, "deny", practitioner_id=str(world.doctor.user_id), kinds=["Condition"])
    assert not await may_read(world, world.doctor)
    assert await may_read(world, world.doctor, "Immunization")
    assert await may_read(world, world.nurse)
    assert await may_read(world, world.patient)


async def test_a_stranger_is_let_in(world, audited):
    given = await give(world, "permit", practitioner_id=str(world.stranger.user_id))
    assert await may_read(world, world.stranger)
    assert audited()[-1][3] == f"consent:{given.id}"
    await world.service.consents.revoke(world.patient, world.patient_id, given.id, 1)
    assert not await may_read(world, world.stranger)
    assert world.changed == [world.patient_id] * 2


async def test_a_period_begins_and_ends(world, clock):
    begin, end = clock() + timedelta(days=1), clock() + timedelta(days=2)
    await give(world, "deny", role="nurse", starts_at=begin, ends_at=end)
    assert await may_read(world, world.nurse)
    clock.advance(timedelta(days=1))
    assert not await may_read(world, world.nurse)
    clock.advance(timedelta(days=1))
    assert await may_read(world, world.nurse)


async def test_an_emergency_overrides_a_denial(world, audited):
    await give(world, "deny")
    assert not await may_read(world, world.doctor)
    reason = EmergencyReason(reason_code="life-threatening", reason="cardiac arrest on the ward")
    begun = await world.service.break_glass.start(world.doctor, world.patient_id, reason)
    assert await may_read(world, world.doctor)
    assert audited()[-1][3] == f"break-glass:{begun.id}"


async def test_only_the_patient_says(world):
    consents = world.service.consents
    given = await give(world, "deny", role="nurse")
    with pytest.raises(Forbidden):
        await consents.give(world.doctor, world.patient_id, says("permit"))
    for attempt in (
        consents.give(world.other_patient, world.patient_id, says("permit")),
        consents.revoke(world.other_patient, world.patient_id, given.id),
        consents.revoke(world.patient, world.patient_id, uuid4()),
        consents.list_page(world.other_patient, world.patient_id, PageRequest()),
    ):
        with pytest.raises(RecordNotFound):
            await attempt


async def test_who_treats_and_is_a_patient_too_revokes_nothing(world):
    named = {"practitioner_id": str(world.doctor.user_id), "kinds": ["Condition"]}
    given = await give(world, "deny", **named)
    both = factory.principal(Role.DOCTOR, Role.PATIENT, user_id=world.doctor.user_id)
    with pytest.raises(RecordNotFound):
        await world.service.consents.revoke(both, world.patient_id, given.id)
    assert not await may_read(world, both)


async def test_names_and_periods_are_checked(world, clock):
    with pytest.raises(ConsentNotPossible):
        await give(world, "permit", practitioner_id=str(uuid4()))
    with pytest.raises(ConsentNotPossible):
        await give(world, "permit", ends_at=clock())


async def test_a_consent_ends_once_and_stays_to_be_read(world, clock):
    consents = world.service.consents
    first = await give(world, "deny", role="nurse", kinds=["Condition", "Observation"])
    clock.advance(timedelta(minutes=1))
    second = await give(world, "permit")
    with pytest.raises(ChangedMeanwhile):
        await consents.revoke(world.patient, world.patient_id, first.id, 2)
    ended = await consents.revoke(world.patient, world.patient_id, first.id, in_error=True)
    assert (ended.status, ended.version) == ("entered-in-error", 2)
    with pytest.raises(ConsentEnded):
        await consents.revoke(world.patient, world.patient_id, first.id)
    page = await consents.list_page(world.patient, world.patient_id, PageRequest(limit=1))
    assert page.items == [second]
    rest = await consents.list_page(
        world.patient, world.patient_id, PageRequest(cursor=page.next_cursor)
    )
    assert rest.items == [ended]
