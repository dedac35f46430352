"""Where a child stands, against values that WHO prints, and the data of a chart."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deployments.medical_records import growth
from deployments.medical_records.errors import RecordNotFound
from deployments.medical_records.growth import Measure
from deployments.medical_records.vital_schemas import MeasurementRequest
from deployments.medical_records.vital_signs import HEIGHT, LENGTH, WEIGHT
from tests.factories import medical_records as factory

MONTH = growth.DAYS_PER_MONTH


@pytest.mark.parametrize(
    ("measure", "sex", "month", "percentile", "printed"),
    [
        (Measure.WEIGHT, "male", 0, 50, 3.3),
        (Measure.WEIGHT, "male", 0, 3, 2.5),
        (Measure.WEIGHT, "female", 12, 50, 8.9),
        (Measure.HEIGHT, "male", 24, 50, 87.8),
        (Measure.HEAD, "female", 0, 50, 33.9),
        (Measure.HEIGHT, "male", 120, 50, 137.8),
        (Measure.HEIGHT, "female", 228, 50, 163.2),
        (Measure.BMI, "male", 228, 50, 22.2),
    ],
)
def test_curves_are_those_that_who_prints(measure, sex, month, percentile, printed):
    (value,) = growth.curve(measure, sex, percentile, range(month, month + 1))
    assert value == pytest.approx(printed, abs=0.06 if month < 61 else 0.1)


@given(
    st.sampled_from(Measure),
    st.sampled_from(["male", "female"]),
    st.integers(0, 7000),
    st.floats(-2.9, 2.9),
)
def test_a_standing_leads_back_to_its_value(measure, sex, days, z):
    distribution = growth.find_distribution(measure, sex, days)
    if distribution is not None:
        standing = growth.stand(measure, sex, days, distribution.value(z))
        assert standing.z_score == pytest.approx(z, abs=0.006)


def test_beyond_three_deviations_weight_goes_in_even_steps():
    distribution = growth.find_distribution(Measure.WEIGHT, "male", 365)
    step = distribution.value(3) - distribution.value(2)
    standing = growth.stand(Measure.WEIGHT, "male", 365, distribution.value(3) + 2 * step)
    assert standing.z_score == pytest.approx(5, abs=0.01)


def test_there_is_no_reference_for_adults_nor_for_the_head_of_a_schoolchild():
    assert growth.stand(Measure.WEIGHT, "male", round(121 * MONTH), 30) is None
    assert growth.stand(Measure.HEIGHT, "female", round(300 * MONTH), 165) is None
    assert growth.stand(Measure.HEAD, "male", 3000, 52) is None
    assert growth.stand(Measure.BMI, "male", -3, 15) is None


def test_years_join_without_a_step():
    by_day = growth.find_distribution(Measure.HEIGHT, "male", growth.LAST_DAY).median
    by_month = growth.find_distribution(Measure.HEIGHT, "male", growth.LAST_DAY + 1).median
    assert by_month == pytest.approx(by_day, abs=0.3)


async def measure(world, child, code, value, unit, at):
    request = MeasurementRequest.model_validate(
        {"code": code, "quantity": {"value": value, "unit": unit}, "effective_at": at}
    )
    return await world.service.vitals.record(world.doctor, child.user_id, request)


@pytest.fixture
def child(world):
    child = world.users.add_patient(birth_date=date(2024, 3, 1), gender="male")
    with world.service.desk.database.engine.begin() as connection:
        factory.relate(connection, child, world.doctor)
    return child


async def test_growth_is_ready_to_plot(world, child):
    born = datetime(2024, 3, 1, 12, tzinfo=UTC)
    await measure(world, child, WEIGHT, "3346", "g", born)
    await measure(world, child, WEIGHT, "9.6", "kg", born + timedelta(days=365))
    found = await world.service.growth.get(child, child.user_id, Measure.WEIGHT)
    assert [(one.age_days, one.value) for one in found.points] == [(0, 3.346), (365, 9.6)]
    assert found.points[0].z_score == pytest.approx(0, abs=0.01)
    assert found.points[0].percentile == pytest.approx(50, abs=0.5)
    assert [curve.percentile for curve in found.curves] == [3, 15, 50, 85, 97]
    assert all(len(curve.values) == len(found.ages_months) == 61 for curve in found.curves)
    assert "WHO" in found.reference
    assert not found.truncated


async def test_a_length_after_two_years_stands_as_a_height(world, child):
    at = datetime(2026, 6, 1, tzinfo=UTC)
    await measure(world, child, LENGTH, "90", "cm", at)
    await measure(world, child, HEIGHT, "90", "cm", at + timedelta(days=1))
    found = await world.service.growth.get(world.doctor, child.user_id, Measure.HEIGHT)
    assert [one.value for one in found.points] == [89.3, 90.0]


async def test_adults_have_points_and_no_curves(world):
    request = MeasurementRequest.model_validate(
        {"code": WEIGHT, "quantity": {"value": Decimal(60), "unit": "kg"}}
    )
    await world.service.vitals.record(world.nurse, world.patient_id, request)
    found = await world.service.growth.get(world.patient, world.patient_id, Measure.WEIGHT)
    assert [one.z_score for one in found.points] == [None]
    assert (found.reference, found.curves, found.ages_months) == (None, [], [])


async def test_strangers_see_nothing_of_it(world, child, audited):
    for patient_id in (child.user_id, factory.principal().user_id):
        with pytest.raises(RecordNotFound):
            await world.service.growth.get(world.stranger, patient_id, Measure.WEIGHT)
    assert [row[2] for row in audited()] == ["denied", "denied"]
