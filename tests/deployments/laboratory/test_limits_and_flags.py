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


@pytest.mark.parametrize(
    ("value", "flag", "critical"),
    [
        ("<20", "LL", True), ("<21", "L", False), ("<150", "L", False), ("<500", None, False),
        (">150", None, False), (">410", "H", False), (">1000", "HH", True), (">999", "H", False),
    ],
)  # fmt: skip
def test_what_lies_beyond_a_number_is_flagged_by_all_that_it_may_be(value, flag, critical) -> None:
    """A value that was cut off is not normal because its end is."""
    platelets = Limit("male", 0, None, span(150, 410), span(20, 1000), "made up")
    assert interpret(Decimal(value[1:]), platelets, value[0]) == (flag, critical)


def test_below_an_upper_limit_alone_is_normal() -> None:
    protein = Limit("male", 0, None, span(None, 5), span(), "made up")
    assert interpret(Decimal("0.3"), protein, "<") == ("N", False)


def test_what_is_critical_for_one_sex_is_critical_when_nobody_knows_it() -> None:
    both = [
        Limit("male", 0, None, span(13, 17), span(7, 20), "made up"),
        Limit("female", 0, None, span(12, 15), span(6, 19), "made up"),
    ]
    found = limits.pick(both, "unknown", 9000)
    assert (found.normal, found.critical) == (span(12, 17), span(7, 19))


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
    assert limits.check_order(good, span(1, 9), span(2, 6)) == []
    assert limits.check_order(good, span(2.5, 9), span())[0].code == "order"
    inside = Limit("male", 0, None, span(3, 5), span(4, 4.5), "x")
    assert len(limits.check_order(inside, span(), span())) == 2


def test_what_is_critical_can_be_reported() -> None:
    """Beyond what is reported a value is cut off, and the cut one would alarm nobody."""
    good = Limit("male", 0, None, span(3, 5), span(2, 6), "made up")
    assert [one.code for one in limits.check_order(good, span(), span(3, 5.5))] == ["order"] * 2
