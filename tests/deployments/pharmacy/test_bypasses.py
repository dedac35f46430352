"""Ways around the safety check that somebody could try, by accident or not."""

import pytest

from deployments.pharmacy.errors import Contraindicated, NotPrescribable, OverrideNeeded
from tests.factories import pharmacy as factory


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
