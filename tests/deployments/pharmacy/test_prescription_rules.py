"""Dosages, quantities, words and moves: plain values only."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from deployments.pharmacy import errors, rules
from deployments.pharmacy.codes import AsNeeded, DispensingUnit, DoseUnit, Route, When
from deployments.pharmacy.dosage import Dosage, Ingredient, Product, amounts_of, quantity_for
from deployments.pharmacy.dosage_text import in_english, in_vietnamese
from deployments.pharmacy.prescription_schemas import ItemRequest
from deployments.pharmacy.safety.subjects import Drug
from deployments.pharmacy.settings import PharmacySettings
from deployments.pharmacy.transitions import (
    MOVES,
    FulfilmentStatus,
    Move,
    PrescriptionStatus,
    check_move,
)

TABLET = Product(
    id=uuid4(),
    code="PARA-500",
    name_en="Paracetamol 500 mg tablet",
    name_vi="Viên nén paracetamol 500 mg",
    ingredients=(Ingredient("161", "paracetamol", Decimal(500), "mg"),),
    route=Route.ORAL,
    dose_unit=DoseUnit.TABLET,
    unit=DispensingUnit.TABLET,
    units_each=Decimal(1),
    schedule="none",
    active=True,
)
BOTTLE = replace(
    TABLET,
    ingredients=(Ingredient("161", "paracetamol", Decimal(24), "mg"),),
    dose_unit=DoseUnit.MILLILITRE,
    unit=DispensingUnit.BOTTLE,
    units_each=Decimal(60),
)
AMPOULE = replace(BOTTLE, unit=DispensingUnit.AMPOULE, units_each=Decimal(2), route=Route.ORAL)
PAIR = replace(
    TABLET, ingredients=(*TABLET.ingredients, Ingredient("10689", "tramadol", Decimal(37), "mg"))
)
SETTINGS = PharmacySettings()
NOW = datetime(2026, 11, 24, tzinfo=UTC)


def dosage(value="1", unit="tablet", *, days=5, **values) -> Dosage:
    return Dosage.model_validate(
        {"dose": {"value": value, "unit": unit}, "duration_days": days, **values}
    )


def as_needed(most="4", period=24, unit="h", **values) -> Dosage:
    bound = {"amount": {"value": most, "unit": "tablet"}, "period": period, "period_unit": unit}
    return dosage(as_needed=AsNeeded.PAIN, most_per_period=bound, **values)


def item(dose: Dosage, **values) -> ItemRequest:
    return ItemRequest(medication_id=TABLET.id, dosage=dose, **values)


@pytest.mark.parametrize(
    ("given", "product", "expected"),
    [
        (dosage(timing={"frequency": 3}), TABLET, 15),
        (dosage("0.5", days=7), TABLET, 4),
        (dosage(timing={"period": 8, "period_unit": "h"}, days=7), TABLET, 21),
        (dosage(timing={"period": 1, "period_unit": "wk"}, days=28), TABLET, 4),
        (dosage("1000", "mg", timing={"frequency": 2}), TABLET, 20),
        (dosage("1", "g", timing={"frequency": 2}), TABLET, 20),
        (dosage("10", "mL", timing={"frequency": 3}), BOTTLE, 3),
        (dosage("240", "mg", timing={"frequency": 3}, days=1), BOTTLE, 1),
        (dosage("1", "mL", timing={"frequency": 3}, days=1), AMPOULE, 3),
        (as_needed(timing={"frequency": 6}), TABLET, 20),
        (as_needed(days=None), TABLET, None),
        (as_needed("3", 7, "d", timing={"frequency": 2}, days=14), TABLET, 6),
    ],
)
def test_quantity_follows_from_dosage_and_duration(given, product, expected):
    assert quantity_for(given, product, "") == expected


@pytest.mark.parametrize(
    ("given", "product"), [(dosage("5", "mL"), TABLET), (dosage("500", "mg"), PAIR)]
)
def test_doses_in_units_that_the_medication_has_not_are_refused(given, product):
    with pytest.raises(errors.NotPrescribable) as refused:
        quantity_for(given, product, "/items/0/dosage")
    assert refused.value.errors[0].pointer == "/items/0/dosage/dose/unit"


def test_the_safety_check_gets_the_most_of_each_ingredient_in_a_day():
    (first, second) = amounts_of(dosage("2", timing={"frequency": 4}), PAIR).amounts
    assert (first.single, first.daily) == (1000, 4000)
    assert (second.ingredient, second.daily) == ("10689", 296)


@pytest.mark.parametrize(
    ("given", "daily"),
    [
        (as_needed("2", 2, "h", timing={"period": 1, "period_unit": "h"}), 12000),
        (as_needed("2", 8, "h", timing={"period": 1, "period_unit": "h"}), 3000),
        (as_needed("7", 1, "wk", timing={"frequency": 4}), 2000),
        (as_needed("3", 1, "wk", timing={"frequency": 4}), 1500),
        (as_needed("4", 1, "d", timing={"frequency": 3}), 1500),
    ],
)
def test_the_most_in_any_period_bounds_a_day(given, daily):
    assert round(amounts_of(given, TABLET).amounts[0].daily, 3) == daily


def test_a_weekly_dose_falls_into_one_day():
    weekly = dosage("4", timing={"period_unit": "wk"}, days=28)
    assert amounts_of(weekly, TABLET).amounts[0].daily == 2000


def test_what_is_taken_as_needed_is_bounded_by_its_most():
    assert amounts_of(as_needed(timing={"frequency": 6}), TABLET).amounts[0].daily == 2000


@given(
    value=st.decimals("0.25", "10", places=2),
    frequency=st.integers(1, 12),
    period=st.integers(1, 48),
    days=st.integers(1, 90),
)
def test_the_quantity_always_suffices_and_never_by_a_whole_unit_more(
    value, frequency, period, days
):
    timing = {"frequency": frequency, "period": period, "period_unit": "h"}
    needed = value * frequency * 24 * days / period
    quantity = quantity_for(dosage(value, timing=timing, days=days), TABLET, "")
    assert quantity is not None
    assert quantity > 0
    assert -Decimal("0.000001") < quantity - needed < 1 or quantity == 1


@pytest.mark.parametrize(
    ("given", "english", "vietnamese"),
    [
        (
            dosage(timing={"frequency": 2, "when": [When.AFTER_MEALS]}),
            "Take 1 tablet by mouth twice a day after meals for 5 days.",
            "Uống mỗi lần 1 viên, 2 lần mỗi ngày, sau bữa ăn, trong 5 ngày.",
        ),
        (
            dosage("0.5", timing={"times_of_day": ["21:00"]}, days=1),
            "Take 0.5 tablet by mouth once a day at 21:00 for 1 day.",
            "Uống mỗi lần 0.5 viên, 1 lần mỗi ngày, lúc 21:00, trong 1 ngày.",
        ),
        (
            dosage("2.0", timing={"period": 6, "period_unit": "h"}),
            "Take 2 tablets by mouth every 6 hours for 5 days.",
            "Uống mỗi lần 2 viên, 1 lần mỗi 6 giờ, trong 5 ngày.",
        ),
        (
            as_needed(timing={"period": 6, "period_unit": "h"}, days=None),
            (
                "Take 1 tablet by mouth up to every 6 hours if needed for pain; "
                "no more than 4 tablets in 24 hours."
            ),
            "Uống mỗi lần 1 viên, tối đa 1 lần mỗi 6 giờ, khi đau; không quá 4 viên trong 24 giờ.",
        ),
        (
            dosage("100", "ug", instruction="With water"),
            "Take 100 mcg by mouth once a day for 5 days. With water",
            "Uống mỗi lần 100 mcg, 1 lần mỗi ngày, trong 5 ngày. With water",
        ),
    ],
)
def test_dosages_in_words(given, english, vietnamese):
    assert in_english(given, Route.ORAL) == english
    assert in_vietnamese(given, Route.ORAL) == vietnamese


@pytest.mark.parametrize(
    "values",
    [
        {"days": None},
        {"as_needed": "pain"},
        {"timing": {"times_of_day": ["08:00"], "when": ["MORN"]}},
        {"timing": {"when": ["MORN", "EVE"]}},
        {"timing": {"frequency": 2, "times_of_day": ["08:00"]}},
        {"timing": {"frequency": 2, "times_of_day": ["08:00", "08:00"]}},
        {"timing": {"frequency": 1, "period": 2, "times_of_day": ["08:00"]}},
    ],
)
def test_dosages_that_say_too_little_or_contradict_themselves_are_refused(values):
    with pytest.raises(ValidationError):
        dosage(**values)


@pytest.mark.parametrize(
    ("request_", "product", "pointer"),
    [
        (item(dosage(), quantity=6), TABLET, "/items/0/quantity"),
        (item(as_needed(days=None)), TABLET, "/items/0/quantity"),
        (item(dosage("9999", days=30)), TABLET, "/items/0/quantity"),
        (item(dosage("10001")), TABLET, "/items/0/dosage/dose/unit"),
        (
            item(dosage("9999999", "g", timing={"period": "0.01", "period_unit": "h"}, days=90)),
            replace(TABLET, ingredients=(Ingredient("1", "x", Decimal("0.0001"), "ug"),)),
            "/items/0/dosage/dose/unit",
        ),
        (item(dosage(), repeats=9), TABLET, "/items/0/repeats"),
        (item(dosage(route="cutaneous")), TABLET, "/items/0/dosage/route"),
        (
            item(dosage(route="intrathecal")),
            replace(TABLET, route=Route.INTRAVENOUS),
            "/items/0/dosage/route",
        ),
        (item(as_needed(days=None), quantity="0.0001"), TABLET, "/items/0/quantity"),
        (item(dosage(), repeats=1), replace(TABLET, schedule="narcotic"), "/items/0/repeats"),
        (
            item(dosage(days=8)),
            replace(TABLET, schedule="narcotic"),
            "/items/0/dosage/duration_days",
        ),
        (
            item(dosage(days=11)),
            replace(TABLET, schedule="psychotropic"),
            "/items/0/dosage/duration_days",
        ),
    ],
)
def test_limits_of_prescribing(request_, product, pointer):
    with pytest.raises(errors.NotPrescribable) as refused:
        rules.plan([request_], {TABLET.id: product}, SETTINGS)
    assert [one.pointer for one in refused.value.errors] == [pointer]


def test_less_may_be_ordered_of_what_is_taken_as_needed():
    (planned,) = rules.plan([item(as_needed(), quantity=3)], {TABLET.id: TABLET}, SETTINGS)
    assert planned.quantity == 3


def test_a_chronic_course_may_be_longer_than_an_acute_one():
    narcotic = replace(TABLET, schedule="narcotic")
    chronic = item(dosage(days=30), course="continuous")
    (planned,) = rules.plan([chronic], {TABLET.id: narcotic}, SETTINGS)
    assert rules.valid_until([planned], NOW, SETTINGS) == NOW + timedelta(days=3)


def test_unknown_and_retired_medications_are_refused():
    with pytest.raises(errors.MedicationNotFound):
        rules.plan([item(dosage())], {}, SETTINGS)
    with pytest.raises(errors.MedicationRetired):
        rules.plan([item(dosage())], {TABLET.id: replace(TABLET, active=False)}, SETTINGS)


def test_repeats_can_be_collected_when_the_fill_before_is_used_up():
    (planned,) = rules.plan([item(dosage(days=30), repeats=2)], {TABLET.id: TABLET}, SETTINGS)
    assert rules.valid_until([planned], NOW, SETTINGS) == NOW + timedelta(days=65)
    assert rules.taken_until([planned], NOW) == NOW + timedelta(days=90)


def test_repeats_of_what_is_taken_as_needed_can_be_collected_too():
    """30 tablets, at most 3 a day: the last of two repeats may be due after 20 days."""
    ordered = ItemRequest.model_validate(
        {
            "medication_id": TABLET.id,
            "dosage": {
                "dose": {"value": 1, "unit": "tablet"},
                "timing": {"frequency": 3},
                "as_needed": "pain",
                "most_per_period": {"amount": {"value": 3, "unit": "tablet"}},
            },
            "quantity": 30,
            "repeats": 2,
        }
    )
    planned = rules.plan([ordered], {TABLET.id: TABLET}, SETTINGS)
    assert rules.valid_until(planned, NOW, SETTINGS) == NOW + timedelta(days=5 + 20)


def test_one_prescription_has_no_ingredient_twice():
    twice = rules.plan([item(dosage()), item(dosage())], {TABLET.id: TABLET}, SETTINGS)
    with pytest.raises(errors.DuplicateTherapy) as refused:
        rules.check_parallel(twice, [])
    assert refused.value.errors[0].pointer == "/items/1"


def test_other_ingredients_are_no_duplicate():
    planned = rules.plan([item(dosage())], {TABLET.id: TABLET}, SETTINGS)
    rules.check_parallel(planned, [Drug("prescription-item/1", "Ibuprofen", ("5640",))])


ALLOWED = {
    (Move.REWRITE, "draft"),
    (Move.SIGN, "draft"), (Move.HOLD, "active"), (Move.RESUME, "on-hold"),
    (Move.STOP, "active"), (Move.STOP, "on-hold"), (Move.CANCEL, "draft"),
    (Move.CANCEL, "active"), (Move.CANCEL, "on-hold"), (Move.REVISE, "active"),
    (Move.REVISE, "on-hold"), (Move.RENEW, "active"), (Move.RENEW, "on-hold"),
    (Move.EXPIRE, "active"), (Move.EXPIRE, "on-hold"), (Move.VERIFY, "active"),
    (Move.QUERY, "active"), (Move.ANSWER, "active"), (Move.REJECT, "active"),
    (Move.DISPENSE, "active"), (Move.COMPLETE, "active"),
    (Move.TAKE_BACK, "completed"),
    *((Move.ENTER_IN_ERROR, one) for one in PrescriptionStatus if one != "entered-in-error"),
}  # fmt: skip


@pytest.mark.parametrize("move", MOVES)
@pytest.mark.parametrize("status", PrescriptionStatus)
def test_which_status_allows_which_move(move, status):
    if (move, status) in ALLOWED:
        check_move(move, status, None)
    else:
        with pytest.raises(errors.MoveNotAllowed):
            check_move(move, status, None)


@pytest.mark.parametrize(
    ("move", "fulfilment"),
    [
        (Move.CANCEL, FulfilmentStatus.IN_PROGRESS),
        (Move.VERIFY, FulfilmentStatus.QUERIED),
        (Move.VERIFY, FulfilmentStatus.REJECTED),
        (Move.ANSWER, FulfilmentStatus.RECEIVED),
        (Move.DISPENSE, FulfilmentStatus.RECEIVED),
        (Move.QUERY, FulfilmentStatus.IN_PROGRESS),
    ],
)
def test_which_fulfilment_forbids_which_move(move, fulfilment):
    with pytest.raises(errors.MoveNotAllowed):
        check_move(move, PrescriptionStatus.ACTIVE, fulfilment)
