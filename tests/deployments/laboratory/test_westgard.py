"""Westgard's rules as Clin Chem 1981;27:493-501 defines them.

The series are ours, made to break one rule at a time, in standard deviations: no published series
of values was found to test against.
"""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from deployments.laboratory.westgard import Point, broken_by

START = datetime(2026, 11, 1, tzinfo=UTC)


def series(*values: float | tuple[int, float]) -> list[Point]:
    """One run a day; a pair names the level and stays in the run of the one before."""
    points, day = [], 0
    for value in values:
        level, z = value if isinstance(value, tuple) else (1, value)
        day += 0 if isinstance(value, tuple) and level != 1 else 1
        at = START + timedelta(days=day, minutes=level)
        points.append(Point(level, Decimal(str(z)), at))
    return points


@pytest.mark.parametrize(
    ("values", "rules"),
    [
        ((0.1, -0.5, 1.9), []),
        ((0.1, 2.1), ["1-2s"]),
        ((0.1, 3.1), ["1-3s"]),
        ((0.1, -3.2), ["1-3s"]),
        ((2.1, 2.2), ["2-2s"]),
        ((2.1, -2.2), ["1-2s"]),
        (((1, 2.1), (2, 2.3)), ["2-2s"]),
        (((1, 2.1), (2, -2.3)), ["R-4s"]),
        (((1, 1.9), (2, -2.3)), ["1-2s"]),
        ((1.1, 1.2, 1.5, 1.3), ["4-1s"]),
        ((1.1, 1.2, -0.1, 1.5, 1.3), []),
        (((1, 1.1), (2, 1.2), (1, 1.4), (2, 1.1)), ["4-1s"]),
        ((0.2,) * 9, []),
        ((0.2,) * 10, ["10-x"]),
        ((-0.2,) * 9 + (0.1,), []),
        (((1, -0.3), (2, -0.4)) * 5, ["10-x"]),
    ],
)
def test_rules(values, rules) -> None:
    assert [one.rule for one in broken_by(series(*values))] == rules


def test_only_what_is_more_than_a_warning_rejects() -> None:
    assert broken_by(series(2.5))[0].severity == "warning"
    assert {one.severity for one in broken_by(series(2.5, 3.5))} == {"rejection"}


def test_levels_of_different_runs_are_not_compared_for_the_range() -> None:
    first, second = series((1, 2.5), (2, -2.5))
    late = Point(2, second.z, second.at + timedelta(hours=9))
    assert [one.rule for one in broken_by([first, late])] == ["1-2s"]


def test_nothing_measured_breaks_nothing() -> None:
    assert broken_by([]) == []
