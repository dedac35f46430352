"""What must hold of the definition of a test before it is kept."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from deployments.errors import FieldError
from deployments.laboratory import limits as cover
from deployments.laboratory.calculations import FORMULAS
from deployments.laboratory.catalogue_schemas import (
    ReferenceLimit,
    TestParameterRequest,
    TestTypeRequest,
    ValueSpan,
)
from deployments.laboratory.catalogue_shapes import Limit, Snapshot, Span, Test

NUMBERS = ("numeric", "calculated")


def faults_of(request: TestTypeRequest, snapshot: Snapshot, old: Test | None) -> list[FieldError]:
    """What is wrong, field by field; empty when nothing is.

    Args:
        request: as it shall be.
        snapshot: the catalogue.
        old: the test as it is; None for a new one.
    """
    if request.kind == "panel":
        return [*_panel_faults(request, snapshot)]
    found = [*_test_faults(request)]
    known = {one.code for one in request.parameters}
    for place, parameter in enumerate(request.parameters):
        at = f"/parameters/{place}"
        found += _kind_faults(parameter, at)
        found += _limit_faults(parameter, at)
        found += [
            FieldError(f"{at}/formula", "unknown_parameter", f"nothing measures {need}")
            for need in _needs(parameter)
            if need not in known and snapshot.find_parameter(need) is None
        ]
    return [*found, *_fixed_faults(request, old)]


def limits_of(given: Iterable[ReferenceLimit]) -> list[tuple[int, Limit]]:
    """The limits, those for both sexes once for each, with their place in the request."""
    return [
        (
            place,
            Limit(
                sex, one.from_days, one.to_days, span(one.normal), span(one.critical), one.source
            ),
        )
        for place, one in enumerate(given)
        for sex in (cover.SEXES if one.sex is None else (one.sex,))
    ]


def span(given: ValueSpan) -> Span:
    """As rules know it."""
    return Span(given.low, given.high)


def _panel_faults(request: TestTypeRequest, snapshot: Snapshot) -> Iterator[FieldError]:
    if request.parameters:
        yield FieldError("/parameters", "not_of_panel", "a panel measures nothing by itself")
    if not request.members:
        yield FieldError("/members", "missing", "a panel holds at least one test")
    seen: set[str] = set()
    for place, code in enumerate(request.members):
        member = snapshot.find(code)
        if member is None or member.kind != "test" or not member.active:
            yield FieldError(f"/members/{place}", "unknown_test", f"no such test: {code}")
        if code in seen:
            yield FieldError(f"/members/{place}", "twice", f"{code} is there already")
        seen.add(code)


def _test_faults(request: TestTypeRequest) -> Iterator[FieldError]:
    if request.members:
        yield FieldError("/members", "not_of_test", "only a panel holds tests")
    if not request.parameters:
        yield FieldError("/parameters", "missing", "a test measures at least one thing")
    for code in _doubles(one.code for one in request.parameters):
        yield FieldError("/parameters", "twice", f"{code} is there twice")


def _kind_faults(parameter: TestParameterRequest, at: str) -> Iterator[FieldError]:
    number, coded = parameter.kind in NUMBERS, parameter.kind == "coded"
    calculated = parameter.kind == "calculated"
    if number != (parameter.unit is not None):
        yield FieldError(f"{at}/unit", "unit", "numbers have a unit, and only numbers")
    if coded != bool(parameter.choices):
        yield FieldError(f"{at}/choices", "choices", "coded values have choices, and only those")
    for code in _doubles(one.code for one in parameter.choices):
        yield FieldError(f"{at}/choices", "twice", f"{code} is there twice")
    if calculated != (parameter.formula is not None):
        yield FieldError(f"{at}/formula", "formula", "what is calculated has a formula, only that")
    elif calculated and parameter.formula not in FORMULAS:
        known = ", ".join(FORMULAS)
        yield FieldError(f"{at}/formula", "unknown_formula", f"known are {known}")
    if parameter.limits and not number:
        yield FieldError(f"{at}/limits", "limits", "only numbers have limits")


def _needs(parameter: TestParameterRequest) -> Sequence[str]:
    formula = FORMULAS.get(parameter.formula or "")
    return formula.needs if formula else ()


def _limit_faults(parameter: TestParameterRequest, at: str) -> Iterator[FieldError]:
    placed = limits_of(parameter.limits)
    every = [limit for _, limit in placed]
    faults = cover.check_cover(every)
    for limit in every:
        faults += cover.check_order(limit, span(parameter.plausible), span(parameter.reporting))
    for fault in faults:
        place = next(place for place, limit in placed if limit is fault.limit)
        yield FieldError(f"{at}/limits/{place}", fault.code, fault.message)


def _fixed_faults(request: TestTypeRequest, old: Test | None) -> Iterator[FieldError]:
    """Results point at parameters and are kept in their unit: neither goes away."""
    places = {one.code: (place, one) for place, one in enumerate(request.parameters)}
    for had in old.parameters if old else ():
        if had.code not in places:
            yield FieldError("/parameters", "removed", f"{had.code} must stay, results have it")
            continue
        place, wanted = places[had.code]
        if wanted.kind != had.kind:
            yield FieldError(f"/parameters/{place}/kind", "fixed", f"it is {had.kind}")
        if wanted.unit != had.unit:
            yield FieldError(f"/parameters/{place}/unit", "fixed", f"results are in {had.unit}")


def _doubles(codes: Iterable[str]) -> Sequence[str]:
    return [code for code, times in Counter(codes).items() if times > 1]
