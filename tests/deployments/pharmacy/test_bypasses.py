"""Ways around the safety check that somebody could try, by accident or not."""

from datetime import timedelta

import pytest

from deployments.access import Role
from deployments.pharmacy.errors import (
    CannotCheck,
    Contraindicated,
    MoveNotAllowed,
    NotPrescribable,
    OverrideNeeded,
    OwnPrescription,
    PrescriptionNotFound,
    UnknownOverride,
)
from deployments.pharmacy.formulary_schemas import MedicationRequest
from deployments.pharmacy.prescription_schemas import Ending, Override, Signing
from tests.factories import pharmacy as factory
from tests.factories.appointments import principal
from tests.factories.stock import StockWorld


async def test_a_tablet_is_not_put_on_the_skin(world):
    """Interactions of drugs that stay on the skin are only told: a route must fit the product."""
    world.records.record(world.patient, medications=[factory.taken("warfarin", factory.WARFARIN)])
    with pytest.raises(NotPrescribable) as refused:
        await world.prescribe(world.item("ibuprofen", dosage={"route": "cutaneous"}))
    assert [error.pointer for error in refused.value.errors] == ["/items/0/dosage/route"]
    with pytest.raises((Contraindicated, OverrideNeeded)):
        await world.prescribe(world.item("ibuprofen", dosage={"route": "sublingual"}))


async def test_the_most_in_two_hours_is_not_the_most_in_a_day(world):
    """24 tablets of 500 mg a day are three times the limit, whatever period they are told in."""
    dosage = {
        "dose": {"value": 2, "unit": "tablet"},
        "timing": {"frequency": 1, "period": 2, "period_unit": "h"},
        "as_needed": "pain",
        "most_per_period": {
            "amount": {"value": 2, "unit": "tablet"},
            "period": 2,
            "period_unit": "h",
        },
        "duration_days": 2,
    }
    with pytest.raises(Contraindicated):
        await world.prescribe(world.item("paracetamol", dosage=dosage))


METHOTREXATE = "6851"
WEEKLY = {"timing": {"frequency": 1, "period_unit": "wk"}, "duration_days": 28}


@pytest.fixture
def stock(pharmacy_database, clock):
    return StockWorld(pharmacy_database, clock)


@pytest.fixture
async def methotrexate(world):
    product = factory.medication("methotrexate", METHOTREXATE, "2.5")
    added = await world.service.formulary.add(world.pharmacist, product)
    world.medications["methotrexate"] = added.id


@pytest.mark.parametrize(
    ("tablets", "timing"),
    [
        (4, {"frequency": 1}),
        (1, {"frequency": 1}),
        (1, {"frequency": 3, "period_unit": "wk"}),
        (4, {"frequency": 1, "period": 3}),
    ],
)
async def test_methotrexate_more_than_once_a_week_is_refused(world, methotrexate, tablets, timing):
    """Daily instead of weekly has killed at any dose."""
    dosage = {"dose": {"value": tablets, "unit": "tablet"}, "timing": timing, "duration_days": 14}
    with pytest.raises(Contraindicated) as refused:
        await world.prescribe(world.item("methotrexate", dosage=dosage))
    assert "times/week" in "".join(error.code for error in refused.value.errors)


async def test_a_most_in_a_week_makes_no_daily_methotrexate_weekly(world, methotrexate):
    """The label would still say "three times a day"."""
    most = {"amount": {"value": 1, "unit": "tablet"}, "period": 1, "period_unit": "wk"}
    dosage = {"most_per_period": most, "as_needed": "pain", "duration_days": 14}
    with pytest.raises(Contraindicated):
        await world.prescribe(world.item("methotrexate", dosage=dosage))


async def test_daily_methotrexate_is_refused_at_any_age_also_an_unknown_one(world, methotrexate):
    world.records.record(world.patient, birth_date=None)
    with pytest.raises(Contraindicated):
        await world.prescribe("methotrexate")


async def test_weekly_methotrexate_is_not_doubled_by_another_order(world, methotrexate):
    """A reason for the duplicate is none for twice the dose."""
    dosage = {"dose": {"value": 8, "unit": "tablet"}, **WEEKLY}
    item = world.item("methotrexate", dosage=dosage, parallel_reason="on two days")
    with pytest.raises(Contraindicated) as refused:
        await world.prescribe(item, item)
    assert "40 mg a week" in refused.value.errors[0].message


async def test_a_limit_is_not_checked_where_the_strength_is_unknown(world):
    product = factory.medication("paracetamol", factory.PARACETAMOL).model_dump()
    product |= {"code": "P-X", "ingredients": [{"rxnorm": factory.PARACETAMOL, "name": "x"}]}
    added = await world.service.formulary.add(
        world.pharmacist, MedicationRequest.model_validate(product)
    )
    world.medications["unknown"] = added.id
    with pytest.raises(OverrideNeeded) as needed:
        await world.prescribe("unknown")
    assert "dose:unknown-strength:161" in {error.code for error in needed.value.errors}


async def test_methotrexate_once_a_week_is_not_refused(world, methotrexate):
    dosage = {"dose": {"value": 4, "unit": "tablet"}, **WEEKLY}
    order = await world.prescribe(world.item("methotrexate", dosage=dosage), sign=False)
    assert not [one for one in order.findings if one.severity == "contraindicated"]


@pytest.fixture
async def resting(world):
    order = await world.prescribe("amoxicillin")
    pause = Ending(reason_code="awaiting-result")
    await world.service.moves.hold(world.doctor, order.id, pause)
    return order


async def test_what_rested_is_checked_before_it_goes_on(world, resting):
    world.records.record(world.patient, allergies=[factory.allergy()])
    with pytest.raises(Contraindicated):
        await world.service.continuing.resume(world.doctor, resting.id, Signing())


async def test_what_rested_does_not_go_on_unchecked(world, resting):
    world.records.down = True
    with pytest.raises(CannotCheck):
        await world.service.continuing.resume(world.doctor, resting.id, Signing())


async def test_what_rested_goes_on_with_a_reason_for_what_is_new(world, resting):
    world.records.record(world.patient, medications=[factory.taken("warfarin", factory.WARFARIN)])
    try:
        gone_on = await world.service.continuing.resume(world.doctor, resting.id, Signing())
    except OverrideNeeded as needed:
        found = needed.extensions["findings"]
        reasons = {"serious": "will-monitor", "not-checked": "checked-by-hand"}
        said = [Override(finding=it["code"], reason_code=reasons[it["severity"]]) for it in found]
        gone_on = await world.service.continuing.resume(
            world.doctor, resting.id, Signing(overrides=said)
        )
    assert gone_on.status == "active"
    with pytest.raises(MoveNotAllowed):
        await world.service.continuing.resume(world.doctor, resting.id, Signing())


async def test_a_reason_for_one_pair_is_none_for_another(world):
    """Each item answers for the duplicates that it makes itself."""
    world.records.record(world.patient, medications=[factory.taken("rosuvastatin", "301542")])
    for name, rxnorm in (("simvastatin", "36567"), ("atorvastatin", "83367")):
        product = factory.medication(name, rxnorm, 20)
        added = await world.service.formulary.add(world.pharmacist, product)
        world.medications[name] = added.id
    item = world.item("simvastatin", parallel_reason="one replaces the other in a week")
    with pytest.raises(OverrideNeeded) as refused:
        await world.prescribe(item, "atorvastatin")
    open_ = refused.value.extensions["findings"]
    duplicates = [set(one["items"]) for one in open_ if one["kind"] == "duplicate"]
    assert duplicates
    assert all("/items/0" not in items and "/items/1" in items for items in duplicates)


async def test_an_old_weight_is_no_weight(world, clock):
    """A child is not dosed by what it weighed half a year ago."""
    born = (clock() - timedelta(days=3 * 365)).date()
    child = {"birth_date": born, "weight_kg": 14}
    world.records.record(world.patient, **child, weight_at=clock() - timedelta(days=200))
    with pytest.raises(OverrideNeeded) as needed:
        await world.prescribe("paracetamol")
    assert "dose:unknown-weight" in "".join(error.code for error in needed.value.errors)


async def test_what_remains_of_a_draft_is_nobodys_business(world, stock):
    draft = await world.prescribe("amoxicillin", sign=False)
    with pytest.raises(PrescriptionNotFound):
        await stock.service.reading.get_remaining(stock.maker, draft.id)


async def test_an_old_filtration_rate_is_none(world, clock):
    """Metformin waits for a new one; a year is KDIGO's longest pause."""
    product = factory.medication("metformin", "6809", 500)
    added = await world.service.formulary.add(world.pharmacist, product)
    world.medications["metformin"] = added.id
    world.records.record(world.patient, egfr_at=clock() - timedelta(days=366))
    with pytest.raises(OverrideNeeded) as needed:
        await world.prescribe("metformin")
    assert "renal:unknown:6809" in {error.code for error in needed.value.errors}


async def test_what_is_not_found_is_not_overridden(world):
    """A reason for something that the check does not say is a slip, or about another version."""
    said = Override(finding="interaction:1:2", reason_code="will-monitor")
    with pytest.raises(UnknownOverride) as refused:
        await world.prescribe("paracetamol", overrides=[said])
    assert [(it.pointer, it.message) for it in refused.value.errors] == [
        ("/overrides", "interaction:1:2")
    ]


async def test_nobody_verifies_what_was_prescribed_to_them(world):
    patient = world.records.admit(world.doctor)
    as_pharmacist = principal(Role.PHARMACIST, user_id=patient.user_id)
    order = await world.prescribe("amoxicillin", patient_id=patient.user_id)
    with pytest.raises(OwnPrescription):
        await world.service.verification.verify(as_pharmacist, order.id)


async def test_nobody_prescribes_to_themselves_or_ends_what_they_get(world):
    """A doctor may be a patient of the house; a colleague prescribes."""
    doctor = principal(Role.DOCTOR, Role.PATIENT)
    world.records.charts[doctor.user_id] = factory.facts(doctor.user_id)
    for one in (doctor, world.doctor):
        world.records.treating.add((one.user_id, doctor.user_id))
    for sign in (True, False):
        with pytest.raises(OwnPrescription):
            await world.prescribe(
                "paracetamol", caller=doctor, patient_id=doctor.user_id, sign=sign
            )
    order = await world.prescribe("paracetamol", patient_id=doctor.user_id)
    why = Ending(reason_code="no-longer-needed")
    with pytest.raises(OwnPrescription):
        await world.service.moves.stop(doctor, order.id, why)
    with pytest.raises(OwnPrescription):
        await world.service.continuing.renew(doctor, order.id, Signing())
