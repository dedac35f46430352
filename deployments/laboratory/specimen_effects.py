"""What follows when a specimen is accepted or rejected."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row

from deployments.laboratory import alerting, mapping
from deployments.laboratory.adding import Hand, add_tests, again, publish_begun, settle, told
from deployments.laboratory.catalogue_shapes import Snapshot
from deployments.laboratory.events import SpecimenRejected
from deployments.laboratory.recording import step
from deployments.publishing import publish
from storage.laboratory import alerts, orders, results
from storage.laboratory.moves import Why


def ordered_at(connection: Connection, specimen: Row[Any]) -> datetime:
    """When the order of a specimen was placed."""
    order = orders.find(connection, specimen.order_id)
    assert order is not None  # noqa: S101  # a specimen points at its order
    at: datetime = order.ordered_at
    return at


def tell_received(
    connection: Connection,
    specimen: Row[Any],
    tests: Sequence[Row[Any]],
    snapshot: Snapshot,
    at: datetime,
) -> None:
    """Its tests have begun: they are charged for."""
    order = orders.find(connection, specimen.order_id)
    assert order is not None  # noqa: S101  # a specimen points at its order
    publish_begun(connection, order, specimen.id, tests, snapshot, at)


def ask_again(
    connection: Connection,
    hand: Hand,
    order: Row[Any],
    specimen: Row[Any],
    snapshot: Snapshot,
    why: Why,
) -> None:
    """Ends the tests that waited for a rejected specimen, and asks for them once more.

    Args:
        connection: in the transaction of the rejection.
        hand: who, when, where.
        order: of the specimen, locked.
        specimen: rejected.
        snapshot: the catalogue.
        why: the coded reason.
    """
    ids = [one.id for one in orders.tests_on(connection, specimen.id)]
    lost = step(
        connection, "test", ids, "reject", hand.mover, hand.at, why=why, status_reason=why.code
    )
    disbelieve(connection, hand, [one.id for one in lost], snapshot, why)
    wanted = again(lost, snapshot)
    added = add_tests(
        connection, order, wanted, hand, origin="recollection", replaces_id=specimen.id
    )
    order = settle(connection, order, hand.mover, hand.at)
    event = SpecimenRejected(
        **told(order),
        occurred_at=hand.at,
        specimen_id=specimen.id,
        reason=why.code or "",
        items=mapping.items(lost, snapshot),
        recollection_specimen_id=added.specimens[0].id if added.specimens else None,
    )
    publish(connection, event)


def disbelieve(
    connection: Connection, hand: Hand, test_ids: Sequence[UUID], snapshot: Snapshot, why: Why
) -> None:
    """What was measured on a rejected specimen counts no more, neither by itself nor in formulas.

    Whoever was told that it is critical is told so.
    """
    heads = results.heads(connection, test_ids).values()
    unbelieved = [row.id for row in heads if row.status == "preliminary"]
    results.retire(connection, unbelieved, status="cancelled", reason=why.code)
    rows = alerts.of_tests(connection, test_ids) if test_ids else []
    alerting.withdraw(connection, rows, snapshot, actor_id=hand.mover.actor_id, at=hand.at)
