"""The catalogue as the replica knows it: read once, read again when it has changed."""

import asyncio
from collections.abc import Iterable
from datetime import timedelta
from time import monotonic
from typing import Any, Final

from sqlalchemy import Row

from deployments.laboratory.catalogue_shapes import (
    Choice,
    DeltaLimit,
    Limit,
    Parameter,
    Snapshot,
    Span,
    Test,
)
from storage.database import Database
from storage.laboratory import catalogue
from storage.laboratory.catalogue import Everything

LOOK_EVERY_S: Final = 2.0


class Catalogue:
    """Keeps the newest snapshot.

    Args:
        database: of the laboratory.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._snapshot: Snapshot | None = None
        self._looked_at = 0.0
        self._loading = asyncio.Lock()

    async def current(self, *, at_once: bool = False) -> Snapshot:
        """The catalogue, at most two seconds old.

        Args:
            at_once: look for changes now, after one was made.
        """
        fresh = monotonic() - self._looked_at < LOOK_EVERY_S
        if self._snapshot is not None and fresh and not at_once:
            return self._snapshot
        async with self._loading:
            return await self._look()

    async def _look(self) -> Snapshot:
        looked_at = monotonic()
        revision = await self._database.read(catalogue.revision_of)
        if self._snapshot is None or self._snapshot.revision != revision:
            self._snapshot = snapshot_of(await self._database.read(catalogue.read_all))
        self._looked_at = looked_at
        return self._snapshot


def snapshot_of(everything: Everything) -> Snapshot:
    """Rows as plain values."""
    limits = _grouped(everything.limits, "parameter_id")
    parameters = _grouped(everything.parameters, "test_type_id")
    members = _grouped(everything.members, "panel_id")
    return Snapshot(
        everything.revision,
        {
            row.id: _test(
                row,
                [_parameter(one, limits.get(one.id, [])) for one in parameters.get(row.id, [])],
                members.get(row.id, []),
            )
            for row in everything.tests
        },
    )


def _grouped(rows: Iterable[Row[Any]], key: str) -> dict[Any, list[Row[Any]]]:
    groups: dict[Any, list[Row[Any]]] = {}
    for row in rows:
        groups.setdefault(getattr(row, key), []).append(row)
    return groups


def _test(row: Row[Any], parameters: list[Parameter], members: list[Row[Any]]) -> Test:
    return Test(
        id=row.id,
        code=row.code,
        kind=row.kind,
        loinc=row.loinc,
        name_en=row.name_en,
        name_vi=row.name_vi,
        department=row.department,
        specimen=row.specimen,
        container=row.container,
        minimum_ul=row.minimum_ul,
        stability=timedelta(minutes=row.stability_minutes),
        turnaround={
            priority: timedelta(minutes=minutes)
            for priority, minutes in row.turnaround_minutes.items()
        },
        sensitive=row.sensitive,
        release_delay=timedelta(hours=row.release_delay_hours),
        active=row.active,
        version=row.version,
        parameters=tuple(parameters),
        members=tuple(member.test_type_id for member in members),
    )


def _parameter(row: Row[Any], limits: list[Row[Any]]) -> Parameter:
    return Parameter(
        id=row.id,
        test_type_id=row.test_type_id,
        position=row.position,
        code=row.code,
        loinc=row.loinc,
        name_en=row.name_en,
        name_vi=row.name_vi,
        kind=row.kind,
        unit=row.unit,
        decimals=row.decimals,
        choices=tuple(Choice(**choice) for choice in row.choices),
        plausible=Span(row.plausible_low, row.plausible_high),
        reporting=Span(row.reporting_low, row.reporting_high),
        delta=_delta(row),
        formula=row.formula,
        limits=tuple(_limit(one) for one in limits),
    )


def _delta(row: Row[Any]) -> DeltaLimit | None:
    if row.delta_hours is None:
        return None
    within = timedelta(hours=row.delta_hours)
    return DeltaLimit(row.delta_absolute, row.delta_percent, within)


def _limit(row: Row[Any]) -> Limit:
    return Limit(
        row.sex,
        row.age_days.lower or 0,
        row.age_days.upper,
        Span(row.normal_low, row.normal_high),
        Span(row.critical_low, row.critical_high),
        row.source,
    )
