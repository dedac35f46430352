"""Release: the moment from which a result counts. Reflex tests, the order's end, the report."""

from collections.abc import Sequence
from typing import Any, Final, Literal
from uuid import UUID

from sqlalchemy import Connection, Row

from deployments.laboratory import alerting, mapping
from deployments.laboratory.adding import Hand, add_tests, publish_placed, settle, told, tube_of
from deployments.laboratory.catalogue_shapes import Snapshot
from deployments.laboratory.errors import MoveNotAllowed, OwnResult
from deployments.laboratory.events import ResultCorrected, ResultsReleased
from deployments.laboratory.order_rules import Wanted
from deployments.laboratory.readings import needs_of
from deployments.laboratory.recording import audit_move, step
from deployments.laboratory.reflexes import Finding, reflexes_for
from deployments.laboratory.states import OUT
from deployments.publishing import publish
from storage.laboratory import jobs, orders, results
from storage.laboratory.moves import Mover

NORMAL: Final = ("N", None)


def release(
    connection: Connection,
    snapshot: Snapshot,
    result: Row[Any],
    hand: Hand,
    *,
    how: Literal["auto", "person"],
) -> None:
    """Releases a version of a result; whoever asked for the test is told.

    Args:
        connection: in the transaction of the operation.
        snapshot: the catalogue.
        result: accepted, not yet out; its order is locked.
        hand: who releases, when, in which time zone.
        how: by the rules, or by a person, who must not be the one that entered it.

    Raises:
        MoveNotAllowed: it is out already, replaced, not accepted, or not the newest version.
        OwnResult: the caller entered it.
    """
    test = orders.find_test(connection, result.test_id)
    assert test is not None  # noqa: S101  # a foreign key
    order = orders.lock(connection, test.order_id)
    assert order is not None  # noqa: S101  # a foreign key
    history = results.versions(connection, test.id)
    check_releasable(result, history, hand.mover, how)
    correction = test.status in OUT
    _count(connection, result, history, hand, how, correction=correction)
    kind = snapshot.tests[test.test_type_id]
    visible_at = hand.at + kind.release_delay if kind.sensitive else hand.at
    moved = step(
        connection, "test", [test.id], "correct" if correction else "release",
        hand.mover, hand.at, released_at=test.released_at or hand.at,
        visible_at=max(test.visible_at or visible_at, visible_at),
    )  # fmt: skip
    if not moved:
        raise MoveNotAllowed(f"release is not possible while the test is {test.status}")
    if how == "auto":
        audit_move(connection, hand.mover, "result.release", result.id, hand.at, order.patient_id)
    _follow(connection, snapshot, order, moved[0], result.id, hand, correction=correction)


def check_releasable(result: Row[Any], history: Sequence[Row[Any]], mover: Mover, how: str) -> None:
    """Two people, the newest version, accepted, and not out yet.

    ISO 15189:2022, 7.4.1: results are reviewed and authorised before release.

    Raises:
        MoveNotAllowed: one of them does not hold.
        OwnResult: the caller entered it.
    """
    if result.status != "preliminary":
        raise MoveNotAllowed(f"release is not possible while the result is {result.status}")
    if history[0].id != result.id:
        raise MoveNotAllowed(f"version {history[0].version} of the result is newer")
    if result.accepted_at is None:
        raise MoveNotAllowed("release is not possible before the result is accepted")
    if how == "person" and mover.actor_id in entered_by(history):
        raise OwnResult("who entered a result, or a part of it, does not release it")


def entered_by(history: Sequence[Row[Any]]) -> set[UUID]:
    """Everybody who entered a part of what would be released: values are added to earlier ones.

    What was released, or not believed, has no part in it any more.
    """
    return {
        row.entered_by for row in history if row.released_at is None and row.status != "cancelled"
    }


def _count(
    connection: Connection,
    result: Row[Any],
    history: Sequence[Row[Any]],
    hand: Hand,
    how: str,
    *,
    correction: bool,
) -> None:
    """The version counts from now on, in place of the one before."""
    results.retire(connection, [row.id for row in history if row.current and row.id != result.id])
    results.change(
        connection, [result.id],
        status="corrected" if correction else "final", current=True,
        verified_by=result.verified_by or hand.mover.actor_id,
        verified_at=result.verified_at or hand.at,
        verified_how=how, released_by=hand.mover.actor_id, released_at=hand.at,
    )  # fmt: skip
    results.publish_values(connection, [result.id])


def _follow(
    connection: Connection,
    snapshot: Snapshot,
    order: Row[Any],
    test: Row[Any],
    result_id: UUID,
    hand: Hand,
    *,
    correction: bool,
) -> None:
    values = results.values_of(connection, [result_id])[result_id]
    if correction:
        alerting.withdraw_wrong(
            connection, test.id, values, snapshot, actor_id=hand.mover.actor_id, at=hand.at
        )
    reflex(connection, snapshot, order, test, values, hand)
    look_again(connection, snapshot, order, values, hand)
    order = settle(connection, order, hand.mover, hand.at)
    items = mapping.items([test], snapshot)
    known = told(order)
    if correction:
        event: ResultCorrected | ResultsReleased = ResultCorrected(
            **known, occurred_at=hand.at, items=items, visible_at=test.visible_at
        )
    else:
        abnormal = any(row.flag not in NORMAL for row in values)
        event = ResultsReleased(
            **known, occurred_at=hand.at, items=items, abnormal=abnormal,
            visible_at=test.visible_at,
        )  # fmt: skip
    publish(connection, event)
    jobs.enqueue(connection, "report", [order.id], at=hand.at)


def look_again(
    connection: Connection,
    snapshot: Snapshot,
    order: Row[Any],
    values: Sequence[Row[Any]],
    hand: Hand,
) -> None:
    """What is calculated from released values is judged once more: it may have waited for them."""
    codes = {snapshot.parameter(row.parameter_id).code for row in values}
    waiting = [
        one.id
        for one in orders.tests_of(connection, order.id)
        if one.status == "technically-accepted"
        and needs_of(snapshot.tests[one.test_type_id]) & codes
    ]
    heads = results.heads(connection, waiting).values() if waiting else ()
    ready = [row.id for row in heads if row.status == "preliminary" and row.accepted_at]
    jobs.enqueue(connection, "verify", ready, at=hand.at)


def reflex(
    connection: Connection,
    snapshot: Snapshot,
    order: Row[Any],
    test: Row[Any],
    values: Sequence[Row[Any]],
    hand: Hand,
) -> None:
    """Adds the tests that released values ask for and the order has not."""
    findings = [
        Finding(snapshot.parameter(row.parameter_id).code, "final", row.flag, row.value, row.choice)
        for row in values
    ]
    tests = orders.tests_of(connection, order.id)
    present = {snapshot.tests[one.test_type_id].code for one in tests}
    asked = [snapshot.find(rule.test) for rule in reflexes_for(findings, present)]
    wanted = [Wanted(one, caused_by_id=test.id) for one in asked if one is not None and one.active]
    if not wanted:
        return
    tubes = [tube_of(one) for one in orders.specimens_of(connection, order.id)]
    added = add_tests(connection, order, wanted, hand, origin="reflex", tubes=tubes)
    publish_placed(connection, order, added.tests, snapshot, hand.at)
