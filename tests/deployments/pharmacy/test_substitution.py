"""What may be handed over instead, and what may not go back to the shelf."""

from decimal import Decimal

import pytest

from deployments.pharmacy.dispensing_schemas import ReturnLine, ReturnRequest
from deployments.pharmacy.stock_errors import SubstitutionNotAllowed
from tests.factories.stock import StockWorld


@pytest.fixture
def world(pharmacy_database, clock):
    return StockWorld(pharmacy_database, clock)


@pytest.mark.parametrize(
    "other", [{"form": "prolonged-release-tablet"}, {"units_each": 2}, {"dose_unit": "capsule"}]
)
async def test_another_form_or_size_is_no_substitute(world, other):
    prescribed, offered = world.medication(), world.medication(**other)
    await world.receive(offered)
    with pytest.raises(SubstitutionNotAllowed):
        await world.prepare(world.prescribe(prescribed), medication_id=offered.id)


@pytest.mark.parametrize("code", ["damaged", "recalled"])
async def test_what_nobody_may_get_any_more_does_not_go_back_to_its_shelf(world, code):
    drug = world.medication()
    batch = await world.receive(drug)
    done = await world.dispense(world.prescribe(drug))
    line = ReturnLine(dispensing_item_id=done.items[0].id, quantity=Decimal(3))
    await world.service.returns.give_back(
        world.maker, done.id, ReturnRequest(lines=[line], code=code)
    )
    assert (world.balance(world.dispensary, batch), world.balance(world.quarantine, batch)) == (
        70,
        3,
    )
