"""Rows of orders, tests and specimens as what crosses the border."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row

from deployments.laboratory.catalogue_shapes import Snapshot
from deployments.laboratory.events import TestItem
from deployments.laboratory.order_schemas import LabMove, LabOrder, LabTest, WorklistItem
from deployments.laboratory.specimen_schemas import LabSpecimen
from deployments.laboratory.states import OPEN_TEST


def order(
    row: Row[Any],
    tests: Iterable[Row[Any]],
    specimens: Iterable[Row[Any]],
    snapshot: Snapshot,
    now: datetime,
) -> LabOrder:
    """An order with everything on it."""
    return LabOrder(
        **_columns(row, LabOrder, "tests", "specimens"),
        tests=[test(one, snapshot, now) for one in tests],
        specimens=[specimen(one) for one in specimens],
    )


def test(row: Row[Any], snapshot: Snapshot, now: datetime) -> LabTest:
    """One ordered test."""
    return LabTest(**_test_columns(row, snapshot, now))


def work(row: Row[Any], snapshot: Snapshot, now: datetime) -> WorklistItem:
    """One line of the worklist."""
    return WorklistItem(
        **_test_columns(row, snapshot, now),
        department=row.department,
        accession=row.accession,
        specimen_status=row.specimen_status,
        storage_position=row.storage_position,
    )


def specimen(row: Row[Any]) -> LabSpecimen:
    """One specimen."""
    return LabSpecimen(**_columns(row, LabSpecimen))


def move(row: Row[Any]) -> LabMove:
    """One step."""
    return LabMove(**_columns(row, LabMove, "reason"), reason=row.reason_code)


def items(rows: Sequence[Row[Any]], snapshot: Snapshot) -> list[TestItem]:
    """Ordered tests as events name them."""
    return [
        TestItem(
            test_id=row.id,
            code=snapshot.tests[row.test_type_id].code,
            panel=_panel(row, snapshot),
        )
        for row in rows
    ]


def _panel(row: Row[Any], snapshot: Snapshot) -> str | None:
    return snapshot.tests[row.panel_id].code if row.panel_id else None


def _test_columns(row: Row[Any], snapshot: Snapshot, now: datetime) -> dict[str, Any]:
    kind = snapshot.tests[row.test_type_id]
    plain = _columns(row, LabTest, "code", "name_en", "name_vi", "panel", "overdue")
    return {
        **plain,
        "code": kind.code,
        "name_en": kind.name_en,
        "name_vi": kind.name_vi,
        "panel": _panel(row, snapshot),
        "overdue": row.status in OPEN_TEST and row.due_at < now,
    }


def _columns(row: Row[Any], schema: Any, *others: str) -> dict[str, Any]:
    """The columns that the schema has, without the ones made otherwise."""
    return {name: getattr(row, name) for name in schema.model_fields if name not in others}
