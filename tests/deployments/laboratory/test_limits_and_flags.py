"""Which limits hold for whom, and what a value means beside them."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deployments.laboratory import limits
from deployments.laboratory.catalogue import Catalogue
from deployments.laboratory.catalogue_shapes import Choice, Limit, Span
from deployments.laboratory.flags import interpret, interpret_choice, reported

YEAR = 366


def span(low=None, high=None) -> Span:
    return Span(
        None if low is None else Decimal(str(low)), None if high is None else Decimal(str(high))
    )


def limit(sex="male", start=0, end=None, normal=(1, 2)) -> Limit:
    return Limit(sex, start, end, span(*normal), span(), "made up")


@pytest.fixture
async def parameter(laboratory_database):
    snapshot = await Catalogue(laboratory_database).current()
    return snapshot.find_parameter


@pytest.mark.parametrize(
    ("code", "sex", "age_days", "low", "high"),
    [
        # The tables that data/catalogue/limits.tsv names.
        ("HGB", "male", 30 * YEAR, "130", "170"),
        ("HGB", "female", 30 * YEAR, "120", "150"),
        ("HGB", "female", 0, "140", "220"),
        ("HGB", "unknown", 30 * YEAR, "120", "170"),
        ("HGB", "other", 3 * YEAR, "110", "140"),
        ("HGB", "male", None, "130", "170"),
        ("K", "female", 27, "3.7", "5.9"),
        ("K", "female", 28, "4.1", "5.3"),
        ("NTBNP", "male", 80 * YEAR, None, "1800"),
    ],
)
def test_limits_of_a_person(parameter, code, sex, age_days, low, high) -> None:
    normal = limits.pick(parameter(code).limits, sex, age_days).normal
    found = tuple(None if end is None else str(end) for end in (normal.low, normal.high))
    assert found == (low, high)


def test_no_limits_no_flag() -> None:
    assert limits.pick([], "male", 1) is None
    assert interpret(Decimal(1), None) == (None, False)
    assert interpret(Decimal(1), limit(normal=())) == (None, False)


@pytest.mark.parametrize(
    ("value", "flag", "critical"),
    [
        ("2.7", "LL", True), ("2.8", "L", False), ("3.4", "L", False), ("3.5", "N", False),
        ("5.1", "N", False), ("5.2", "H", False), ("6.2", "H", False), ("6.3", "HH", True),
        ("7.1", "HH", True),
    ],
)  # fmt: skip
def test_flags_of_an_adults_potassium(parameter, value, flag, critical) -> None:
    """A limit itself is still within; critical limits by Kost GJ, JAMA 1990;263:704."""
    adult = limits.pick(parameter("K").limits, "male", 40 * YEAR)
    assert interpret(Decimal(value), adult) == (flag, critical)


def test_flags_of_choices() -> None:
    growth = Choice("growth", "Growth", "Có mọc", abnormal=True, critical=True)
    assert interpret_choice(growth) == ("A", True)
    assert interpret_choice(Choice("none", "No growth", "Không mọc", abnormal=False)) == (
        "N",
        False,
    )


@pytest.mark.parametrize(
    ("value", "expected"), [("2", (3, "<")), ("3", (3, None)), ("9", (9, None)), ("10", (9, ">"))]
)
def test_what_cannot_be_measured_is_reported_with_a_sign(value, expected) -> None:
    assert reported(Decimal(value), span(3, 9)) == expected


@given(st.lists(st.integers(1, 30_000), unique=True, max_size=6))
def test_a_full_cover_has_limits_for_every_age_once(borders) -> None:
    ages = [0, *sorted(borders)]
    ends = [*ages[1:], None]
    whole = [limit(start=start, end=end) for start, end in zip(ages, ends, strict=True)]
    assert limits.check_cover(whole) == []
    for age in (0, *borders, 40_000):
        assert limits.pick(whole, "male", age) is not None
    for left_out in range(len(whole)):
        rest = whole[:left_out] + whole[left_out + 1 :]
        faults = {fault.code for fault in limits.check_cover(rest)}
        assert faults == ({"gap"} if rest else set())
    doubled = [*whole, whole[-1]]
    assert "overlap" in {fault.code for fault in limits.check_cover(doubled)}


def test_critical_lies_outside_of_normal_and_inside_of_plausible() -> None:
    good = Limit("male", 0, None, span(3, 5), span(2, 6), "made up")
    assert limits.check_order(good, span(1, 9)) == []
    assert limits.check_order(good, span(2.5, 9))[0].code == "order"
    assert (
        len(limits.check_order(Limit("male", 0, None, span(3, 5), span(4, 4.5), "x"), span())) == 2
    )
