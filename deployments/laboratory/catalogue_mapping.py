"""The catalogue between its plain values, the wire, and rows; and how it is searched."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy.dialects.postgresql import Range

from deployments.laboratory.catalogue_rules import limits_of
from deployments.laboratory.catalogue_schemas import (
    TestParameterRequest,
    TestType,
    TestTypeDetails,
    TestTypeQuery,
)
from deployments.laboratory.catalogue_shapes import Parameter, Snapshot, Span, Test
from deployments.letters import plain_letters
from storage.columns import new_id

Place = tuple[int, str, UUID]


def shown(test: Test, snapshot: Snapshot) -> TestType:
    """A test or panel as it is answered."""
    return TestType.model_validate(
        {
            "id": test.id,
            "code": test.code,
            "kind": test.kind,
            "loinc": test.loinc,
            "name_en": test.name_en,
            "name_vi": test.name_vi,
            "department": test.department,
            "specimen": test.specimen,
            "container": test.container,
            "minimum_ul": test.minimum_ul,
            "stability_minutes": int(test.stability.total_seconds() // 60),
            "turnaround_minutes": {
                priority: int(span.total_seconds() // 60)
                for priority, span in test.turnaround.items()
            },
            "release_delay_hours": int(test.release_delay.total_seconds() // 3600),
            "parameters": [_parameter(one) for one in test.parameters],
            "members": [snapshot.tests[member].code for member in test.members],
            "active": test.active,
            "version": test.version,
        }
    )


def place(test: Test, query: TestTypeQuery) -> Place:
    """Where a test stands in the answer.

    The code that was typed comes first, then codes that begin so, then words of names.
    """
    typed, code = fold(query.q), fold(test.code)
    names = f" {fold(test.name_en)} {fold(test.name_vi)}"
    ranks = (code == typed, code.startswith(typed), f" {typed}" in names, True)
    return ranks.index(True) if typed else 0, test.name_en, test.id


def fits(test: Test, query: TestTypeQuery) -> bool:
    """Whether the test is one that is asked for."""
    wanted = (
        (query.kind, test.kind), (query.department, test.department),
        (query.specimen, test.specimen),
    )  # fmt: skip
    if any(asked is not None and asked != has for asked, has in wanted):
        return False
    if not (test.active or query.include_retired):
        return False
    names = [test.code, test.name_en, test.name_vi]
    for one in test.parameters:
        names += [one.code, one.name_en, one.name_vi]
    text = fold(" ".join(names))
    return all(word in text for word in fold(query.q).split())


def fold(words: str) -> str:
    """Without capitals and accents: "Kháng thể" gives "khang the"."""
    return " ".join(plain_letters(words).split())


def test_values(details: TestTypeDetails) -> dict[str, Any]:
    """Columns of a test type."""
    values = details.model_dump(exclude={"parameters", "members"})
    return values | {"sensitive": details.release_delay_hours > 0}


def parameter_values(
    request: TestParameterRequest, position: int, test_type_id: UUID, parameter_id: UUID
) -> dict[str, Any]:
    """Columns of a parameter."""
    delta = request.delta
    return {
        "id": parameter_id,
        "test_type_id": test_type_id,
        "position": position,
        **request.model_dump(include={"code", "loinc", "name_en", "name_vi", "kind", "unit"}),
        "decimals": request.decimals,
        "choices": [one.model_dump() for one in request.choices],
        "plausible_low": request.plausible.low,
        "plausible_high": request.plausible.high,
        "reporting_low": request.reporting.low,
        "reporting_high": request.reporting.high,
        "delta_absolute": delta.absolute if delta else None,
        "delta_percent": delta.percent if delta else None,
        "delta_hours": delta.within_hours if delta else None,
        "formula": request.formula,
    }


def limit_values(request: TestParameterRequest, parameter_id: UUID) -> list[dict[str, Any]]:
    """Rows of the limits of a parameter."""
    return [
        {
            "id": new_id(),
            "parameter_id": parameter_id,
            "sex": limit.sex,
            "age_days": Range(limit.from_days, limit.to_days),
            "normal_low": limit.normal.low,
            "normal_high": limit.normal.high,
            "critical_low": limit.critical.low,
            "critical_high": limit.critical.high,
            "source": limit.source,
        }
        for _, limit in limits_of(request.limits)
    ]


def _parameter(one: Parameter) -> Mapping[str, Any]:
    names = ("id", "code", "loinc", "name_en", "name_vi", "kind", "unit", "decimals", "formula")
    hours = one.delta.within.total_seconds() // 3600 if one.delta else 0
    return {name: getattr(one, name) for name in names} | {
        "choices": [vars(choice) for choice in one.choices],
        "plausible": _span(one.plausible),
        "reporting": _span(one.reporting),
        "delta": one.delta
        and {
            "absolute": one.delta.absolute,
            "percent": one.delta.percent,
            "within_hours": int(hours),
        },
        "limits": [
            {
                **{name: getattr(limit, name) for name in ("sex", "from_days", "to_days")},
                "normal": _span(limit.normal),
                "critical": _span(limit.critical),
                "source": limit.source,
            }
            for limit in one.limits
        ],
    }


def _span(span: Span) -> Mapping[str, Any]:
    return {"low": span.low, "high": span.high}
