"""What the patient takes: counted from the day on which it was handed over."""

from datetime import timedelta
from types import SimpleNamespace

import pytest

from deployments.pharmacy.errors import Contraindicated, DuplicateTherapy, OverrideNeeded
from deployments.pharmacy.prescription_schemas import Signing
from tests.factories import pharmacy as factory
from tests.factories.stock import StockWorld


@pytest.fixture
def stock(pharmacy_database, clock):
    return StockWorld(pharmacy_database, clock)


async def hand_over(world, stock, prescription, name):
    """Verifies, brings stock, and hands the whole prescription over."""
    await world.service.verification.verify(world.pharmacist, prescription.id)
    about = {"id": world.medications[name], "code": factory.MEDICATIONS[name].code}
    await stock.receive(SimpleNamespace(**about))
    items = [item.id for item in prescription.items]
    return await stock.dispense(SimpleNamespace(id=prescription.id, items=items))


async def test_what_is_collected_late_is_taken_until_it_is_used_up(world, stock, clock, rows):
    ordered = await world.prescribe("paracetamol")
    clock.advance(timedelta(days=4, hours=23))
    await hand_over(world, stock, ordered, "paracetamol")
    assert rows("SELECT status, taken_until FROM prescriptions") == [
        ("completed", clock() + timedelta(days=5))
    ]
    clock.advance(timedelta(days=4))
    with pytest.raises(DuplicateTherapy):
        await world.prescribe("paracetamol")
    clock.advance(timedelta(days=1))
    assert (await world.prescribe("paracetamol")).status == "active"


async def test_what_is_kept_for_need_is_not_forgotten_when_it_was_handed_over(world, stock, clock):
    dosage = {
        "as_needed": "pain",
        "most_per_period": {"amount": {"value": 4, "unit": "tablet"}},
        "duration_days": None,
    }
    ordered = await world.prescribe(world.item("ibuprofen", dosage=dosage, quantity=20))
    await hand_over(world, stock, ordered, "ibuprofen")
    clock.advance(timedelta(days=30))
    with pytest.raises((Contraindicated, OverrideNeeded)):
        await world.prescribe("warfarin")


async def test_what_goes_on_as_its_renewal_is_not_filled_again(world, stock, rows):
    ordered = await world.prescribe(world.item("paracetamol", repeats=1))
    done = await hand_over(world, stock, ordered, "paracetamol")
    await world.service.continuing.renew(world.doctor, ordered.id, Signing())
    await stock.service.returns.cancel(stock.maker, done.id, "wrong patient")
    assert rows("SELECT status FROM prescriptions WHERE id = :id", id=ordered.id) == [
        ("completed",)
    ]
