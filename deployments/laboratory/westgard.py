"""Multirule quality control.

Westgard JO, Barry PL, Hunt MR, Groth T. A multi-rule Shewhart chart for quality control in
clinical chemistry. Clin Chem 1981;27:493-501. Within and across materials as tabulated in
J Assist Reprod Genet 2014;31:25-33, table 1. Values count in standard deviations from the target.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final, Literal, NamedTuple

SAME_RUN: Final = timedelta(hours=2)
"""Levels that are measured this close together belong to one run."""
Rule = Literal["1-2s", "1-3s", "2-2s", "R-4s", "4-1s", "10-x"]


@dataclass(frozen=True)
class Point:
    """One measurement of a control.

    Attributes:
        z: standard deviations from the target.
    """

    level: int
    z: Decimal
    at: datetime


class Broken(NamedTuple):
    """A rule that the newest point breaks."""

    rule: Rule
    severity: Literal["warning", "rejection"]


def broken_by(points: Sequence[Point]) -> list[Broken]:
    """What the newest point breaks; the warning only when nothing is rejected.

    Args:
        points: of one parameter on one analyzer, all levels, oldest first.

    1-3s: beyond 3 SD. 2-2s: two in a row, of one level or of two levels of a run, beyond 2 SD on
    the same side. R-4s: two levels of a run more than 4 SD apart, one beyond +2 SD, one beyond
    -2 SD. 4-1s: four in a row beyond 1 SD on the same side. 10-x: ten in a row on the same side.
    The last two hold within a level and across levels. 1-2s warns.
    """
    if not points:
        return []
    newest = points[-1]
    level = [one.z for one in points if one.level == newest.level]
    across = [one.z for one in points]
    run = _others_of_run(points)
    rules: list[tuple[Rule, bool]] = [
        ("1-3s", abs(newest.z) > 3),
        ("2-2s", _beyond(level, 2, 2) or any(_beyond([z, newest.z], 2, 2) for z in run)),
        ("R-4s", any(_range(z, newest.z) for z in run)),
        ("4-1s", _beyond(level, 4, 1) or _beyond(across, 4, 1)),
        ("10-x", _beyond(level, 10, 0) or _beyond(across, 10, 0)),
    ]
    found = [Broken(rule, "rejection") for rule, holds in rules if holds]
    if not found and abs(newest.z) > 2:
        return [Broken("1-2s", "warning")]
    return found


def _beyond(values: Sequence[Decimal], count: int, limit: int) -> bool:
    """Whether the last so many are all beyond the limit on one side."""
    last = values[-count:]
    return len(last) == count and (all(z > limit for z in last) or all(z < -limit for z in last))


def _range(one: Decimal, other: Decimal) -> bool:
    low, high = sorted((one, other))
    return high - low > 4 and low < -2 and high > 2


def _others_of_run(points: Sequence[Point]) -> list[Decimal]:
    """The newest value of every other level that was measured in the same run."""
    newest = points[-1]
    found: dict[int, Decimal] = {}
    for one in points[:-1]:
        if one.level != newest.level and newest.at - one.at <= SAME_RUN:
            found[one.level] = one.z
    return list(found.values())
