"""Prescribing with the full check, on real PostgreSQL."""

import asyncio
from datetime import timedelta
from uuid import uuid4

import pytest

from deployments.access import Role
from deployments.medical_records.errors import EncounterRefused
from deployments.pharmacy import errors
from deployments.pharmacy.events import PrescriptionEnded, PrescriptionIssued
from deployments.pharmacy.prescription_schemas import (
    CheckRequest,
    Draft,
    Ending,
    Override,
    Revision,
    Signing,
)
from deployments.pharmacy.safety.findings import Severity
from storage.pharmacy import prescriptions
from tests.factories import pharmacy as factory
from tests.factories.appointments import principal


def answers(refusal: errors.OverrideNeeded, reason: str = "will-monitor") -> list[Override]:
    """A reason for each finding that needs one."""
    return [
        Override(
            finding=one["code"],
            reason_code="checked-by-hand" if one["severity"] == "not-checked" else reason,
        )
        for one in refusal.extensions["findings"]
    ]


async def test_paracetamol_is_prescribed_at_once(world, published):
    order = await world.prescribe("paracetamol")

    (item,) = order.items
    assert order.status == "active"
    assert order.fulfilment == "received"
    assert item.quantity == 15
    assert item.dosage_text.en == "Take 1 tablet by mouth 3 times a day for 5 days."
    assert item.dosage_text.vi == "Uống mỗi lần 1 viên, 3 lần mỗi ngày, trong 5 ngày."
    (issued,) = published
    assert isinstance(issued, PrescriptionIssued)
    assert issued.items[0].item_id == item.id


async def test_an_allergy_refuses_with_the_reason_in_the_answer(world, rows):
    world.records.record(world.patient, allergies=[factory.allergy()])

    with pytest.raises(errors.Contraindicated) as refused:
        await world.prescribe("paracetamol", "amoxicillin")

    (finding, *_) = refused.value.extensions["findings"]
    assert finding["kind"] == "allergy"
    assert finding["items"] == ["/items/1"]
    assert finding["mechanism"]["en"]
    assert finding["advice"]["en"]
    assert refused.value.errors[0].pointer == "/items/1"
    assert rows("SELECT count(*) FROM prescriptions") == [(0,)]


async def test_a_serious_interaction_needs_a_coded_reason_which_is_kept(world, rows):
    world.records.record(world.patient, medications=[factory.taken("Warfarin", factory.WARFARIN)])
    with pytest.raises(errors.OverrideNeeded) as refused:
        await world.prescribe("aspirin")

    order = await world.prescribe("aspirin", overrides=answers(refused.value))

    serious = [one for one in order.findings if one.severity is Severity.SERIOUS]
    assert serious
    assert all(one.override_reason == "will-monitor" for one in serious)
    kept = rows("SELECT code, override_reason, by, data_version FROM prescription_findings")
    assert (serious[0].code, "will-monitor", world.doctor.user_id) in {row[:3] for row in kept}


async def test_what_cannot_be_checked_must_be_acknowledged(world):
    world.records.record(world.patient, medications=[factory.taken("Lá vối nhà trồng")])
    with pytest.raises(errors.OverrideNeeded) as refused:
        await world.prescribe("paracetamol")
    assert {one["severity"] for one in refused.value.extensions["findings"]} == {"not-checked"}

    order = await world.prescribe("paracetamol", overrides=answers(refused.value))

    assert order.status == "active"


async def test_a_check_by_hand_is_no_answer_to_a_known_danger(world):
    world.records.record(world.patient, medications=[factory.taken("Warfarin", factory.WARFARIN)])
    with pytest.raises(errors.OverrideNeeded) as refused:
        await world.prescribe("aspirin")

    with pytest.raises(errors.OverrideNeeded):
        await world.prescribe("aspirin", overrides=answers(refused.value, "checked-by-hand"))


async def test_nothing_is_written_when_records_does_not_answer(world, rows):
    world.records.down = True

    for sign in (False, True):
        with pytest.raises(errors.CannotCheck):
            await world.prescribe("paracetamol", sign=sign)

    assert rows("SELECT count(*) FROM prescriptions") == [(0,)]


async def test_of_prescriptions_signed_at_once_each_sees_those_before(
    world, rows, red, monkeypatch
):
    if red("patient_lock"):
        monkeypatch.setattr(prescriptions, "lock_patient", lambda *_: None)

    outcomes = await asyncio.gather(
        *(world.prescribe("paracetamol") for _ in range(6)), return_exceptions=True
    )

    assert [type(one) for one in outcomes].count(errors.DuplicateTherapy) == 5
    assert rows("SELECT count(*) FROM prescriptions") == [(1,)]


async def test_the_same_ingredient_again_must_be_declared(world):
    await world.prescribe("paracetamol")
    with pytest.raises(errors.DuplicateTherapy):
        await world.prescribe("paracetamol")

    again = world.item("paracetamol", parallel_reason="Loading dose beside the regular one")
    order = await world.prescribe(again)

    assert order.items[0].parallel_reason


async def test_a_check_without_writing(world, rows):
    world.records.record(world.patient, allergies=[factory.allergy()])
    request = CheckRequest(patient_id=world.patient.user_id, items=[world.item("amoxicillin")])

    result = await world.service.checking.check(world.doctor, request)

    assert Severity.CONTRAINDICATED in {one.severity for one in result.findings}
    assert result.quantities == [15]
    assert rows("SELECT count(*) FROM prescriptions") == [(0,)]


async def test_a_draft_is_told_what_it_will_meet_and_signed_later(world, published):
    draft = await world.prescribe("paracetamol", sign=False)
    assert (draft.status, draft.fulfilment, published) == ("draft", None, [])

    signed = await world.service.prescribing.sign(world.doctor, draft.id, Signing(), 1)

    assert (signed.status, signed.version) == ("active", 2)
    assert len(published) == 1
    with pytest.raises(errors.MoveNotAllowed):
        await world.service.prescribing.sign(world.doctor, draft.id, Signing())


async def test_a_draft_meets_what_became_known_since(world):
    draft = await world.prescribe("amoxicillin", sign=False)
    world.records.record(world.patient, allergies=[factory.allergy()])

    with pytest.raises(errors.Contraindicated):
        await world.service.prescribing.sign(world.doctor, draft.id, Signing())


async def test_revising_signs_a_new_one_and_stops_the_old(world, published):
    old = await world.prescribe("paracetamol")
    longer = world.item("paracetamol", dosage={"duration_days": 7})

    new = await world.service.continuing.revise(world.doctor, old.id, Revision(items=[longer]), 1)

    stopped = await world.service.reading.get(world.doctor, old.id)
    assert (stopped.status, stopped.replaced_by_id) == ("stopped", new.id)
    assert (new.replaces_id, new.items[0].quantity) == (old.id, 21)
    assert [type(one) for one in published] == [
        PrescriptionIssued,
        PrescriptionIssued,
        PrescriptionEnded,
    ]
    assert published[-1].reason == "revised"
    with pytest.raises(errors.MoveNotAllowed):
        await world.service.continuing.revise(world.doctor, old.id, Revision(items=[longer]))


async def test_renewing_orders_the_same_and_completes_the_old(world):
    old = await world.prescribe("paracetamol")

    new = await world.service.continuing.renew(world.doctor, old.id, Signing())

    assert (await world.service.reading.get(world.doctor, old.id)).status == "completed"
    assert new.renews_id == old.id
    assert new.items[0].dosage == old.items[0].dosage


async def test_rest_go_on_stop(world, published):
    order = await world.prescribe("paracetamol")
    why = Ending(reason_code="awaiting-result")

    held = await world.service.moves.hold(world.doctor, order.id, why, 1)
    assert (held.status, held.status_reason) == ("on-hold", "awaiting-result")
    with pytest.raises(errors.ChangedMeanwhile):
        await world.service.continuing.resume(world.doctor, order.id, Signing(), 1)
    active = await world.service.continuing.resume(world.doctor, order.id, Signing(), 2)
    assert (active.status, active.status_reason) == ("active", None)
    stopped = await world.service.moves.stop(world.doctor, order.id, why)
    assert stopped.ended_at
    assert published[-1].reason == "stopped"

    history = await world.service.reading.get_history(world.doctor, order.id)
    assert [one.move for one in history.moves] == ["sign", "hold", "resume", "stop"]


async def test_stopping_needs_no_other_service(world):
    order = await world.prescribe("paracetamol")
    world.records.down = True

    stopped = await world.service.moves.stop(
        world.doctor, order.id, Ending(reason_code="adverse-reaction")
    )

    assert stopped.status == "stopped"


async def test_a_colleague_who_treats_the_patient_may_stop_it(world):
    order = await world.prescribe("paracetamol")
    colleague, stranger = principal(Role.DOCTOR), principal(Role.DOCTOR)
    world.records.treating.add((colleague.user_id, world.patient.user_id))
    why = Ending(reason_code="adverse-reaction")

    with pytest.raises(errors.PrescriptionNotFound):
        await world.service.moves.stop(stranger, order.id, why)
    assert (await world.service.moves.stop(colleague, order.id, why)).status == "stopped"


async def test_expiry_ends_what_was_not_collected(world, clock, published):
    order = await world.prescribe("paracetamol")
    assert order.valid_until == clock() + timedelta(days=5)
    assert await world.service.upkeep.expire() == 0

    clock.advance(timedelta(days=5, seconds=1))

    assert await world.service.upkeep.expire() == 1
    ended = await world.service.reading.get(world.doctor, order.id)
    assert (ended.status, ended.status_reason) == ("stopped", "expired")
    assert published[-1].reason == "expired"
    assert published[-1].taken_until is None


async def test_prescribing_takes_few_statements(world, statements):
    await world.prescribe("paracetamol", "warfarin", overrides=[])

    told = "\n".join(one.split("\n")[0][:90] for one in statements)
    assert len(statements) == 9, told


async def test_who_tried_what_was_refused_is_written_down(world, rows):
    """A contraindicated drug, an old version, a move that is not possible: each attempt counts."""
    world.records.record(world.patient, allergies=[factory.allergy()])
    with pytest.raises(errors.Contraindicated):
        await world.prescribe("amoxicillin")
    order = await world.prescribe("paracetamol")
    with pytest.raises(errors.ChangedMeanwhile):
        await world.service.verification.verify(world.pharmacist, order.id, 9)
    with pytest.raises(errors.MoveNotAllowed):
        await world.service.continuing.resume(world.doctor, order.id, Signing())
    who = (world.doctor.user_id, world.pharmacist.user_id, world.doctor.user_id)
    what = (("sign", None), ("verify", order.id), ("resume", order.id))
    assert rows(
        "SELECT actor_id, action, object_id, patient_id FROM audit_log"
        " WHERE outcome = 'failure' ORDER BY sequence"
    ) == [
        (actor, f"pharmacy.{verb}", object_id, world.patient.user_id)
        for actor, (verb, object_id) in zip(who, what, strict=True)
    ]


def draft_of(world, *names, **values):
    return Draft(items=[world.item(name) for name in names], **values)


async def test_a_draft_is_rewritten_until_it_is_signed(world, rows):
    draft = await world.prescribe("amoxicillin", sign=False, note="first")
    rewrite = world.service.prescribing.rewrite
    world.records.record(world.patient, allergies=[factory.allergy()])
    changed = await rewrite(world.doctor, draft.id, draft_of(world, "amoxicillin"), 1)
    assert (changed.version, changed.note) == (2, None)
    assert {one.severity for one in changed.findings} >= {"contraindicated"}
    said = draft_of(world, "paracetamol", "aspirin", note="second")
    changed = await rewrite(world.doctor, draft.id, said, 2)
    kept = await world.service.reading.get(world.doctor, draft.id)
    assert (kept.note, kept.status) == ("second", "draft")
    assert [one.medication_id for one in kept.items] == [
        world.medications[name] for name in ("paracetamol", "aspirin")
    ]
    assert rows("SELECT count(*) FROM outbox WHERE name LIKE '%issued%'") == [(0,)]
    with pytest.raises(errors.ChangedMeanwhile):
        await rewrite(world.doctor, draft.id, said, 2)
    other = principal(Role.DOCTOR)
    world.records.treating.add((other.user_id, world.patient.user_id))
    with pytest.raises(errors.PrescriptionNotFound):
        await rewrite(other, draft.id, said)
    rewritten = await rewrite(world.doctor, draft.id, draft_of(world, "paracetamol"))
    await world.service.prescribing.sign(world.doctor, draft.id, Signing(), rewritten.version)
    with pytest.raises(errors.MoveNotAllowed):
        await rewrite(world.doctor, draft.id, said)


async def test_an_encounter_is_one_of_the_patient(world, rows):
    for sign in (True, False):
        with pytest.raises(EncounterRefused):
            await world.prescribe("paracetamol", encounter_id=uuid4(), sign=sign)
    assert rows("SELECT count(*) FROM prescriptions") == [(0,)]
    known = uuid4()
    world.records.encounters.add(known)
    order = await world.prescribe("paracetamol", encounter_id=known)
    assert order.encounter_id == known
