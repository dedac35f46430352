"""Rows of results as what crosses the border."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from sqlalchemy import Row

from deployments.laboratory.catalogue_shapes import Snapshot
from deployments.laboratory.result_schemas import HeldResult, LabResult, LabValue, SeriesPoint

FROM_CATALOGUE = frozenset({"parameter", "loinc", "name_en", "name_vi", "choice_en", "choice_vi"})


def result(
    row: Row[Any], test: Row[Any], values: Iterable[Row[Any]], snapshot: Snapshot
) -> LabResult:
    """One version of a result, its values in the order of the catalogue."""
    plain = {
        name: getattr(row, name)
        for name in LabResult.model_fields
        if name not in ("order_id", "code", "values")
    }
    ordered = sorted(values, key=lambda one: snapshot.parameter(one.parameter_id).position)
    return LabResult(
        **plain,
        order_id=test.order_id,
        code=snapshot.tests[test.test_type_id].code,
        values=[LabValue(**value(one, snapshot)) for one in ordered],
    )


def point(row: Row[Any], snapshot: Snapshot) -> SeriesPoint:
    """One value of a series."""
    return SeriesPoint(**value(row, snapshot), result_id=row.result_id, test_id=row.test_id)


def value(row: Row[Any], snapshot: Snapshot) -> dict[str, Any]:
    """The fields of a value."""
    parameter = snapshot.parameter(row.parameter_id)
    choice = parameter.choice(row.choice) if row.choice else None
    plain = {
        name: getattr(row, name) for name in LabValue.model_fields if name not in FROM_CATALOGUE
    }
    return {
        **plain,
        "parameter": parameter.code,
        "loinc": parameter.loinc,
        "name_en": parameter.name_en,
        "name_vi": parameter.name_vi,
        "choice_en": choice.en if choice else None,
        "choice_vi": choice.vi if choice else None,
    }


def held(row: Row[Any]) -> HeldResult:
    """One held value."""
    return HeldResult(**{name: getattr(row, name) for name in HeldResult.model_fields})


def position(row: Row[Any]) -> tuple[int, UUID]:
    """Where a row stands in the list of what is held."""
    return int(row.critical), row.id
