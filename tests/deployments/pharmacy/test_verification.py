"""The talk between pharmacist and prescriber, on real PostgreSQL."""

from datetime import timedelta

import pytest

from deployments.access import Role
from deployments.errors import Forbidden
from deployments.pharmacy import errors
from deployments.pharmacy.events import (
    PrescriptionAnswered,
    PrescriptionQueried,
    PrescriptionRejected,
)
from deployments.pharmacy.prescription_schemas import Answer, PharmacistNote
from tests.factories import pharmacy as factory
from tests.factories.appointments import principal

DOSE = PharmacistNote(reason_code="dose", text="Is the dose right for 60 kg?")


@pytest.fixture
async def order(world):
    return await world.prescribe("paracetamol")


async def test_a_pharmacist_verifies(world, order):
    verified = await world.service.verification.verify(world.pharmacist, order.id, 1)

    assert (verified.fulfilment, verified.status) == ("verified", "active")
    assert verified.verified_by == world.pharmacist.user_id


async def test_asked_answered_and_verified(world, order, published):
    verification = world.service.verification
    queried = await verification.query(world.pharmacist, order.id, DOSE)
    assert queried.fulfilment == "queried"
    assert isinstance(published[-1], PrescriptionQueried)
    assert published[-1].practitioner_id == world.doctor.user_id
    with pytest.raises(errors.MoveNotAllowed):
        await verification.verify(world.pharmacist, order.id)

    answered = await verification.answer(world.doctor, order.id, Answer(text="Yes, it is."))

    assert answered.fulfilment == "received"
    assert isinstance(published[-1], PrescriptionAnswered)
    assert (await verification.verify(world.pharmacist, order.id)).fulfilment == "verified"
    history = await world.service.reading.get_history(world.pharmacist, order.id)
    assert [(one.move, one.reason_code, one.text) for one in history.moves] == [
        ("sign", None, None),
        ("query", "dose", DOSE.text),
        ("answer", None, "Yes, it is."),
        ("verify", None, None),
    ]
    shown = await world.service.reading.get_history(world.patient, order.id)
    assert {one.text for one in shown.moves} == {None}


async def test_a_rejected_prescription_is_not_verified_any_more(world, order, published):
    rejected = await world.service.verification.reject(world.pharmacist, order.id, DOSE)

    assert (rejected.fulfilment, rejected.status) == ("rejected", "active")
    assert isinstance(published[-1], PrescriptionRejected)
    assert published[-1].reason_code == "dose"
    with pytest.raises(errors.MoveNotAllowed):
        await world.service.verification.verify(world.pharmacist, order.id)


async def test_nobody_verifies_what_they_prescribed(world):
    both = principal(Role.DOCTOR, Role.PHARMACIST)
    world.records.treating.add((both.user_id, world.patient.user_id))
    order = await world.prescribe("paracetamol", caller=both)

    with pytest.raises(errors.OwnPrescription):
        await world.service.verification.verify(both, order.id)


async def test_doctors_do_not_verify_and_only_the_prescriber_answers(world, order):
    with pytest.raises(Forbidden):
        await world.service.verification.verify(world.doctor, order.id)
    await world.service.verification.query(world.pharmacist, order.id, DOSE)
    colleague = principal(Role.DOCTOR)
    world.records.treating.add((colleague.user_id, world.patient.user_id))
    with pytest.raises(errors.PrescriptionNotFound):
        await world.service.verification.answer(colleague, order.id, Answer(text="Maybe."))


async def test_what_has_expired_is_not_verified(world, order, clock):
    clock.advance(timedelta(days=6))
    with pytest.raises(errors.Expired):
        await world.service.verification.verify(world.pharmacist, order.id)


async def test_the_check_before_handing_out_sees_what_became_known_since(world):
    order = await world.prescribe("amoxicillin")
    again = await world.service.checking.check_again(world.pharmacist, order.id)
    assert again.open == []

    world.records.record(world.patient, allergies=[factory.allergy()])
    again = await world.service.checking.check_again(world.pharmacist, order.id)

    assert {one.severity for one in again.open} == {"contraindicated"}


async def test_what_was_answered_for_at_signing_is_not_asked_again(world):
    world.records.record(world.patient, medications=[factory.taken("Warfarin", factory.WARFARIN)])
    with pytest.raises(errors.OverrideNeeded) as refused:
        await world.prescribe("aspirin")
    overrides = [
        {"finding": one["code"], "reason_code": "will-monitor"}
        for one in refused.value.extensions["findings"]
    ]
    order = await world.prescribe("aspirin", overrides=overrides)

    again = await world.service.checking.check_again(world.pharmacist, order.id)

    assert again.findings
    assert again.open == []
