"""Putting tests on an order: when it is placed, later, by reflex, after a rejected specimen."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Row

from deployments.laboratory import mapping
from deployments.laboratory.catalogue_shapes import Snapshot, Test
from deployments.laboratory.events import (
    LabOrderEnded,
    LabOrderPlaced,
    LabOrderReopened,
    SpecimenReceived,
)
from deployments.laboratory.order_rules import Tube, Wanted, due, ending, share
from deployments.laboratory.recording import step
from deployments.laboratory.states import USABLE
from deployments.publishing import publish
from storage.columns import new_id
from storage.laboratory import moves, orders
from storage.laboratory.accession import next_accessions
from storage.laboratory.moves import NO_REASON, Mover, Why


class Added(NamedTuple):
    """What was put on an order."""

    tests: Sequence[Row[Any]]
    specimens: Sequence[Row[Any]]


class Hand(NamedTuple):
    """Who adds, when, and the hospital's time zone, whose days the accession numbers count."""

    mover: Mover
    at: datetime
    zone: ZoneInfo


def add_tests(
    connection: Connection,
    order: Row[Any],
    wanted: Sequence[Wanted],
    hand: Hand,
    *,
    origin: str,
    tubes: Sequence[Tube] = (),
    replaces_id: UUID | None = None,
) -> Added:
    """Adds tests to an order that is locked or new, with the specimens that they need.

    Args:
        connection: in the transaction of the operation.
        order: the row.
        wanted: the tests.
        hand: who, when, where.
        origin: `ordered`, `add-on`, `reflex` or `recollection`.
        tubes: specimens of the order that may be used.
        replaces_id: the specimen that new ones are collected again for.
    """
    made: list[Tube] = []

    def make(test: Test) -> Tube:
        made.append(Tube(new_id(), test.specimen, test.container, "requested", None))
        return made[-1]

    shared = share(wanted, tubes, hand.at, make)
    specimens = _add_specimens(connection, order, made, hand, replaces_id)
    rows = [_test_values(order, one, tube, hand, origin) for one, tube in shared]
    tests = orders.add_tests(connection, rows)
    moves.write(connection, "test", tests, name=origin, mover=hand.mover, at=hand.at)
    return Added(tests, specimens)


def _add_specimens(
    connection: Connection,
    order: Row[Any],
    tubes: Sequence[Tube],
    hand: Hand,
    replaces_id: UUID | None,
) -> Sequence[Row[Any]]:
    day = hand.at.astimezone(hand.zone).date()
    numbers = next_accessions(connection, day, len(tubes))
    values = [
        {
            "id": tube.id,
            "order_id": order.id,
            "patient_id": order.patient_id,
            "accession": number,
            "type": tube.type,
            "container": tube.container,
            "status": tube.status,
            "replaces_id": replaces_id,
            "condition": [],
            "updated_by": hand.mover.actor_id,
            "updated_at": hand.at,
        }
        for tube, number in zip(tubes, numbers, strict=True)
    ]
    rows = orders.add_specimens(connection, values)
    moves.write(connection, "specimen", rows, name="request", mover=hand.mover, at=hand.at)
    return rows


def _test_values(
    order: Row[Any], one: Wanted, tube: Tube, hand: Hand, origin: str
) -> dict[str, Any]:
    return {
        "id": new_id(),
        "order_id": order.id,
        "patient_id": order.patient_id,
        "test_type_id": one.test.id,
        "panel_id": one.panel_id,
        "specimen_id": tube.id,
        "status": "in-process" if tube.status in USABLE else "not-started",
        "priority": order.priority,
        "origin": origin,
        "caused_by_id": one.caused_by_id,
        "ordered_at": hand.at,
        "due_at": due(one.test, order.priority, hand.at),
        "updated_by": hand.mover.actor_id,
        "updated_at": hand.at,
    }


def tube_of(row: Row[Any]) -> Tube:
    """A specimen as the rules see it."""
    return Tube(row.id, row.type, row.container, row.status, row.collected_at)


def told(row: Row[Any]) -> dict[str, Any]:
    """What every event about the order says."""
    return {
        "order_id": row.id,
        "patient_id": row.patient_id,
        "practitioner_id": row.practitioner_id,
        "encounter_id": row.encounter_id,
        "version": row.version,
    }


def publish_placed(
    connection: Connection,
    order: Row[Any],
    tests: Sequence[Row[Any]],
    snapshot: Snapshot,
    at: datetime,
) -> None:
    """Tells that tests were put on an order, and which of them have begun with that."""
    publish(
        connection,
        LabOrderPlaced(
            **told(order),
            occurred_at=at,
            priority=order.priority,
            items=mapping.items(tests, snapshot),
        ),
    )
    for specimen_id in dict.fromkeys(test.specimen_id for test in tests):
        begun = [test for test in tests
                 if test.specimen_id == specimen_id and test.status == "in-process"]  # fmt: skip
        publish_begun(connection, order, specimen_id, begun, snapshot, at)


def publish_begun(
    connection: Connection,
    order: Row[Any],
    specimen_id: UUID,
    tests: Sequence[Row[Any]],
    snapshot: Snapshot,
    at: datetime,
) -> None:
    """Tells that tests have begun, whether with their specimen or later: they are charged for."""
    if tests:
        items = mapping.items(tests, snapshot)
        known = told(order)
        event = SpecimenReceived(**known, occurred_at=at, specimen_id=specimen_id, items=items)
        publish(connection, event)


def settle(
    connection: Connection, order: Row[Any], mover: Mover, at: datetime, why: Why = NO_REASON
) -> Row[Any]:
    """Ends a locked order whose tests have all ended, opens one again that has an open test."""
    statuses = [row.status for row in orders.tests_of(connection, order.id)]
    name = ending(statuses)
    if name is None:
        return _reopen(connection, order, mover, at)
    rows = step(
        connection, "order", [order.id], name, mover, at, why=why,
        status_reason=why.note, ended_at=at,
    )  # fmt: skip
    for row in rows:
        reason = "completed" if name == "complete" else "revoked"
        publish(connection, LabOrderEnded(**told(row), occurred_at=at, reason=reason))
    return rows[0] if rows else order


def _reopen(connection: Connection, order: Row[Any], mover: Mover, at: datetime) -> Row[Any]:
    rows = step(connection, "order", [order.id], "reopen", mover, at, ended_at=None)
    for row in rows:
        publish(connection, LabOrderReopened(**told(row), occurred_at=at))
    return rows[0] if rows else order


def again(tests: Sequence[Row[Any]], snapshot: Snapshot) -> list[Wanted]:
    """The same tests once more, each in place of the one before."""
    return [replace(Wanted(snapshot.tests[row.test_type_id], row.panel_id), caused_by_id=row.id)
            for row in tests]  # fmt: skip
