"""An order on the bench: what was stored, what is fresh, and what that changes."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row

from deployments.laboratory.catalogue_shapes import Snapshot, Test
from deployments.laboratory.measured import Measured
from deployments.laboratory.readings import Reading, Whose, calculate, is_complete
from deployments.laboratory.states import OPEN_TEST, OUT
from storage.laboratory import orders, results

Readings = dict[str, Reading]


@dataclass
class Sheet:
    """One order, locked.

    Attributes:
        order, tests: rows.
        latest: the newest version of each result, by test.
        heads: the same without those that are cancelled.
        stored: what the heads say, by test and code of the parameter.
        fresh: what has just come.
        sent: the last value that came, by test; it tells instrument, time and comment.
    """

    order: Row[Any]
    tests: Sequence[Row[Any]]
    snapshot: Snapshot
    latest: Mapping[UUID, Row[Any]]
    heads: Mapping[UUID, Row[Any]]
    stored: Mapping[UUID, Readings]
    fresh: dict[UUID, Readings] = field(default_factory=dict)
    sent: dict[UUID, Measured] = field(default_factory=dict)

    def test_type(self, row: Row[Any]) -> Test:
        """The test of the catalogue."""
        return self.snapshot.tests[row.test_type_id]

    def put(self, test: Row[Any], reading: Reading, sent: Measured) -> None:
        """Notes what has just come."""
        self.fresh.setdefault(test.id, {})[reading.parameter.code] = reading
        self.sent[test.id] = sent


def open_sheet(connection: Connection, order_id: UUID, snapshot: Snapshot) -> Sheet:
    """Locks an order and reads what is on it."""
    order = orders.lock(connection, order_id)
    assert order is not None  # noqa: S101  # a specimen points at its order
    tests = orders.tests_of(connection, order_id)
    latest = results.heads(connection, [one.id for one in tests])
    heads = {test_id: row for test_id, row in latest.items() if row.status != "cancelled"}
    values = results.values_of(connection, [row.id for row in heads.values()])
    stored = {
        test_id: {one.parameter.code: one for one in readings_of(values[row.id], snapshot)}
        for test_id, row in heads.items()
    }
    return Sheet(order, tests, snapshot, latest, heads, stored)


def readings_of(rows: Iterable[Row[Any]], snapshot: Snapshot) -> Iterable[Reading]:
    """Stored values as readings."""
    for row in rows:
        yield Reading(
            snapshot.parameter(row.parameter_id),
            value=row.value,
            comparator=row.comparator,
            choice=row.choice,
            text=row.text,
            sent_value=row.sent_value,
            sent_unit=row.sent_unit,
        )


def numbers(readings: Iterable[Readings]) -> dict[str, Decimal]:
    """Exact numbers, by code of the parameter."""
    return {
        code: one.value
        for group in readings
        for code, one in group.items()
        if one.value is not None and one.comparator is None
    }


def changes(sheet: Sheet, whose: Whose) -> list[tuple[Row[Any], Readings]]:
    """The tests whose result says something new, with all that it says now.

    A test whose values are only calculated waits for all of its parts, and is done when they
    are there, even where a formula does not hold: it would wait for ever.
    """
    measured = {
        test.id: _measured(sheet.stored.get(test.id, {})) | sheet.fresh.get(test.id, {})
        for test in sheet.tests
    }
    correcting = any(test.status in OUT and test.id in sheet.fresh for test in sheet.tests)
    changed = []
    for test in sheet.tests:
        if not _may_change(sheet, test, correcting=correcting):
            continue
        kind, around = sheet.test_type(test), numbers(measured.values())
        found = calculate(kind, measured[test.id], around, whose)
        new = measured[test.id] | {one.parameter.code: one for one in found}
        old = sheet.stored.get(test.id)
        waits = only_calculated(kind) or not new
        if old is None and waits and not is_complete(kind, new, around):
            continue
        if old is None or not _same(old, new):
            changed.append((test, new))
    return changed


def complete(sheet: Sheet, test: Row[Any], readings: Readings) -> bool:
    """Whether nothing that is measured is missing."""
    around = numbers([*sheet.stored.values(), *sheet.fresh.values(), readings])
    return is_complete(sheet.test_type(test), readings, around)


def only_calculated(test: Test) -> bool:
    """Whether nobody measures anything for the test."""
    return all(one.kind == "calculated" for one in test.parameters)


def _measured(readings: Readings) -> Readings:
    return {code: one for code, one in readings.items() if one.sent_value is not None}


def _may_change(sheet: Sheet, test: Row[Any], *, correcting: bool) -> bool:
    if test.id in sheet.fresh:
        return True
    calculates = any(one.kind == "calculated" for one in sheet.test_type(test).parameters)
    return calculates and (
        (test.status in OPEN_TEST and test.status != "not-started")
        or (test.status in OUT and correcting)
    )


def _same(old: Readings, new: Readings) -> bool:
    return old.keys() == new.keys() and all(
        one.says_the_same(old[code]) for code, one in new.items()
    )
