"""Which reference limits hold for a person, and whether a set of them covers every age once."""

from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Final, get_args

from deployments.laboratory.catalogue_shapes import Limit, Sex, Span

SEXES: Final[tuple[Sex, ...]] = get_args(Sex)


def pick(limits: Sequence[Limit], sex: str, age_days: int | None) -> Limit | None:
    """The limits that hold for a person.

    Where the sex is neither male nor female, or unknown, the widest of both holds: what is
    outside of that is abnormal for everybody. Where the age is unknown, that of an adult holds.

    Args:
        limits: of one parameter.
        sex: FHIR administrative-gender.
        age_days: days of life at the time of collection.
    """
    fitting = [one for one in limits if _fits(one, age_days)]
    of_sex = [one for one in fitting if one.sex == sex]
    chosen = of_sex or (fitting if sex not in SEXES else [])
    return _widest(chosen) if chosen else None


def check_cover(limits: Iterable[Limit]) -> list[str]:
    """What is wrong with a set of limits: gaps and overlaps of ages; empty when nothing is.

    Each sex must be covered from birth on without end, or not at all.
    """
    found: list[str] = []
    for sex in SEXES:
        spans = sorted((one for one in limits if one.sex == sex), key=lambda one: one.from_days)
        found += _faults_of(sex, spans)
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
        _hull([one.critical for one in limits]),
        first.source,
    )


def _hull(spans: Sequence[Span]) -> Span:
    lows, highs = [one.low for one in spans], [one.high for one in spans]
    return Span(
        None if None in lows else min(low for low in lows if low is not None),
        None if None in highs else max(high for high in highs if high is not None),
    )


def _faults_of(sex: str, spans: Sequence[Limit]) -> list[str]:
    if not spans:
        return []
    first = spans[0].from_days
    found = [f"{sex}: nothing from birth to day {first}"] if first else []
    for before, after in pairwise(spans):
        if before.to_days is None or after.from_days < before.to_days:
            found.append(f"{sex}: two limits at day {after.from_days}")
        elif after.from_days > before.to_days:
            found.append(f"{sex}: nothing from day {before.to_days} to day {after.from_days}")
    if spans[-1].to_days is not None:
        found.append(f"{sex}: nothing from day {spans[-1].to_days} on")
    return found
