"""Which reference limits hold for a person, and whether a set of them covers every age once."""

from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Final, Literal, NamedTuple, get_args

from deployments.laboratory.catalogue_shapes import Limit, Sex, Span

SEXES: Final[tuple[Sex, ...]] = get_args(Sex)


def pick(limits: Sequence[Limit], sex: str, age_days: int | None) -> Limit | None:
    """The limits that hold for a person.

    Where the sex is neither male nor female, or unknown, the widest of both holds for normal: what
    is outside of that is abnormal for everybody. For critical the narrowest does: nobody is
    missed. Where the age is unknown, that of an adult holds. Ours.

    Args:
        limits: of one parameter.
        sex: FHIR administrative-gender.
        age_days: days of life at the time of collection.
    """
    fitting = [one for one in limits if _fits(one, age_days)]
    of_sex = [one for one in fitting if one.sex == sex]
    chosen = of_sex or (fitting if sex not in SEXES else [])
    return _widest(chosen) if chosen else None


def narrowest(limits: Sequence[Limit], sex: str | None, age_days: int | None) -> Limit | None:
    """The narrowest of all critical limits that may hold for a person who is not known for sure.

    Args:
        limits: of one parameter.
        sex: FHIR administrative-gender; None when nobody knows whose it is.
        age_days: days of life at the time of collection; None when nobody knows.
    """
    possible = [
        one
        for one in limits
        if (sex not in SEXES or one.sex == sex) and (age_days is None or _fits(one, age_days))
    ]
    return _widest(possible) if possible else None


class Fault(NamedTuple):
    """What is wrong with a set of limits.

    Attributes:
        code: `gap` of ages, `overlap` of ages, or `order` of the ends.
        limit: next to the gap, or the one that is too much.
    """

    code: Literal["gap", "overlap", "order"]
    limit: Limit
    message: str


def check_cover(limits: Iterable[Limit]) -> list[Fault]:
    """Gaps and overlaps of ages; empty when there are none.

    Each sex must be covered from birth on without end, or not at all.
    """
    found: list[Fault] = []
    for sex in SEXES:
        spans = sorted((one for one in limits if one.sex == sex), key=lambda one: one.from_days)
        found += _faults_of(sex, spans)
    return found


def check_order(limit: Limit, plausible: Span, reporting: Span) -> list[Fault]:
    """Critical must lie outside of normal, and what can be believed at all outside of both.

    What can be reported must reach as far as critical: beyond it a value is cut off, and the
    cut one would not be critical.
    """
    sides = (
        ("low", (plausible.low, limit.critical.low, limit.normal.low)),
        ("high", (limit.normal.high, limit.critical.high, plausible.high)),
    )
    found = []
    for side, ends in sides:
        known = [end for end in ends if end is not None]
        if known != sorted(known):
            words = " ≤ ".join(str(end) for end in known)
            found.append(Fault("order", limit, f"{side} ends in the wrong order: {words}"))
    for end in (limit.critical.low, limit.critical.high):
        if end is not None and not reporting.holds(end):
            words = (
                f"{end} is critical, and is not reported: {reporting.low} to {reporting.high} is"
            )
            found.append(Fault("order", limit, words))
    return found


def _fits(limit: Limit, age_days: int | None) -> bool:
    if age_days is None:
        return limit.to_days is None
    return limit.from_days <= age_days and (limit.to_days is None or age_days < limit.to_days)


def _widest(limits: Sequence[Limit]) -> Limit:
    first = limits[0]
    if len(limits) == 1:
        return first
    return Limit(
        first.sex,
        first.from_days,
        first.to_days,
        _hull([one.normal for one in limits]),
        _core([one.critical for one in limits]),
        first.source,
    )


def _hull(spans: Sequence[Span]) -> Span:
    lows, highs = [one.low for one in spans], [one.high for one in spans]
    return Span(
        None if None in lows else min(low for low in lows if low is not None),
        None if None in highs else max(high for high in highs if high is not None),
    )


def _core(spans: Sequence[Span]) -> Span:
    lows = [one.low for one in spans if one.low is not None]
    highs = [one.high for one in spans if one.high is not None]
    return Span(max(lows, default=None), min(highs, default=None))


def _faults_of(sex: Sex, spans: Sequence[Limit]) -> list[Fault]:
    if not spans:
        return []
    first, last = spans[0], spans[-1]
    found = []
    if first.from_days:
        found.append(_gap(first, f"{sex}: nothing from birth to day {first.from_days}"))
    for before, after in pairwise(spans):
        if before.to_days is None or after.from_days < before.to_days:
            words = f"{sex}: two limits at day {after.from_days}"
            found.append(Fault("overlap", after, words))
        elif after.from_days > before.to_days:
            words = f"{sex}: nothing from day {before.to_days} to day {after.from_days}"
            found.append(_gap(after, words))
    if last.to_days is not None:
        found.append(_gap(last, f"{sex}: nothing from day {last.to_days} on"))
    return found


def _gap(limit: Limit, message: str) -> Fault:
    return Fault("gap", limit, message)
